"""Writing and deleting objects: PutObject, DeleteObject, DeleteObjects, and the entries other use cases build on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from photoncloud.lightningstor.core import version_id
from photoncloud.lightningstor.core.http_message import Reply
from photoncloud.lightningstor.core.object_headers import (
    Attributes,
    ReplyHeaders,
    checksum_headers,
    encryption_headers,
)
from photoncloud.lightningstor.core.plan_delete import (
    NOTHING,
    DeletePlan,
    is_head,
    plan_delete,
    plan_delete_version,
)
from photoncloud.lightningstor.core.plan_put import EventRows, PutPlan, needs_null_version, no_events, plan_put
from photoncloud.lightningstor.core.preconditions import (
    UNCONDITIONAL,
    WriteConditions,
    delete_conditions,
    write_conditions,
)
from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.core.version_id import VersionRef
from photoncloud.lightningstor.core.versioning import Head, Place, StoredVersion
from photoncloud.lightningstor.errors import OutOfSpace, S3Error
from photoncloud.lightningstor.ports import Durability
from photoncloud.lightningstor.service.body_intake import demands_of
from photoncloud.lightningstor.service.body_sink import StoredBody
from photoncloud.lightningstor.service.bucket_directory import Bucket
from photoncloud.lightningstor.service.call import Call, Handler
from photoncloud.lightningstor.service.collaborators import Collaborators, bucket_of
from photoncloud.lightningstor.service.commits import ORDINARY, WriteOptions, write_options
from photoncloud.lightningstor.service.new_object import NewObject, describe, describe_posted

BYPASS_HEADER = "x-amz-bypass-governance-retention"


@dataclass(frozen=True, slots=True)
class PutResult:
    """What was made. `headers` are those of the reply, without the ETag."""

    record: ObjectRecord
    headers: ReplyHeaders

    @property
    def etag(self) -> str:
        return self.record.etag


@dataclass(frozen=True, slots=True)
class Deletion:
    """One deletion. `ref` None: the key; otherwise exactly that version.

    `may_bypass`: the caller may bypass governance retention and asked for it. `expected_sequence`: delete only while
    the version meant is the one with this sequence (for deletions decided earlier, such as lifecycle's).
    """

    ref: VersionRef | None = None
    conditions: WriteConditions = UNCONDITIONAL
    may_bypass: bool = False
    owner: str = ""
    owner_name: str = ""
    request_id: str = ""
    expected_sequence: int | None = None
    removed_events: EventRows = no_events
    marker_events: EventRows = no_events


class Objects:
    def __init__(self, around: Collaborators) -> None:
        self._around = around
        self._commits = around.commits
        self._reader = around.reader

    def handlers(self) -> dict[str, Handler]:
        return {"PutObject": self.put_object, "DeleteObject": self.delete_object}

    async def put_object(self, call: Call) -> Reply:
        request = call.request
        demands = demands_of(call)
        conditions = write_conditions(request.fields)
        new = describe(self._around, call, conditions, has_digest=demands.has_digest)
        key = self._around.keys.for_new_body(call)
        body = await self._around.intake.intake(call, encryption=key, demands=demands)
        result = await self.keep(call, body, new)
        return Reply(200, [(b"etag", b'"%b"' % result.etag.encode("ascii")), *result.headers])

    async def store(self, call: Call, body: StoredBody, attributes: Attributes) -> PutResult:
        """Keep the verified file of a form as `call.key`; the form's fields stand in the place of request fields.

        Takes over the body: it is discarded on any failure. Errors as `keep` and `new_object.describe`.
        """
        try:
            new = describe_posted(self._around, call, attributes)
        except S3Error:
            await body.discard()
            raise
        return await self.keep(call, body, new)

    async def keep(self, call: Call, body: StoredBody, new: NewObject) -> PutResult:
        """Make a verified body the current version of the call's key. On a refusal the body is discarded.

        Raises S3Error PreconditionFailed, NoSuchKey, ConditionalRequestConflict, SlowDown, NoSuchBucket, AccessDenied;
        OutOfSpace, IndexUnavailable.
        """
        draft = _draft(body, new, call.request.request_id)
        events = self._around.events(call, new.event, call.key)
        draw = self._commits.draw

        async def plan(place: Place, head: Head) -> PutPlan:
            null = await self._reader.noncurrent_null(place.rows) if needs_null_version(place, head) else None
            return plan_put(
                place, head, null, draft, draw(), conditions=new.conditions, inline=body.inline, events=events
            )

        await publish(body)
        try:
            planned = await self._commits.change(bucket_of(call), call.key, plan, new.options)
        except (S3Error, OutOfSpace):
            await body.discard()
            raise
        return PutResult(planned.record, self._put_headers(call, planned, new.options.durability))

    def _put_headers(self, call: Call, planned: PutPlan, durability: Durability | None) -> ReplyHeaders:
        record = planned.record
        reply: ReplyHeaders = [(b"x-photon-durability", self._commits.effective(durability).encode("ascii"))]
        if planned.version_id is not None:
            reply.append((b"x-amz-version-id", planned.version_id.encode("ascii")))
        reply += checksum_headers(record.checksum, record.body.part_count)
        if record.encryption is not None:
            reply += encryption_headers(record.encryption)
        expiration = self._around.expiry.header(bucket_of(call), call.key, record)
        if expiration is not None:
            reply.append((b"x-amz-expiration", expiration.encode("latin-1")))
        return reply

    # Deleting.

    async def delete_object(self, call: Call) -> Reply:
        request = call.request
        conditions = delete_conditions(request.fields)
        if conditions.is_conditional and not await self._around.access.allows(call, "s3:GetObject", call.key):
            raise S3Error("AccessDenied")
        text = call.query.get("versionId")
        deletion = self.deletion(
            call,
            call.key,
            ref=None if text is None else version_id.parse(text),
            conditions=conditions,
            may_bypass=await self.may_bypass(call, call.key, text or ""),
        )
        options = write_options(call, is_conditional=conditions.is_conditional)
        planned = await self.delete(bucket_of(call), call.key, deletion, options)
        reply: ReplyHeaders = [(b"x-photon-durability", self._commits.effective(options.durability).encode("ascii"))]
        if planned.is_marker:
            reply.append((b"x-amz-delete-marker", b"true"))
        shown = planned.version_id or (text if bucket_of(call).record.versioning else None)
        if shown:
            reply.append((b"x-amz-version-id", shown.encode("ascii")))
        return Reply(204, reply)

    async def may_bypass(self, call: Call, key: bytes, version: str) -> bool:
        """Whether governance retention gives way: the caller asks for it and is allowed to."""
        if (call.header(BYPASS_HEADER) or "").lower() != "true":
            return False
        return await self._around.access.allows(call, "s3:BypassGovernanceRetention", key, version)

    def deletion(
        self,
        call: Call,
        key: bytes,
        *,
        ref: VersionRef | None,
        conditions: WriteConditions,
        may_bypass: bool,
    ) -> Deletion:
        """A deletion as the caller of a request asks for it, with the events it causes."""
        principal = call.authorised.principal
        return Deletion(
            ref=ref,
            conditions=conditions,
            may_bypass=may_bypass,
            owner=principal.canonical_id,
            owner_name=principal.display_name,
            request_id=call.request.request_id,
            removed_events=self._around.events(call, "s3:ObjectRemoved:Delete", key),
            marker_events=self._around.events(call, "s3:ObjectRemoved:DeleteMarkerCreated", key),
        )

    async def delete(
        self, bucket: Bucket, key: bytes, deletion: Deletion, options: WriteOptions = ORDINARY
    ) -> DeletePlan:
        """Delete a key or one version; what is absent already is a success that changes nothing.

        Raises S3Error PreconditionFailed, NoSuchKey (conditional), AccessDenied (object lock), and as `Commits.change`.
        """

        async def plan(place: Place, head: Head) -> DeletePlan:
            return await self.plan_deletion(place, head, deletion)

        return await self._commits.change(bucket, key, plan, options)

    async def plan_deletion(self, place: Place, head: Head, deletion: Deletion) -> DeletePlan:
        """The plan of one deletion on a head as read."""
        ref, reader = deletion.ref, self._reader
        if ref is None:
            if deletion.expected_sequence is not None and not _is_expected(head.record, deletion.expected_sequence):
                return NOTHING
            null = await reader.noncurrent_null(place.rows) if needs_null_version(place, head) else None
            return plan_delete(
                place,
                head,
                null,
                _marker(deletion),
                self._commits.draw(),
                conditions=deletion.conditions,
                removed_events=deletion.removed_events,
                marker_events=deletion.marker_events,
            )
        successor = target = None
        if is_head(ref, head):
            found = head.record
            if place.versioning:
                successor = await reader.newest_noncurrent(place.rows)
        else:
            target = await reader.noncurrent(place.rows, ref) if place.versioning and head.record else None
            found = None if target is None else target.record
        if deletion.expected_sequence is not None and not _is_expected(found, deletion.expected_sequence):
            return NOTHING
        return self._plan_version(place, head, deletion, target, successor)

    def _plan_version(
        self,
        place: Place,
        head: Head,
        deletion: Deletion,
        target: StoredVersion | None,
        successor: StoredVersion | None,
    ) -> DeletePlan:
        assert deletion.ref is not None
        return plan_delete_version(
            place,
            head,
            target,
            successor,
            deletion.ref,
            self._commits.draw(),
            conditions=deletion.conditions,
            may_bypass=deletion.may_bypass,
            events=deletion.removed_events,
        )


async def publish(body: StoredBody) -> None:
    """Bytes on disk before any reference to them; nothing is left when that fails."""
    try:
        await body.publish()
    except BaseException:
        await asyncio.shield(body.discard())
        raise


def _draft(body: StoredBody, new: NewObject, request_id: str) -> ObjectRecord:
    """The record of a new object, without sequence, version id and time."""
    own = new.attributes
    return ObjectRecord(
        sequence=0,
        version_tail=b"",
        size=body.size,
        etag=body.etag,
        body=body.body,
        checksum=body.checksum,
        crc64nvme=body.crc64nvme,
        headers=own.headers,
        metadata=own.metadata,
        tags=own.tags,
        owner=new.owner.id,
        owner_name=new.owner.name,
        grants=new.owner.grants,
        encryption=body.encryption,
        lock=new.lock,
        storage_class=own.storage_class,
        redirect=own.redirect,
        request_id=request_id,
    )


def _marker(deletion: Deletion) -> ObjectRecord:
    return ObjectRecord(
        sequence=0,
        version_tail=b"",
        kind="marker",
        owner=deletion.owner,
        owner_name=deletion.owner_name,
        request_id=deletion.request_id,
    )


def _is_expected(record: ObjectRecord | None, sequence: int) -> bool:
    return record is not None and record.sequence == sequence
