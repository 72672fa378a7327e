"""What may be changed of a version after it was written: tags, retention, legal hold, ACL."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from photoncloud.lightningstor.core import acl, key_space, lock, record_codec, tagging, version_id, xml_in, xml_out
from photoncloud.lightningstor.core.http_message import Reply
from photoncloud.lightningstor.core.object_headers import ReplyHeaders, iso_time, version_header
from photoncloud.lightningstor.core.plan_put import EventRows
from photoncloud.lightningstor.core.records import Grant, ObjectLock, ObjectRecord
from photoncloud.lightningstor.core.transaction import Compare, Put, Transaction
from photoncloud.lightningstor.core.version_id import VersionRef
from photoncloud.lightningstor.core.versioning import Change, Head, Place, Usage, next_sequence
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.call import Call, Handler
from photoncloud.lightningstor.service.collaborators import Collaborators, bucket_of
from photoncloud.lightningstor.service.commits import write_options
from photoncloud.lightningstor.service.documents import xml_reply
from photoncloud.lightningstor.service.new_object import check_grants, sent_acl
from photoncloud.lightningstor.service.objects import BYPASS_HEADER
from photoncloud.lightningstor.service.version_reader import Found

_NO_LOCK = "The specified object does not have a ObjectLock configuration"
_HEADER_AND_BODY = "This request does not support content"

Edit = Callable[[ObjectRecord], ObjectRecord]


class SettingPlan(NamedTuple):
    """A rewritten version; `head_after` is the key's head, rewritten or touched."""

    transaction: Transaction
    record: ObjectRecord
    head_after: tuple[ObjectRecord, bytes]
    usage: Usage = Usage()


