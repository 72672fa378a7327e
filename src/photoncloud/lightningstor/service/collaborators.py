"""What the object use cases share, and what they ask of other use cases, as one value handed to each of them.

Null objects stand for what a configuration leaves out: no events, no expiry header.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from photoncloud.lightningstor.core import acl, bucket_encryption
from photoncloud.lightningstor.core.encryption_request import (
    CUSTOMER_FIELDS,
    MODE_FIELD,
    SOURCE_CUSTOMER_FIELDS,
    CustomerKey,
    read_customer_key,
    read_mode,
)
from photoncloud.lightningstor.core.object_headers import Fields
from photoncloud.lightningstor.core.plan_put import EventRows, no_events
from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.core.transaction import Put
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.ports import Index
from photoncloud.lightningstor.service.body_intake import BodyIntake
from photoncloud.lightningstor.service.body_output import BodyOutput
from photoncloud.lightningstor.service.body_sink import BodyStores
from photoncloud.lightningstor.service.bucket_directory import Bucket
from photoncloud.lightningstor.service.call import Call
from photoncloud.lightningstor.service.commits import Commits
from photoncloud.lightningstor.service.sealed_body import BodyKey, new_body_key
from photoncloud.lightningstor.service.version_reader import VersionReader


class Access(Protocol):
    """Further questions about the caller of a request that was authorised already."""

    async def allows(self, call: Call, action: str, key: bytes = b"", version_id: str = "") -> bool:
        """Whether the caller may do `action` (`s3:DeleteObject`, …) on `key` of the call's bucket, or with an empty
        key on the bucket itself. Decided as the request itself was: policies, ACLs, PublicAccessBlock.
        """
        ...


class Outbox(Protocol):
    """Event notifications, written in the transaction of the change they tell of."""

    def rows(self, call: Call, event: str, key: bytes, record: ObjectRecord, sequence: int) -> tuple[Put, ...]:
        """Outbox rows for `event` (`s3:ObjectCreated:Put`, …) on a version; empty when nobody asked for it."""
        ...


class NoOutbox:
    """Events are switched off."""

    def rows(self, call: Call, event: str, key: bytes, record: ObjectRecord, sequence: int) -> tuple[Put, ...]:
        return ()


class Expiry(Protocol):
    def header(self, bucket: Bucket, key: bytes, record: ObjectRecord) -> str | None:
        """`x-amz-expiration` of an object, None when no lifecycle rule will expire it."""
        ...


class NoExpiry:
    """Lifecycle is switched off."""

    def header(self, bucket: Bucket, key: bytes, record: ObjectRecord) -> str | None:
        return None


@dataclass(frozen=True, slots=True)
class Collaborators:
    """`encrypts`: server-side encryption is offered; `customer_keys_need_tls`: SSE-C only over TLS."""

    index: Index
    reader: VersionReader
    commits: Commits
    intake: BodyIntake
    output: BodyOutput
    stores: BodyStores
    access: Access
    find_email: acl.ResolveEmail
    find_id: acl.ResolveId
    outbox: Outbox
    expiry: Expiry
    encrypts: bool = True
    customer_keys_need_tls: bool = True

    def events(self, call: Call, event: str, key: bytes) -> EventRows:
        """What a plan calls to tell of a change; nothing at all for a bucket without notifications."""
        if "notification" not in bucket_of(call).documents:
            return no_events
        return lambda record, sequence: self.outbox.rows(call, event, key, record, sequence)

    def customer_key(self, call: Call, *, of_source: bool = False) -> CustomerKey | None:
        """The SSE-C key a request brings for its object, or for its copy source."""
        return read_customer_key(
            call.request.fields,
            SOURCE_CUSTOMER_FIELDS if of_source else CUSTOMER_FIELDS,
            is_secure=call.request.secure,
            requires_tls=self.customer_keys_need_tls,
        )

    def new_body_key(self, call: Call, fields: Fields) -> BodyKey | None:
        """How a new object or upload is sealed: as `fields` ask, else by the bucket's default; None for plain bytes.

        Raises S3Error NotImplemented when encryption is asked for and switched off.
        """
        customer = read_customer_key(
            fields, CUSTOMER_FIELDS, is_secure=call.request.secure, requires_tls=self.customer_keys_need_tls
        )
        default = bucket_of(call).parsed("encryption", bucket_encryption.parse)
        mode = read_mode(fields, customer, default.algorithm if default is not None and self.encrypts else "")
        if mode and not self.encrypts:
            raise S3Error("NotImplemented", fields={"Header": MODE_FIELD})
        return new_body_key(self.stores.cipher, mode, customer) if mode else None


def bucket_of(call: Call) -> Bucket:
    """The bucket the pipeline resolved."""
    assert call.bucket is not None, "the pipeline resolves the bucket of every object operation"
    return call.bucket
