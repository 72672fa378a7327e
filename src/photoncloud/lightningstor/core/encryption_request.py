"""What a request says about server-side encryption (§4.15): SSE-S3 wanted, or a customer's key for this request."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from photoncloud.lightningstor.core.bucket_encryption import check_algorithm
from photoncloud.lightningstor.core.checksum import decode, encode
from photoncloud.lightningstor.errors import S3Error

MODE_FIELD = "x-amz-server-side-encryption"
CUSTOMER_FIELDS = "x-amz-server-side-encryption-customer-"
SOURCE_CUSTOMER_FIELDS = "x-amz-copy-source-server-side-encryption-customer-"
ALGORITHM = "AES256"
KEY_BYTES = 32
_MD5_BYTES = 16

_NEEDS = "Requests specifying Server Side Encryption with Customer provided keys must provide "
NO_ALGORITHM = _NEEDS + "a valid encryption algorithm."
NO_KEY = _NEEDS + "an appropriate secret key."
NO_KEY_MD5 = _NEEDS + "the client calculated MD5 of the secret key."
BAD_KEY = "The secret key was invalid for the specified algorithm."
KEY_MD5_DIFFERS = "The calculated MD5 hash of the key did not match the hash that was provided."
NOT_SECURE = (
    "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection."
)
BOTH_MODES = "Server Side Encryption with Customer provided key is incompatible with the encryption method specified"


@dataclass(frozen=True, slots=True)
class CustomerKey:
    """A customer's 256-bit key, alive for one request, and the MD5 of it as the client sent it (base64)."""

    key: bytes = field(repr=False)
    md5: str


def read_customer_key(
    fields: Mapping[bytes, bytes], prefix: str, *, is_secure: bool, requires_tls: bool
) -> CustomerKey | None:
    """The key under CUSTOMER_FIELDS or SOURCE_CUSTOMER_FIELDS, None when no field of it was sent.

    Raises S3Error InvalidRequest (plain HTTP), InvalidArgument (missing or wrong pieces),
    InvalidEncryptionAlgorithmError. No message repeats key material.
    """
    algorithm, key_text, md5_text = (_field(fields, prefix + name) for name in ("algorithm", "key", "key-md5"))
    if algorithm is None and key_text is None and md5_text is None:
        return None
    if requires_tls and not is_secure:
        raise S3Error("InvalidRequest", NOT_SECURE)
    if algorithm is None:
        raise _argument(prefix + "algorithm", NO_ALGORITHM)
    if algorithm != ALGORITHM:
        raise S3Error("InvalidEncryptionAlgorithmError", fields=_named(prefix + "algorithm", algorithm))
    if key_text is None:
        raise _argument(prefix + "key", NO_KEY)
    if md5_text is None:
        raise _argument(prefix + "key-MD5", NO_KEY_MD5)
    key = decode(key_text, KEY_BYTES)
    if key is None:
        raise _argument(prefix + "key", BAD_KEY)
    if decode(md5_text, _MD5_BYTES) is None or encode(hashlib.md5(key, usedforsecurity=False).digest()) != md5_text:
        raise _argument(prefix + "key-MD5", KEY_MD5_DIFFERS)
    return CustomerKey(key, md5_text)


def read_mode(fields: Mapping[bytes, bytes], customer_key: CustomerKey | None, default: str) -> str:
    """How the new object is to be encrypted: `C`, `AES256`, or "" (then it is not).

    `default` is the bucket's default mode. Raises S3Error NotImplemented for KMS, InvalidEncryptionAlgorithmError,
    InvalidArgument when both ways are asked for.
    """
    asked = _field(fields, MODE_FIELD)
    if asked is not None:
        check_algorithm(asked)
        if customer_key is not None:
            raise _argument(MODE_FIELD, BOTH_MODES)
        return asked
    return "C" if customer_key is not None else default


def _field(fields: Mapping[bytes, bytes], name: str) -> str | None:
    value = fields.get(name.encode("ascii"))
    return None if value is None else value.decode("latin-1")


def _named(name: str, value: str) -> dict[str, str]:
    return {"ArgumentName": name, "ArgumentValue": value}


def _argument(name: str, message: str) -> S3Error:
    return S3Error("InvalidArgument", message, fields=_named(name, "null"))
