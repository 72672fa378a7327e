"""Endpoints as people write them."""

from __future__ import annotations

import pytest

from photoncloud.ctl.adapters.endpoint import parse
from photoncloud.ctl.errors import UsageWrong


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port", "path"),
    [
        ("http://chainfire:2379", "http", "chainfire", 2379, ""),
        ("https://x", "https", "x", 443, ""),
        ("nats://bus", "nats", "bus", 4222, ""),
        ("dns://[::1]:5353/example.com", "dns", "::1", 5353, "example.com"),
        ("127.0.0.1:9003", "", "127.0.0.1", 9003, ""),
        ("[::1]:80", "", "::1", 80, ""),
    ],
)
def test_parts(text: str, scheme: str, host: str, port: int, path: str) -> None:
    found = parse(text)
    assert (found.scheme, found.host, found.port, found.path) == (scheme, host, port, path)
    assert found.has_tls is (scheme == "https")


@pytest.mark.parametrize(
    "text", ["", "host", "ftp://x", "http://", "http://x:99999", "http://u@x", "http://u:p@x", ":80"]
)
def test_refused(text: str) -> None:
    with pytest.raises(UsageWrong):
        parse(text)
