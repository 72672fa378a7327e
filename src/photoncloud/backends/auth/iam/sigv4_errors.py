"""Every refusal of SigV4 for S3, with the exact words clients match (lightningstor.md §4.3, §4.16).

Each function builds one error; nothing here decides. `query_api_errors` words the same refusals for IAM and STS.
"""

from __future__ import annotations

from photoncloud.backends.auth.iam.errors import SigV4Error
from photoncloud.backends.auth.iam.timestamps import iso_seconds

CONTENT_SHA256 = "x-amz-content-sha256"
_HEADER_MALFORMED = "The authorization header is malformed; "
_QUERY_MALFORMED = "Error parsing the X-Amz-Credential parameter; "
_QUERY_CODE = "AuthorizationQueryParametersError"
_HEADER_CODE = "AuthorizationHeaderMalformed"
SIGNATURE_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
_CONTENT_SHA256_WORDS = (
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER "
    "or a valid sha256 value."
)


def text(raw: bytes) -> str:
    """Bytes of a request for an error document: UTF-8, anything else replaced."""
    return raw.decode("utf-8", "replace")


def two_mechanisms() -> SigV4Error:
    message = (
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter "
        "or the Authorization header should be specified"
    )
    return SigV4Error("InvalidArgument", message, 400)


def signature_v2() -> SigV4Error:
    message = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
    return SigV4Error("InvalidRequest", message, 400)


def unsupported_authorization(value: bytes) -> SigV4Error:
    scheme = text(value.split(b" ", 1)[0])
    fields = {"ArgumentName": "Authorization", "ArgumentValue": scheme}
    return SigV4Error("InvalidArgument", "Unsupported Authorization Type", 400, fields)


def repeated_header(name: str) -> SigV4Error:
    return SigV4Error("InvalidRequest", f"The {name} header must be given only once.", 400)


def header_components() -> SigV4Error:
    words = "the authorization header requires three components: Credential, SignedHeaders, and Signature."
    return SigV4Error(_HEADER_CODE, _HEADER_MALFORMED + words, 400)


def malformed_signed_headers(*, in_query: bool) -> SigV4Error:
    if in_query:
        return SigV4Error(
            _QUERY_CODE, "X-Amz-SignedHeaders must be sorted, lower-case names without duplicates, joined by ;", 400
        )
    words = "SignedHeaders must be sorted, lower-case names without duplicates, joined by ;"
    return SigV4Error(_HEADER_CODE, _HEADER_MALFORMED + words, 400)


def scope_problem(words: str, *, in_query: bool, region: str = "") -> SigV4Error:
    """A credential scope that is not ours; `region` is the one expected, shown where it differs."""
    fields = {"Region": region} if region else {}
    if in_query:
        return SigV4Error(_QUERY_CODE, _QUERY_MALFORMED + words, 400, fields)
    return SigV4Error(_HEADER_CODE, _HEADER_MALFORMED + words, 400, fields)


def credential_date_differs(date: str, timestamp: str, *, in_query: bool) -> SigV4Error:
    words = f'Invalid credential date "{date}". This date is not the same as X-Amz-Date: "{timestamp[:8]}".'
    if in_query:
        return SigV4Error(_QUERY_CODE, words, 400)
    return SigV4Error(_HEADER_CODE, _HEADER_MALFORMED + words, 400)


def query_parameters_missing() -> SigV4Error:
    message = (
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
        "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
    )
    return SigV4Error(_QUERY_CODE, message, 400)


def query_parameter_repeated(name: str) -> SigV4Error:
    return SigV4Error(_QUERY_CODE, f"{name} must be given only once", 400)


