"""Which key a request gets: its headers first, then the bucket's default."""

import base64
import hashlib

import pytest

from photoncloud.lightningstor.core import bucket_encryption
from photoncloud.lightningstor.core.bucket_encryption import BucketEncryption
from photoncloud.lightningstor.core.records import BucketRecord
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.body_keys import BodyKeys
from photoncloud.lightningstor.service.bucket_directory import Bucket, Document

KEY = bytes(range(32))
CUSTOMER = [
    ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
    ("x-amz-server-side-encryption-customer-key", base64.b64encode(KEY).decode()),
    ("x-amz-server-side-encryption-customer-key-MD5", base64.b64encode(hashlib.md5(KEY).digest()).decode()),
]
SOURCE = [(name.replace("x-amz-", "x-amz-copy-source-"), value) for name, value in CUSTOMER]


def bucket(*, is_encrypted):
    record = BucketRecord(
        name="b", id=bytes(8), owner="o", owner_name="o", account_id="1" * 12, region="us-east-1", created_ms=0
    )
    document = Document(bucket_encryption.to_xml(BucketEncryption("AES256", False)), 1)
    return Bucket(record, 1, 1, {"encryption": document} if is_encrypted else {})


@pytest.mark.parametrize(
    ("headers", "is_default", "mode"),
    [
        ([], False, None),
        ([], True, "AES256"),
        ([("x-amz-server-side-encryption", "AES256")], False, "AES256"),
        (CUSTOMER, True, "C"),
    ],
)
def test_modes(cipher, make_call, headers, is_default, mode):
    call = make_call(headers=headers, bucket=bucket(is_encrypted=is_default))
    made = BodyKeys(cipher).for_new_body(call)
    assert (made and made.record.mode) == mode


def test_keys_of_object_and_source_are_apart(cipher, make_call):
    keys = BodyKeys(cipher)
    call = make_call(headers=SOURCE)
    assert keys.customer_key(call) is None
    assert keys.source_customer_key(call).key == KEY
    assert keys.customer_key(make_call(headers=CUSTOMER)).key == KEY


def test_customer_keys_need_tls_unless_configured_otherwise(cipher, make_call):
    call = make_call(headers=CUSTOMER, is_secure=False)
    with pytest.raises(S3Error):
        BodyKeys(cipher).customer_key(call)
    assert BodyKeys(cipher, requires_tls=False).customer_key(call).key == KEY


def test_switched_off(cipher, make_call):
    """Nobody may ask for encryption; a bucket that encrypts by default goes on."""
    keys = BodyKeys(cipher, is_enabled=False)
    sealed = keys.for_new_body(make_call(bucket=bucket(is_encrypted=True)))
    assert sealed is not None
    assert sealed.record.mode == "AES256"
    assert keys.for_new_body(make_call(bucket=bucket(is_encrypted=False))) is None
    with pytest.raises(S3Error) as refused:
        keys.for_new_body(make_call(headers=[("x-amz-server-side-encryption", "AES256")]))
    assert refused.value.code == "NotImplemented"
