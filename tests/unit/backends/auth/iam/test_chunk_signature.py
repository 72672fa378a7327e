"""The chain of chunk signatures: order, gaps and altered data (the published examples stand in conformance)."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from photoncloud.backends.auth.iam import chunk_signature, sigv4
from photoncloud.backends.auth.iam.chunk_signature import ChunkSignatureChain
from photoncloud.backends.auth.iam.errors import SigV4Error

KEY = b"k" * 32
SEED = b"5" * 64
REQUEST = sigv4.ParsedSignature(
    sigv4.Mechanism.HEADER, "AK", "20260304", "us-east-1", "s3", "20260304T050607Z", 0, None, b"", None, SEED, b""
)
STAMP, SCOPE = b"20260304T050607Z", b"20260304/us-east-1/s3/aws4_request"


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()


def sign_chain(chunks: list[bytes]) -> list[bytes]:
    signatures, previous = [], SEED
    for chunk in chunks:
        text = chunk_signature.chunk_string_to_sign(STAMP, SCOPE, previous, digest(chunk))
        previous = hmac.digest(KEY, text, "sha256").hex().encode()
        signatures.append(previous)
    return signatures


CHUNKS = [b"one", b"two", b""]


def test_in_order() -> None:
    chain = ChunkSignatureChain(REQUEST, KEY)
    for chunk, signature in zip(CHUNKS, sign_chain(CHUNKS), strict=True):
        chain.verify_chunk(signature, digest(chunk))


@pytest.mark.parametrize(
    "signature", [b"", b"0" * 64, sign_chain(CHUNKS)[0].upper(), sign_chain(CHUNKS)[0][:-1], sign_chain(CHUNKS)[1]]
)
def test_wrong_signatures(signature: bytes) -> None:
    with pytest.raises(SigV4Error) as caught:
        ChunkSignatureChain(REQUEST, KEY).verify_chunk(signature, digest(b"one"))
    assert (caught.value.code, caught.value.status) == ("SignatureDoesNotMatch", 403)
    assert caught.value.fields["StringToSign"].startswith("AWS4-HMAC-SHA256-PAYLOAD\n")
    assert caught.value.fields["AWSAccessKeyId"] == "AK"
    assert "CanonicalRequest" not in caught.value.fields


def test_a_skipped_chunk_breaks_the_chain() -> None:
    signatures = sign_chain(CHUNKS)
    chain = ChunkSignatureChain(REQUEST, KEY)
    chain.verify_chunk(signatures[0], digest(b"one"))
    with pytest.raises(SigV4Error):
        chain.verify_chunk(signatures[2], digest(b""))


def test_altered_data() -> None:
    with pytest.raises(SigV4Error):
        ChunkSignatureChain(REQUEST, KEY).verify_chunk(sign_chain(CHUNKS)[0], digest(b"0ne"))


def test_trailer() -> None:
    trailer = b"x-amz-checksum-crc32:AAAAAA==\n"
    text = chunk_signature.trailer_string_to_sign(STAMP, SCOPE, SEED, digest(trailer))
    signature = hmac.digest(KEY, text, "sha256").hex().encode()
    ChunkSignatureChain(REQUEST, KEY).verify_trailer(signature, trailer)
    with pytest.raises(SigV4Error) as caught:
        ChunkSignatureChain(REQUEST, KEY).verify_trailer(signature, trailer.replace(b"A", b"B"))
    assert caught.value.fields["StringToSign"].startswith("AWS4-HMAC-SHA256-TRAILER\n")