def query_algorithm() -> SigV4Error:
    return SigV4Error(_QUERY_CODE, 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"', 400)


def query_date_format() -> SigV4Error:
    words = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
    return SigV4Error(_QUERY_CODE, words, 400)


def expires_not_a_number() -> SigV4Error:
    return SigV4Error(_QUERY_CODE, "X-Amz-Expires should be a number", 400)


def expires_negative() -> SigV4Error:
    return SigV4Error(_QUERY_CODE, "X-Amz-Expires must be non-negative", 400)


def expires_too_long(maximum_sec: int) -> SigV4Error:
    message = (
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
        f"{maximum_sec} seconds"
    )
    return SigV4Error(_QUERY_CODE, message, 400)


def date_missing() -> SigV4Error:
    return SigV4Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", 403)


def request_expired(expires_sec: int, deadline_sec: int, now_sec: int) -> SigV4Error:
    fields = {
        "X-Amz-Expires": str(expires_sec),
        "Expires": iso_seconds(deadline_sec),
        "ServerTime": iso_seconds(now_sec),
    }
    return SigV4Error("AccessDenied", "Request has expired", 403, fields)


def request_not_yet_valid() -> SigV4Error:
    return SigV4Error("AccessDenied", "Request is not valid yet", 403)


def headers_not_signed(names: list[bytes]) -> SigV4Error:
    message = "There were headers present in the request which were not signed"
    return SigV4Error("AccessDenied", message, 403, {"HeadersNotSigned": text(b", ".join(sorted(names)))})


def time_too_skewed(request_time: str, now_sec: int, maximum_sec: int) -> SigV4Error:
    fields = {
        "RequestTime": request_time,
        "ServerTime": iso_seconds(now_sec),
        "MaxAllowedSkewMilliseconds": str(maximum_sec * 1000),
    }
    message = "The difference between the request time and the current time is too large."
    return SigV4Error("RequestTimeTooSkewed", message, 403, fields)


def unknown_access_key(access_key_id: str) -> SigV4Error:
    message = "The AWS Access Key Id you provided does not exist in our records."
    return SigV4Error("InvalidAccessKeyId", message, 403, {"AWSAccessKeyId": access_key_id})


def token_expired() -> SigV4Error:
    return SigV4Error("ExpiredToken", "The provided token has expired.", 400)


def token_invalid() -> SigV4Error:
    return SigV4Error("InvalidToken", "The provided token is malformed or otherwise invalid.", 400)


def content_sha256_missing() -> SigV4Error:
    return SigV4Error("InvalidRequest", f"Missing required header for this request: {CONTENT_SHA256}", 400)


def content_sha256_malformed(value: bytes) -> SigV4Error:
    fields = {"ArgumentName": CONTENT_SHA256, "ArgumentValue": text(value)}
    return SigV4Error("InvalidArgument", _CONTENT_SHA256_WORDS, 400, fields)


def unsigned_payload_not_allowed() -> SigV4Error:
    return SigV4Error("InvalidRequest", f"{CONTENT_SHA256} must be the SHA-256 of the body", 400)


def signature_mismatch(
    access_key_id: str, string_to_sign: bytes, provided: bytes, canonical_request: bytes = b""
) -> SigV4Error:
    """Shows what was signed here, never the signature that would have been right."""
    fields = {
        "AWSAccessKeyId": access_key_id,
        "StringToSign": text(string_to_sign),
        "SignatureProvided": text(provided),
        "StringToSignBytes": string_to_sign.hex(" "),
    }
    if canonical_request:
        fields["CanonicalRequest"] = text(canonical_request)
        fields["CanonicalRequestBytes"] = canonical_request.hex(" ")
    return SigV4Error("SignatureDoesNotMatch", SIGNATURE_MISMATCH, 403, fields)


def post_field_missing(field: str) -> SigV4Error:
    message = (
        f"Bucket POST must contain a field named '{field}'.  If it is specified, please check the order of the fields."
    )
    return SigV4Error("InvalidArgument", message, 400, {"ArgumentName": field, "ArgumentValue": ""})


def post_field_malformed(field: str, value: str, words: str) -> SigV4Error:
    return SigV4Error("InvalidArgument", words, 400, {"ArgumentName": field, "ArgumentValue": value})
