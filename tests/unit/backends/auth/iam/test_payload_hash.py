"""Values of `x-amz-content-sha256`."""

from __future__ import annotations

import hashlib

import pytest

from photoncloud.backends.auth.iam import payload_hash
from photoncloud.backends.auth.iam.errors import SigV4Error

DIGEST = hashlib.sha256(b"x").hexdigest().encode()


@pytest.mark.parametrize("value", [*sorted(payload_hash.KEYWORDS), DIGEST, DIGEST.upper()])
def test_accepted_by_s3(value: bytes) -> None:
    assert payload_hash.check_s3_payload_hash(value) == value


@pytest.mark.parametrize("value", [b"", b"unsigned-payload", DIGEST[:-1], DIGEST + b"0", b"g" * 64, b"STREAMING-"])
def test_refused_by_s3(value: bytes) -> None:
    with pytest.raises(SigV4Error) as caught:
        payload_hash.check_s3_payload_hash(value)
    assert (caught.value.code, caught.value.fields["ArgumentValue"]) == ("InvalidArgument", value.decode())


def test_absent() -> None:
    with pytest.raises(SigV4Error, match="Missing required header for this request: x-amz-content-sha256"):
        payload_hash.check_s3_payload_hash(None)
    assert payload_hash.check_generic_payload_hash(None, DIGEST) == DIGEST


def test_other_services_compare_with_the_body() -> None:
    assert payload_hash.check_generic_payload_hash(DIGEST.upper(), DIGEST) == DIGEST.upper()
    with pytest.raises(SigV4Error) as caught:
        payload_hash.check_generic_payload_hash(b"0" * 64, DIGEST)
    assert caught.value.code == "XAmzContentSHA256Mismatch"
    assert caught.value.fields["S3ComputedContentSHA256"] == DIGEST.decode()
    with pytest.raises(SigV4Error):
        payload_hash.check_generic_payload_hash(payload_hash.UNSIGNED_PAYLOAD, DIGEST)


def test_the_empty_digest() -> None:
    assert hashlib.sha256(b"").hexdigest().encode() == payload_hash.EMPTY_SHA256
