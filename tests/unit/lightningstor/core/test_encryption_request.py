"""SSE headers (4.15): every refusal, and that no key ever stands in a message."""

import base64
import hashlib

import pytest

from photoncloud.lightningstor.core.encryption_request import (
    CUSTOMER_FIELDS,
    SOURCE_CUSTOMER_FIELDS,
    CustomerKey,
    read_customer_key,
    read_mode,
)
from photoncloud.lightningstor.errors import S3Error

KEY = bytes(range(32))
KEY_TEXT = base64.b64encode(KEY).decode()
MD5 = base64.b64encode(hashlib.md5(KEY).digest()).decode()
NEEDS = "Requests specifying Server Side Encryption with Customer provided keys must "


def headers(prefix=CUSTOMER_FIELDS, algorithm="AES256", key=KEY_TEXT, md5=MD5):
    values = {"algorithm": algorithm, "key": key, "key-md5": md5}
    return {(prefix + name).encode(): value.encode() for name, value in values.items() if value is not None}


def read(fields, prefix=CUSTOMER_FIELDS, is_secure=True, requires_tls=True):
    return read_customer_key(fields, prefix, is_secure=is_secure, requires_tls=requires_tls)


@pytest.mark.parametrize("prefix", [CUSTOMER_FIELDS, SOURCE_CUSTOMER_FIELDS])
def test_a_complete_set(prefix):
    assert read(headers(prefix), prefix) == CustomerKey(KEY, MD5)


def test_no_field_no_key():
    assert read({b"x-amz-server-side-encryption": b"AES256"}) is None
    assert read(headers(SOURCE_CUSTOMER_FIELDS)) is None


def test_plain_http_is_refused_unless_allowed():
    with pytest.raises(S3Error) as refused:
        read(headers(), is_secure=False)
    assert refused.value.code == "InvalidRequest"
    assert refused.value.message == NEEDS + "be made over a secure connection."
    assert read(headers(), is_secure=False, requires_tls=False) == CustomerKey(KEY, MD5)


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        (headers(algorithm=None), "InvalidArgument", NEEDS + "provide a valid encryption algorithm."),
        (headers(algorithm="AES128"), "InvalidEncryptionAlgorithmError", None),
        (headers(key=None), "InvalidArgument", NEEDS + "provide an appropriate secret key."),
        (headers(md5=None), "InvalidArgument", NEEDS + "provide the client calculated MD5 of the secret key."),
        (headers(key="garbage"), "InvalidArgument", "The secret key was invalid for the specified algorithm."),
        (headers(key=KEY_TEXT[:-4]), "InvalidArgument", "The secret key was invalid for the specified algorithm."),
        (
            headers(md5=base64.b64encode(bytes(16)).decode()),
            "InvalidArgument",
            "The calculated MD5 hash of the key did not match the hash that was provided.",
        ),
        (
            headers(md5="garbage"),
            "InvalidArgument",
            "The calculated MD5 hash of the key did not match the hash that was provided.",
        ),
    ],
)
def test_incomplete_or_wrong_sets(fields, code, message):
    with pytest.raises(S3Error) as refused:
        read(fields)
    assert (refused.value.code, refused.value.message) == (code, message)
    assert KEY_TEXT not in repr((refused.value.message, refused.value.fields))


def test_keys_do_not_show_in_repr():
    assert KEY_TEXT not in repr(CustomerKey(KEY, MD5))
    assert repr(KEY) not in repr(CustomerKey(KEY, MD5))


SSE = b"x-amz-server-side-encryption"


@pytest.mark.parametrize(
    ("fields", "customer", "default", "mode"),
    [
        ({}, None, "", ""),
        ({}, None, "AES256", "AES256"),
        ({SSE: b"AES256"}, None, "", "AES256"),
        ({}, CustomerKey(KEY, MD5), "", "C"),
        ({}, CustomerKey(KEY, MD5), "AES256", "C"),
    ],
)
def test_modes(fields, customer, default, mode):
    assert read_mode(fields, customer, default) == mode


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"aws:kms", "NotImplemented"),
        (b"aws:kms:dsse", "NotImplemented"),
        (b"aes256", "InvalidEncryptionAlgorithmError"),
        (b"", "InvalidEncryptionAlgorithmError"),
        (b"rot13", "InvalidEncryptionAlgorithmError"),
    ],
)
def test_unknown_modes(value, code):
    with pytest.raises(S3Error) as refused:
        read_mode({SSE: value}, None, "")
    assert refused.value.code == code


def test_both_ways_at_once_are_refused():
    with pytest.raises(S3Error) as refused:
        read_mode({SSE: b"AES256"}, CustomerKey(KEY, MD5), "")
    assert refused.value.code == "InvalidArgument"
