from __future__ import annotations

from typing import Any

import pytest

from photoncloud.lightningstor.core.http_message import Request
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.explain import TEXT_LIMIT, Explanations, redacted_target, refusal_of


def refusal(number: int = 0, **fields: str) -> Any:
    body: Any = None
    request = Request("GET", b"/b/k?X-Amz-Signature=secret", (), {}, body, "192.0.2.1", False, f"R{number}", 5)
    error = S3Error("SignatureDoesNotMatch", fields=fields)
    return refusal_of(request, error, operation="GetObject", principal="", reason="", decision=None)


def test_the_oldest_go_first() -> None:
    kept = Explanations(capacity=3)
    for number in range(5):
        kept.keep(refusal(number))
    assert [kept.find(f"R{number}") is not None for number in range(5)] == [False, False, True, True, True]


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        (b"/b/k", "/b/k"),
        (b"/b/k?a=b", "/b/k?a=b"),
        (b"/?X-Amz-Signature=s&a=b", "/?X-Amz-Signature=REDACTED&a=b"),
        (b"/?x-amz-security-token=s", "/?x-amz-security-token=REDACTED"),
        (b"/?Signature=s", "/?Signature=REDACTED"),
    ],
)
def test_targets_are_fit_for_logs(target: bytes, shown: str) -> None:
    assert redacted_target(target) == shown


def test_lines_with_secrets_are_left_out() -> None:
    canonical = "\n".join(
        [
            "GET",
            "/b/k",
            "host:a",
            "x-amz-security-token:token",
            "x-amz-server-side-encryption-customer-key:c2VjcmV0",
            "x-amz-copy-source-server-side-encryption-customer-key:c2VjcmV0",
            "x-amz-date:now",
        ]
    )
    kept = refusal(CanonicalRequest=canonical, SignatureProvided="provided", StringToSign="s" * 2 * TEXT_LIMIT)
    assert kept.signature["CanonicalRequest"] == "GET\n/b/k\nhost:a\nx-amz-date:now"
    assert len(kept.signature["StringToSign"]) == TEXT_LIMIT
    assert "provided" not in repr(kept)
    assert "secret" not in kept.target
