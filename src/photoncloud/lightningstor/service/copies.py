"""CopyObject: bytes are shared, not moved. They are read when a digest is not known, and written only when they must
be sealed with another key.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec

from photoncloud.lightningstor.core import key_space, plan_copy, preconditions, xml_out
from photoncloud.lightningstor.core.checksum import ALGORITHMS
from photoncloud.lightningstor.core.encryption_request import CustomerKey
from photoncloud.lightningstor.core.error_table import ERRORS
from photoncloud.lightningstor.core.http_message import Reply
from photoncloud.lightningstor.core.object_headers import (
    ReplyHeaders,
    attributes,
    encryption_headers,
    shown_checksum,
    version_header,
)
from photoncloud.lightningstor.core.plan_copy import CopyRequest
from photoncloud.lightningstor.core.plan_put import PutPlan, needs_null_version, plan_put
from photoncloud.lightningstor.core.records import Body, Checksum, Encryption, ObjectRecord
from photoncloud.lightningstor.core.transaction import Compare
from photoncloud.lightningstor.core.versioning import Head, Place
from photoncloud.lightningstor.errors import OutOfSpace, S3Error, StoreDamaged
from photoncloud.lightningstor.service.body_digests import CRC64, MD5, BodyDigests, known_digests
from photoncloud.lightningstor.service.body_sink import StoredBody
from photoncloud.lightningstor.service.call import Call, Handler, Source
from photoncloud.lightningstor.service.collaborators import Collaborators, bucket_of
from photoncloud.lightningstor.service.commits import write_options
from photoncloud.lightningstor.service.copy_source import (
    SourceMoved,
    is_unmoved,
    renewed_source,
    source_version_header,
)
from photoncloud.lightningstor.service.new_object import Owner, lock_of, owner_of
from photoncloud.lightningstor.service.objects import publish
from photoncloud.lightningstor.service.sealed_body import BodyKey
from photoncloud.runtime import tasks

_SOURCE_ATTEMPTS = 8
"""How often a copy follows a source that is overwritten under it."""
LONG_COPY_BYTES = 64 * 1024 * 1024
"""Smaller copies are done within the patience of any client, even when all bytes must be read."""
KEEP_ALIVE_SEC = 5.0
"""Between the spaces that keep a client waiting for a long copy."""
PATIENCE_SEC = 10.0
"""A copy that is not done by then is answered with a head and spaces until it is."""


Outcome = tuple[ObjectRecord, Source] | Exception


class _Job:
    """One copy as its request describes it, judged before anything is read."""

    __slots__ = ("algorithm", "asked", "call", "conditions", "customer", "key", "lock", "options", "owner")

    def __init__(self, around: Collaborators, call: Call) -> None:
        request = call.request
        self.call = call
        self.conditions = preconditions.write_conditions(request.fields)
        replaces_metadata = plan_copy.directive(request.fields.get(b"x-amz-metadata-directive"), "metadata")
        replaces_tags = plan_copy.directive(request.fields.get(b"x-amz-tagging-directive"), "tagging")
        self.owner: Owner = owner_of(around, call)
        self.lock = lock_of(call, has_digest=True)
        self.algorithm = _asked_algorithm(call.header("x-amz-checksum-algorithm"))
        self.customer: CustomerKey | None = around.keys.source_customer_key(call)
        self.key: BodyKey | None = around.keys.for_new_body(call)
        self.asked = CopyRequest(
            attributes(request.fields, request.headers),
            replaces_metadata,
            replaces_tags,
            b"x-amz-storage-class" in request.fields,
            _names_encryption(call),
        )
        self.options = write_options(call, is_conditional=self.conditions.is_conditional)


class Copies:
    def __init__(self, around: Collaborators, digests: BodyDigests) -> None:
        self._around = around
        self._digests = digests

    def handlers(self) -> dict[str, Handler]:
        return {"CopyObject": self.copy_object}

    async def copy_object(self, call: Call) -> Reply:
        assert call.source is not None, "the pipeline resolves copy sources"
        job, source = _Job(self._around, call), call.source
        plan_copy.check_size(source.record)
        await self._check_changes(call, job, source)
        if source.record.size < LONG_COPY_BYTES:
            return self._reply(call, job, *await self._copy(job, source))
        work = tasks.spawn(self._outcome(job, source), name="object_copy")
        try:
            await asyncio.wait((work,), timeout=PATIENCE_SEC)
        except asyncio.CancelledError:
            await _stop(work)
            raise
        if not work.done():
            return Reply(200, [xml_out.CONTENT_TYPE], self._slowly(call, work), None)
        outcome = work.result()
        if isinstance(outcome, Exception):
            raise outcome
        return self._reply(call, job, *outcome)

    async def _outcome(self, job: _Job, source: Source) -> Outcome:
        try:
            return await self._copy(job, source)
        except Exception as error:
            return error  # raised, or told, by whoever waits for it

    def _reply(self, call: Call, job: _Job, record: ObjectRecord, source: Source) -> Reply:
        headers = [*self._headers(call, job, record), *source_version_header(source), xml_out.CONTENT_TYPE]
        return Reply(200, headers, _document(record))

    async def _slowly(self, call: Call, work: asyncio.Task[Outcome]) -> AsyncIterator[bytes]:
        """Spaces until the copy is done, then its document; a late failure is an error document inside the 200."""
        try:
            yield xml_out.DECLARATION
            while not work.done():
                yield b" "
                await asyncio.wait((work,), timeout=KEEP_ALIVE_SEC)
            outcome = work.result()
            if isinstance(outcome, Exception):
                refusal = outcome if isinstance(outcome, S3Error) else S3Error("InternalError")
                yield _late_error(call, refusal)
                if refusal is not outcome:
                    raise outcome
            else:
                yield _document(outcome[0]).removeprefix(xml_out.DECLARATION)
        finally:
            await _stop(work)

    async def _check_changes(self, call: Call, job: _Job, source: Source) -> None:
        """A copy onto itself must change something."""
        bucket = bucket_of(call)
        if source.bucket.record.id != bucket.record.id or source.key != call.key:
            return
        head = await self._around.reader.head(key_space.place(bucket.record.id, call.key))
        is_same = plan_copy.same_version(source.record, head)
        plan_copy.check_changes_something(job.asked, is_same_object=is_same, source=source.record)

    async def _copy(self, job: _Job, source: Source) -> tuple[ObjectRecord, Source]:
        for _ in range(_SOURCE_ATTEMPTS):
            conditions = preconditions.copy_conditions(job.call.request.fields)
            if conditions is not None:
                preconditions.check_read(conditions, source.record)
            try:
                if self._must_rewrite(job, source.record):
                    return await self._rewrite(job, source), source
                return await self._share(job, source), source
            except SourceMoved:
                pass
            except StoreDamaged:
                if await is_unmoved(self._around.index, source):
                    raise
            source = await renewed_source(self._around.reader, source)
        raise S3Error("SlowDown")

    def _must_rewrite(self, job: _Job, record: ObjectRecord) -> bool:
        """Whether the bytes must be sealed anew: another key, or none. SSE-S3 to SSE-S3 shares bytes and data key."""
        before = "" if record.encryption is None else record.encryption.mode
        after = "" if job.key is None else job.key.record.mode
        return record.size > 0 and (before != after or after == "C")

    async def _share(self, job: _Job, source: Source) -> ObjectRecord:
        """A new version that refers to the source's bytes; inline bytes get a row of their own."""
        record = source.record
        self._around.output.open_key(record, job.customer)
        value, etag = await self._digested(job, record)
        inline = await self._inline(record)
        body = plan_copy.single_body(record.body, self._around.commits.random_id())
        encryption = record.encryption if record.size else (job.key.record if job.key is not None else None)
        return await self._commit(job, source, body, etag, value, encryption, inline)

    async def _digested(self, job: _Job, record: ObjectRecord) -> tuple[Checksum, str]:
        """Checksum and ETag of the copy: known ones, or computed by reading the bytes once."""
        kept = record.checksum
        algorithm = job.algorithm or (kept.algorithm if kept is not None else CRC64)
        known = known_digests(record)
        needed = frozenset({MD5, algorithm}) - known.keys()
        if needed:
            known = await self._digests.of_range(record, 0, record.size, needed | {MD5}, job.customer)
            known = {**known_digests(record), **known}
        return Checksum(algorithm, "FULL_OBJECT", known[algorithm]), known[MD5].hex()

    async def _inline(self, record: ObjectRecord) -> bytes:
        """The stored form of an inline body, sealed as it is."""
        if record.body.kind != "inline":
            return b""
        row = await self._around.index.get(key_space.inline(record.body.id))
        if row is None:
            raise StoreDamaged("inline body is missing", record.body.id.hex())
        return row.value

    async def _rewrite(self, job: _Job, source: Source) -> ObjectRecord:
        """A copy with bytes of its own, sealed as the request asks."""
        record = source.record
        algorithm = job.algorithm or (record.checksum.algorithm if record.checksum is not None else CRC64)
        body: StoredBody = await self._around.intake.store(
            self._around.output.plain(record, 0, record.size, job.customer),
            length=record.size,
            algorithms=frozenset({algorithm}),
            encryption=job.key,
        )
        await publish(body)
        try:
            return await self._commit(
                job, source, body.body, body.etag, body.checksum, body.encryption, body.inline, is_shared=False
            )
        except (S3Error, OutOfSpace):
            await body.discard()
            raise

    async def _commit(
        self,
        job: _Job,
        source: Source,
        body: Body,
        etag: str,
        value: Checksum,
        encryption: Encryption | None,
        inline: bytes,
        *,
        is_shared: bool = True,
    ) -> ObjectRecord:
        call = job.call
        draft = msgspec.structs.replace(
            plan_copy.copy_record(job.asked, source.record, body, etag, value),
            owner=job.owner.id,
            owner_name=job.owner.name,
            grants=job.owner.grants,
            lock=job.lock,
            encryption=encryption,
            request_id=call.request.request_id,
        )
        events = self._around.events(call, "s3:ObjectCreated:Copy", call.key)
        compares = (Compare(source.row_key, source.revision),) if is_shared else ()

        async def plan(place: Place, head: Head) -> PutPlan:
            if is_shared and not await is_unmoved(self._around.index, source):
                raise SourceMoved
            null = await self._around.reader.noncurrent_null(place.rows) if needs_null_version(place, head) else None
            return plan_put(
                place,
                head,
                null,
                draft,
                self._around.commits.draw(),
                conditions=job.conditions,
                inline=inline,
                events=events,
                compares=compares,
            )

        return (await self._around.commits.change(bucket_of(call), call.key, plan, job.options)).record

    def _headers(self, call: Call, job: _Job, record: ObjectRecord) -> ReplyHeaders:
        bucket = bucket_of(call)
        level = self._around.commits.effective(job.options.durability)
        headers: ReplyHeaders = [(b"x-photon-durability", level.encode("ascii"))]
        if bucket.record.versioning:
            headers.append(version_header(record))
        if record.encryption is not None:
            headers += encryption_headers(record.encryption)
        expiration = self._around.expiry.header(bucket, call.key, record)
        if expiration is not None:
            headers.append((b"x-amz-expiration", expiration.encode("latin-1")))
        return headers


