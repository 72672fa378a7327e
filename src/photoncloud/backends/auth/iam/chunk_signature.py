"""Signatures of aws-chunked bodies: each chunk is signed over the one before it (AWS "SigV4 streaming").

The chain starts at the request's own signature. A trailer, where one is declared, is the last link.
"""

from __future__ import annotations

import hashlib
import hmac

from photoncloud.backends.auth.iam import sigv4_errors as refuse
from photoncloud.backends.auth.iam.payload_hash import EMPTY_SHA256
from photoncloud.backends.auth.iam.sigv4 import ParsedSignature

PAYLOAD_ALGORITHM = b"AWS4-HMAC-SHA256-PAYLOAD"
TRAILER_ALGORITHM = b"AWS4-HMAC-SHA256-TRAILER"


def chunk_string_to_sign(timestamp: bytes, scope: bytes, previous: bytes, chunk_sha256: bytes) -> bytes:
    """`previous` and `chunk_sha256` are hex text; the empty digest stands for the chunk's absent headers."""
    return b"\n".join((PAYLOAD_ALGORITHM, timestamp, scope, previous, EMPTY_SHA256, chunk_sha256))


def trailer_string_to_sign(timestamp: bytes, scope: bytes, previous: bytes, trailer_sha256: bytes) -> bytes:
    return b"\n".join((TRAILER_ALGORITHM, timestamp, scope, previous, trailer_sha256))


class ChunkSignatureChain:
    """Verifies the chunks of one body in order; a refused chunk ends the body and the chain with it."""

    def __init__(self, request: ParsedSignature, signing_key: bytes) -> None:
        self._access_key_id = request.access_key_id
        self._signing_key = signing_key
        self._timestamp = request.timestamp.encode()
        self._scope = request.scope.encode()
        self._previous = request.signature
        self._canonical_request = request.canonical_request

    def verify_chunk(self, signature: bytes, chunk_sha256: bytes) -> None:
        """One chunk's data by its SHA-256 (hex text), the final empty chunk included.

        Raises `SignatureDoesNotMatch`.
        """
        self._follow(signature, chunk_string_to_sign(self._timestamp, self._scope, self._previous, chunk_sha256))

    def verify_trailer(self, signature: bytes, canonical_trailer: bytes) -> None:
        """`canonical_trailer` is `lowercase-name:trimmed-value\\n` for each line. Raises `SignatureDoesNotMatch`."""
        digest = hashlib.sha256(canonical_trailer).hexdigest().encode()
        self._follow(signature, trailer_string_to_sign(self._timestamp, self._scope, self._previous, digest))

    def _follow(self, signature: bytes, string_to_sign: bytes) -> None:
        expected = hmac.digest(self._signing_key, string_to_sign, "sha256").hex().encode()
        if not hmac.compare_digest(expected, signature):
            raise refuse.signature_mismatch(self._access_key_id, string_to_sign, signature, self._canonical_request)
        self._previous = expected
