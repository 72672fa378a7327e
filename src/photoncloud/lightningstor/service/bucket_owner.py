"""`x-amz-expected-bucket-owner`: a client may say whose bucket it means to speak to."""

from __future__ import annotations

from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.bucket_directory import Bucket

ACCOUNT_ID_DIGITS = 12


def check_expected_owner(bucket: Bucket, expected: bytes | None) -> None:
    """Raises S3Error InvalidBucketOwnerAWSAccountID for what is no account id, AccessDenied for another owner."""
    if expected is None:
        return
    text = expected.decode("latin-1")
    if len(text) != ACCOUNT_ID_DIGITS or not (text.isascii() and text.isdigit()):
        raise S3Error("InvalidBucketOwnerAWSAccountID", fields={"ArgumentValue": text})
    if text != bucket.record.account_id:
        raise S3Error("AccessDenied")
