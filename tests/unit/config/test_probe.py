"""What a health document must say; the network side is in tests/conformance/config/test_probe.py."""

from __future__ import annotations

import pytest

from photoncloud.config.probe import BODY_BYTES_MAX, HttpProbe, judge


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"component": "resource-manager", "version": "1.2"}', "resource-manager 1.2"),
        (b'{"component": "api-gateway"}', "api-gateway"),
        (b'{"component": "api-gateway", "version": "' + b"9" * 200 + b'"}', "api-gateway " + "9" * 64),
        (b'{"component": "lightningstor"}', ""),
        (b'{"component": ["api-gateway"]}', ""),
        (b"null", ""),
        (b"", ""),
        (b"\xff", ""),
        (b" " * (BODY_BYTES_MAX + 1), ""),
    ],
)
def test_judge(body: bytes, named: str) -> None:
    answer = judge(body)
    assert answer.named == named
    assert bool(answer.cause) != bool(named)


def test_a_url_that_is_none_is_a_cause() -> None:
    assert HttpProbe()("http://[::1").cause
    assert HttpProbe()("http:///health").cause
    assert "no such file" in HttpProbe("/no/such/ca")("https://127.0.0.1:1/health").cause
