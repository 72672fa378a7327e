"""Refusals as IAM and STS word them."""

from __future__ import annotations

import pytest

from photoncloud.backends.auth.iam import sigv4_errors as refuse
from photoncloud.backends.auth.iam.errors import SigV4Error
from photoncloud.backends.auth.iam.query_api_errors import missing_authentication_token, query_api_error

NOW_SEC = 1772600767  # 2026-03-04T05:06:07Z


@pytest.mark.parametrize(
    ("error", "code", "status", "message"),
    [
        (
            refuse.unknown_access_key("AK"),
            "InvalidClientTokenId",
            403,
            "The security token included in the request is invalid.",
        ),
        (
            refuse.token_invalid(),
            "InvalidClientTokenId",
            403,
            "The security token included in the request is invalid.",
        ),
        (refuse.token_expired(), "ExpiredToken", 403, "The security token included in the request is expired"),
        (
            refuse.signature_mismatch("AK", b"", b""),
            "SignatureDoesNotMatch",
            403,
            "The request signature we calculated does not match the signature you provided. Check your key and "
            "signing method.",
        ),
        (
            refuse.time_too_skewed("20260304T045106Z", NOW_SEC, 900),
            "SignatureDoesNotMatch",
            403,
            "Signature expired: 20260304T045106Z is now earlier than 20260304T045107Z (20260304T050607Z - 15 min.)",
        ),
        (
            refuse.time_too_skewed("20260304T052108Z", NOW_SEC, 900),
            "SignatureDoesNotMatch",
            403,
            "Signature not yet current: 20260304T052108Z is still later than 20260304T052107Z "
            "(20260304T050607Z + 15 min.)",
        ),
        (
            refuse.request_expired(1, NOW_SEC, NOW_SEC),
            "SignatureDoesNotMatch",
            403,
            "Signature expired: Request has expired",
        ),
        (refuse.expires_negative(), "IncompleteSignature", 400, "X-Amz-Expires must be non-negative"),
    ],
)
def test_words(error: SigV4Error, code: str, status: int, message: str) -> None:
    shown = query_api_error(error)
    assert (shown.code, shown.status, shown.message) == (code, status, message)
    assert dict(shown.fields) == {}


def test_no_credentials() -> None:
    assert (missing_authentication_token().code, missing_authentication_token().status) == (
        "MissingAuthenticationToken",
        403,
    )
