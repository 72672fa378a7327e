"""What the object use cases share, and what they ask of other use cases, as one value handed to each of them.

Null objects stand for what a configuration leaves out: no events, no expiry header.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from photoncloud.lightningstor.core import acl
from photoncloud.lightningstor.core.object_headers import ReplyHeaders
from photoncloud.lightningstor.core.plan_put import EventRows, no_events
from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.core.transaction import Put
from photoncloud.lightningstor.ports import Index
from photoncloud.lightningstor.service.body_intake import BodyIntake
from photoncloud.lightningstor.service.body_keys import BodyKeys
from photoncloud.lightningstor.service.body_output import BodyOutput
from photoncloud.lightningstor.service.body_sink import BodyStores
from photoncloud.lightningstor.service.bucket_directory import Bucket
from photoncloud.lightningstor.service.call import Call
from photoncloud.lightningstor.service.commits import Commits
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

    def abort_headers(self, bucket: Bucket, key: bytes, initiated_ms: int) -> ReplyHeaders:
        """`x-amz-abort-date` and `x-amz-abort-rule-id` of an upload that lifecycle will abort."""
        ...


class NoExpiry:
    """Lifecycle is switched off."""

    def header(self, bucket: Bucket, key: bytes, record: ObjectRecord) -> str | None:
        return None

    def abort_headers(self, bucket: Bucket, key: bytes, initiated_ms: int) -> ReplyHeaders:
        return []


@dataclass(frozen=True, slots=True)
class Collaborators:
    index: Index
    reader: VersionReader
    commits: Commits
    intake: BodyIntake
    output: BodyOutput
    stores: BodyStores
    keys: BodyKeys
    access: Access
    find_email: acl.ResolveEmail
    find_id: acl.ResolveId
    outbox: Outbox
    expiry: Expiry

    def events(self, call: Call, event: str, key: bytes) -> EventRows:
        """What a plan calls to tell of a change; nothing at all for a bucket without notifications."""
        if "notification" not in bucket_of(call).documents:
            return no_events
        return lambda record, sequence: self.outbox.rows(call, event, key, record, sequence)


def bucket_of(call: Call) -> Bucket:
    """The bucket the pipeline resolved."""
    assert call.bucket is not None, "the pipeline resolves the bucket of every object operation"
    return call.bucket