async def _stop(work: asyncio.Task[Outcome]) -> None:
    """The client is gone: nobody waits for the copy any more."""
    if not work.done():
        work.cancel()
        await asyncio.wait((work,))


def _asked_algorithm(text: str | None) -> str:
    """`x-amz-checksum-algorithm` of a copy. Raises S3Error InvalidRequest."""
    if text is None:
        return ""
    if text.upper() not in ALGORITHMS:
        raise S3Error("InvalidRequest", "Value for x-amz-checksum-algorithm header is invalid.")
    return text.upper()


def _names_encryption(call: Call) -> bool:
    return any(name.startswith(b"x-amz-server-side-encryption") for name in call.request.fields)


def _document(record: ObjectRecord) -> bytes:
    fragments = [
        xml_out.element("LastModified", xml_out.timestamp(record.mtime_ms)),
        xml_out.element("ETag", f'"{record.etag}"'),
    ]
    if record.checksum is not None:
        shown = shown_checksum(record.checksum, record.body.part_count)
        fragments.append(xml_out.element(f"Checksum{record.checksum.algorithm}", shown))
        fragments.append(xml_out.element("ChecksumType", record.checksum.type))
    return xml_out.document("CopyObjectResult", fragments)


def _late_error(call: Call, error: S3Error) -> bytes:
    message = error.message if error.message is not None else ERRORS[error.code].message
    return xml_out.wrap(
        "Error",
        xml_out.element("Code", error.code),
        xml_out.element("Message", message),
        xml_out.element("RequestId", call.request.request_id),
    )
