"""The same refusals in the style of AWS's Query APIs, IAM and STS among them (photonauth.md §4.3 rule 7)."""

from __future__ import annotations

from photoncloud.backends.auth.iam.errors import SigV4Error
from photoncloud.backends.auth.iam.sigv4_errors import SIGNATURE_MISMATCH
from photoncloud.backends.auth.iam.timestamps import amz_date, parse_amz_date

_INVALID_TOKEN = "The security token included in the request is invalid."
_EXPIRED_TOKEN = "The security token included in the request is expired"
_MISSING_TOKEN = "Request is missing Authentication Token"


def missing_authentication_token() -> SigV4Error:
    """A request without credentials, where an operation needs them."""
    return SigV4Error("MissingAuthenticationToken", _MISSING_TOKEN, 403)


def query_api_error(error: SigV4Error) -> SigV4Error:
    """The refusal a Query API gives where S3 gives `error`; what only concerns the shape is `IncompleteSignature`."""
    if error.code in ("InvalidAccessKeyId", "InvalidToken"):
        return SigV4Error("InvalidClientTokenId", _INVALID_TOKEN, 403)
    if error.code == "ExpiredToken":
        return SigV4Error("ExpiredToken", _EXPIRED_TOKEN, 403)
    if error.code == "RequestTimeTooSkewed":
        return SigV4Error("SignatureDoesNotMatch", _skew_message(error), 403)
    if error.code in ("SignatureDoesNotMatch", "XAmzContentSHA256Mismatch"):
        return SigV4Error("SignatureDoesNotMatch", SIGNATURE_MISMATCH, 403)
    if error.message in ("Request has expired", "Request is not valid yet"):
        return SigV4Error("SignatureDoesNotMatch", f"Signature expired: {error.message}", 403)
    return SigV4Error("IncompleteSignature", error.message, 400)


def _skew_message(error: SigV4Error) -> str:
    """`Signature expired: THEN is now earlier than LIMIT (NOW - 15 min.)`, or its mirror image."""
    then, now = error.fields["RequestTime"], error.fields["ServerTime"].replace("-", "").replace(":", "")
    skew_sec = int(error.fields["MaxAllowedSkewMilliseconds"]) // 1000
    minutes = skew_sec // 60
    then_sec, now_sec = parse_amz_date(then) or 0, parse_amz_date(now) or 0
    if then_sec < now_sec:
        limit = amz_date(now_sec - skew_sec)
        return f"Signature expired: {then} is now earlier than {limit} ({now} - {minutes} min.)"
    limit = amz_date(now_sec + skew_sec)
    return f"Signature not yet current: {then} is still later than {limit} ({now} + {minutes} min.)"
