"""Which key a request's bytes are sealed or opened with: headers of the request, then the bucket's default (§4.15)."""

from __future__ import annotations

from photoncloud.lightningstor.core import bucket_encryption
from photoncloud.lightningstor.core.encryption_request import (
    CUSTOMER_FIELDS,
    MODE_FIELD,
    SOURCE_CUSTOMER_FIELDS,
    CustomerKey,
    read_customer_key,
    read_mode,
)
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.ports import Cipher
from photoncloud.lightningstor.service.call import Call
from photoncloud.lightningstor.service.sealed_body import BodyKey, new_body_key

_KEY_FIELDS = {
    prefix: frozenset((prefix + name).encode("ascii") for name in ("algorithm", "key", "key-md5"))
    for prefix in (CUSTOMER_FIELDS, SOURCE_CUSTOMER_FIELDS)
}
"""Most requests have none of these: one look at all three."""


class BodyKeys:
    """`requires_tls` is `sse.c_require_tls`.

    With `is_enabled` False (`features.sse`) no request may ask for encryption; buckets that encrypt by default go on
    doing so: a switch never takes a promise back.
    """

    def __init__(self, cipher: Cipher, *, requires_tls: bool = True, is_enabled: bool = True) -> None:
        self._cipher = cipher
        self._requires_tls = requires_tls
        self._is_enabled = is_enabled

    def customer_key(self, call: Call) -> CustomerKey | None:
        """The SSE-C key of the object itself. Errors: `core.encryption_request.read_customer_key`."""
        return self._customer_key(call, CUSTOMER_FIELDS)

    def source_customer_key(self, call: Call) -> CustomerKey | None:
        """The SSE-C key of a copy source."""
        return self._customer_key(call, SOURCE_CUSTOMER_FIELDS)

    def _customer_key(self, call: Call, prefix: str) -> CustomerKey | None:
        request = call.request
        if _KEY_FIELDS[prefix].isdisjoint(request.fields):
            return None
        return read_customer_key(request.fields, prefix, is_secure=request.secure, requires_tls=self._requires_tls)

    def for_new_body(self, call: Call) -> BodyKey | None:
        """A fresh key for the object or upload this request creates; None when it is not to be encrypted.

        Raises S3Error as the readers of the headers, NotImplemented when encryption is switched off here.
        """
        customer = self.customer_key(call)
        fields = call.request.fields
        mode = read_mode(fields, customer, _default_mode(call))
        if not self._is_enabled and (customer is not None or MODE_FIELD.encode() in fields):
            raise S3Error("NotImplemented", fields={"Header": MODE_FIELD})
        return new_body_key(self._cipher, mode, customer)


def _default_mode(call: Call) -> str:
    default = call.bucket.parsed("encryption", bucket_encryption.parse) if call.bucket is not None else None
    return default.algorithm if default is not None else ""
