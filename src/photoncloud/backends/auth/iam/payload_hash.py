"""What `x-amz-content-sha256` may say (lightningstor.md §4.3): a digest of the body or one of six keywords."""

from __future__ import annotations

from photoncloud.backends.auth.iam import sigv4_errors as refuse
from photoncloud.backends.auth.iam.errors import SigV4Error

UNSIGNED_PAYLOAD = b"UNSIGNED-PAYLOAD"
STREAMING_SIGNED = b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
STREAMING_SIGNED_TRAILER = b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
STREAMING_UNSIGNED_TRAILER = b"STREAMING-UNSIGNED-PAYLOAD-TRAILER"
STREAMING_ECDSA = b"STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
STREAMING_ECDSA_TRAILER = b"STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"
KEYWORDS = frozenset(
    {
        UNSIGNED_PAYLOAD,
        STREAMING_SIGNED,
        STREAMING_SIGNED_TRAILER,
        STREAMING_UNSIGNED_TRAILER,
        STREAMING_ECDSA,
        STREAMING_ECDSA_TRAILER,
    }
)
EMPTY_SHA256 = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_HEX_DIGITS = b"0123456789abcdefABCDEF"
_SHA256_HEX_LENGTH = 64


def is_sha256_hex(value: bytes) -> bool:
    """64 hex digits of any case."""
    return len(value) == _SHA256_HEX_LENGTH and not value.translate(None, _HEX_DIGITS)


def check_s3_payload_hash(value: bytes | None) -> bytes:
    """The header's value when it is well formed; header-signed S3 requests must have one.

    Raises `InvalidRequest` when it is absent and `InvalidArgument` when it is neither a keyword nor a digest.
    """
    if value is None:
        raise refuse.content_sha256_missing()
    if value not in KEYWORDS and not is_sha256_hex(value):
        raise refuse.content_sha256_malformed(value)
    return value


def check_generic_payload_hash(value: bytes | None, body_sha256: bytes) -> bytes:
    """Other services: a digest that equals the body's, given or implied; no keyword is known to them."""
    if value is None:
        return body_sha256
    if not is_sha256_hex(value):
        raise refuse.unsigned_payload_not_allowed()
    if value.lower() != body_sha256:
        raise SigV4Error(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            400,
            {
                "ClientComputedContentSHA256": refuse.text(value),
                "S3ComputedContentSHA256": refuse.text(body_sha256),
            },
        )
    return value
