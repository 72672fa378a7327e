"""Default encryption documents."""

from __future__ import annotations

import pytest

from photoncloud.lightningstor.core import bucket_encryption
from photoncloud.lightningstor.core.bucket_encryption import BucketEncryption
from photoncloud.lightningstor.errors import S3Error


def test_round_trip() -> None:
    wanted = BucketEncryption("AES256", True)
    assert bucket_encryption.parse(bucket_encryption.to_xml(wanted)) == wanted


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<ServerSideEncryptionConfiguration/>", "MalformedXML"),
        (bucket_encryption.to_xml(BucketEncryption("aws:kms", False)), "NotImplemented"),
        (bucket_encryption.to_xml(BucketEncryption("ROT13", False)), "InvalidEncryptionAlgorithmError"),
        (
            bucket_encryption.to_xml(BucketEncryption("AES256", False)).replace(
                b"</SSEAlgorithm>", b"</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID>"
            ),
            "InvalidArgument",
        ),
    ],
)
def test_refusals(body: bytes, code: str) -> None:
    with pytest.raises(S3Error) as caught:
        bucket_encryption.parse(body)
    assert caught.value.code == code