class ObjectSettings:
    def __init__(self, around: Collaborators) -> None:
        self._around = around

    def handlers(self) -> dict[str, Handler]:
        return {
            "GetObjectTagging": self.get_tagging,
            "PutObjectTagging": self.put_tagging,
            "DeleteObjectTagging": self.delete_tagging,
            "GetObjectRetention": self.get_retention,
            "PutObjectRetention": self.put_retention,
            "GetObjectLegalHold": self.get_legal_hold,
            "PutObjectLegalHold": self.put_legal_hold,
            "GetObjectAcl": self.get_acl,
            "PutObjectAcl": self.put_acl,
        }

    # Tags.

    async def get_tagging(self, call: Call) -> Reply:
        record = await self._version(call)
        reply = xml_reply(xml_out.document("Tagging", [tagging.tag_set(record.tags)]))
        reply.headers += self._version_header(call, record)
        return reply

    async def put_tagging(self, call: Call) -> Reply:
        root = xml_in.parse(await self._document(call), "Tagging")
        tags = tagging.parse_xml(root, tagging.OBJECT_TAGS)
        events = self._around.events(call, "s3:ObjectTagging:Put", call.key)
        return await self._edited(call, lambda record: msgspec.structs.replace(record, tags=tags), events)

    async def delete_tagging(self, call: Call) -> Reply:
        events = self._around.events(call, "s3:ObjectTagging:Delete", call.key)
        return await self._edited(call, lambda record: msgspec.structs.replace(record, tags={}), events, status=204)

    # Object lock.

    async def get_retention(self, call: Call) -> Reply:
        held = await self._lock_of(call)
        if not held.mode:
            raise S3Error("NoSuchObjectLockConfiguration", _NO_LOCK, fields={"Key": _text(call.key)})
        fragments = [
            xml_out.element("Mode", held.mode),
            xml_out.element("RetainUntilDate", iso_time(held.retain_until_ms)),
        ]
        return xml_reply(xml_out.document("Retention", fragments))

    async def put_retention(self, call: Call) -> Reply:
        lock.require_lock_bucket(bucket_of(call).record)
        root = xml_in.parse(await self._document(call, requires_digest=True), "Retention")
        mode, until_ms = lock.retention_from_xml(root, call.now_ns // 1_000_000)
        may_bypass = await self._may_bypass(call)

        def edit(record: ObjectRecord) -> ObjectRecord:
            clock = self._around.commits.draw().clock
            changed = lock.with_retention(
                record.lock, mode, until_ms, clock.now_ms, clock.newest_ms, may_bypass=may_bypass
            )
            return msgspec.structs.replace(record, lock=changed)

        return await self._edited(call, edit)

    async def get_legal_hold(self, call: Call) -> Reply:
        held = await self._lock_of(call)
        document = xml_out.document("LegalHold", [xml_out.element("Status", "ON" if held.legal_hold else "OFF")])
        return xml_reply(document)

    async def put_legal_hold(self, call: Call) -> Reply:
        lock.require_lock_bucket(bucket_of(call).record)
        root = xml_in.parse(await self._document(call, requires_digest=True), "LegalHold")
        is_on = lock.legal_hold_from_xml(root)

        def edit(record: ObjectRecord) -> ObjectRecord:
            return msgspec.structs.replace(record, lock=lock.with_legal_hold(record.lock, is_on))

        return await self._edited(call, edit)

    async def _lock_of(self, call: Call) -> ObjectLock:
        """The lock of the version. Raises S3Error NoSuchObjectLockConfiguration when it has none."""
        lock.require_lock_bucket(bucket_of(call).record)
        record = await self._version(call)
        if record.lock is None:
            raise S3Error("NoSuchObjectLockConfiguration", _NO_LOCK, fields={"Key": _text(call.key)})
        return record.lock

    async def _may_bypass(self, call: Call) -> bool:
        if (call.header(BYPASS_HEADER) or "").lower() != "true":
            return False
        version = call.query.get("versionId", "")
        return await self._around.access.allows(call, "s3:BypassGovernanceRetention", call.key, version)

    # ACL.

    async def get_acl(self, call: Call) -> Reply:
        record = await self._version(call)
        grants = record.grants or (Grant("id", record.owner, "FULL_CONTROL", record.owner_name),)
        reply = xml_reply(acl.to_xml(record.owner, record.owner_name, grants))
        reply.headers += self._version_header(call, record)
        return reply

    async def put_acl(self, call: Call) -> Reply:
        sent = sent_acl(call)
        document = await self._document(call)
        if sent and document:
            raise S3Error("UnexpectedContent", _HEADER_AND_BODY)
        bucket = bucket_of(call)

        def edit(record: ObjectRecord) -> ObjectRecord:
            if sent:
                grants = acl.from_headers(
                    sent,
                    record.owner,
                    record.owner_name,
                    bucket.record.owner,
                    bucket.record.owner_name,
                    self._around.find_email,
                    self._around.find_id,
                )
            else:
                grants = acl.from_xml(document, record.owner, self._around.find_email, self._around.find_id)
            check_grants(bucket, grants or (), record.owner)
            return msgspec.structs.replace(record, grants=grants or ())

        return await self._edited(call, edit, self._around.events(call, "s3:ObjectAcl:Put", call.key))

    # One version.

    async def _document(self, call: Call, *, requires_digest: bool = False) -> bytes:
        return await self._around.intake.document(
            call, limit=xml_in.DOCUMENT_LIMIT_BYTES, requires_digest=requires_digest
        )

    def _ref(self, call: Call) -> VersionRef | None:
        text = call.query.get("versionId")
        return None if text is None else version_id.parse(text)

    async def _version(self, call: Call) -> ObjectRecord:
        """The version a request names. Raises S3Error NoSuchKey, NoSuchVersion, MethodNotAllowed (a marker)."""
        place = key_space.place(bucket_of(call).record.id, call.key)
        return _object_of(call, await self._around.reader.find(place, self._ref(call))).record

    async def _edited(self, call: Call, edit: Edit, events: EventRows | None = None, *, status: int = 200) -> Reply:
        """Rewrite one version in place: its id, position and bytes stay."""
        ref = self._ref(call)

        async def plan(place: Place, head: Head) -> SettingPlan:
            found = _object_of(call, await self._around.reader.find(place.rows, ref))
            return self._plan(place, head, found, edit(found.record), events)

        options = write_options(call)
        planned = await self._around.commits.change(bucket_of(call), call.key, plan, options)
        return Reply(status, self._version_header(call, planned.record))

    def _plan(
        self, place: Place, head: Head, found: Found, edited: ObjectRecord, events: EventRows | None
    ) -> SettingPlan:
        draw = self._around.commits.draw()
        change = Change(place, head, draw.clock)
        value = record_codec.encode(edited, found.value)
        if found.is_head:
            change.put_head(edited, value)
            head_after = (edited, value)
        else:
            assert head.record is not None, "a noncurrent version has a head above it"
            change.changes.append(Put(found.row_key, value))
            change.touch_head()
            head_after = (head.record, head.value)
        if events is not None:
            change.changes.extend(events(edited, next_sequence(draw.now_ns, head)))
        compares = () if found.is_head else (Compare(found.row_key, found.revision),)
        return SettingPlan(change.transaction(*compares), edited, head_after)

    def _version_header(self, call: Call, record: ObjectRecord) -> ReplyHeaders:
        return [version_header(record)] if bucket_of(call).record.versioning else []


def _object_of(call: Call, found: Found | None) -> Found:
    version = call.query.get("versionId", "")
    if found is None:
        if version:
            raise S3Error("NoSuchVersion", fields={"Key": _text(call.key), "VersionId": version})
        raise S3Error("NoSuchKey", fields={"Key": _text(call.key)})
    if found.record.kind == "marker":
        raise S3Error(
            "MethodNotAllowed",
            fields={"Method": call.request.method, "ResourceType": "DeleteMarker"},
            headers=(("Allow", "DELETE"), ("x-amz-delete-marker", "true")),
        )
    return found


def _text(key: bytes) -> str:
    return key.decode("utf-8", "replace")
