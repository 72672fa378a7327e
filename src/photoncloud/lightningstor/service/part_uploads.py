"""Parts of uploads: UploadPart and UploadPartCopy."""

from __future__ import annotations

from photoncloud.lightningstor.core import checksum, multipart_rules, plan_copy, preconditions, xml_out
from photoncloud.lightningstor.core.http_message import Reply
from photoncloud.lightningstor.core.object_headers import ReplyHeaders, checksum_headers, encryption_headers
from photoncloud.lightningstor.core.plan_complete import UploadRow
from photoncloud.lightningstor.core.plan_upload import hold_of, plan_part
from photoncloud.lightningstor.core.records import Body, Checksum, PartRecord, Segment
from photoncloud.lightningstor.core.transaction import Compare, Transaction
from photoncloud.lightningstor.core.versioning import Place
from photoncloud.lightningstor.errors import OutOfSpace, S3Error, StoreDamaged
from photoncloud.lightningstor.service.body_digests import CRC64, MD5, BodyDigests
from photoncloud.lightningstor.service.body_intake import demands_of
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
from photoncloud.lightningstor.service.objects import publish
from photoncloud.lightningstor.service.sealed_body import BodyKey, open_body_key
from photoncloud.lightningstor.service.upload_rows import UploadRows, choice_of

_SOURCE_ATTEMPTS = 8
"""How often a copy follows a source that is overwritten under it."""


class PartUploads:
    def __init__(self, around: Collaborators, uploads: UploadRows, digests: BodyDigests) -> None:
        self._around = around
        self._uploads = uploads
        self._digests = digests

    def handlers(self) -> dict[str, Handler]:
        return {"UploadPart": self.upload_part, "UploadPartCopy": self.upload_part_copy}

    async def upload_part(self, call: Call) -> Reply:
        number = multipart_rules.part_number(call.query.get("partNumber", ""))
        upload = await self._uploads.of_call(call)
        choice = choice_of(upload.record)
        demands = demands_of(call)
        multipart_rules.check_part_checksum(choice, demands.algorithm)
        body = await self._around.intake.intake(
            call,
            required_algorithms=frozenset({choice.algorithm} if choice.algorithm else ()),
            encryption=self._key(call, upload),
            demands=demands,
        )
        part = _part_of(number, body)
        await self._store(call, upload, body, part)
        headers = _part_headers(self._around, call, part, upload)
        return Reply(200, [(b"etag", b'"%b"' % part.etag.encode("ascii")), *headers])

    def _key(self, call: Call, upload: UploadRow) -> BodyKey | None:
        """The upload's key, which every part is sealed with; SSE-C parts must bring it again."""
        customer = self._around.keys.customer_key(call)
        return open_body_key(self._around.stores.cipher, upload.record.encryption, customer)

    async def _store(self, call: Call, upload: UploadRow, body: StoredBody, part: PartRecord) -> None:
        """Publish a body and commit the part made of it; discards the body when the part was refused."""
        await publish(body)
        try:
            await self._commit(call, upload, part, inline=body.inline)
        except (S3Error, OutOfSpace):
            await body.discard()
            raise

    async def _commit(
        self,
        call: Call,
        upload: UploadRow,
        part: PartRecord,
        *,
        inline: bytes = b"",
        source: Source | None = None,
    ) -> None:
        is_retry = False

        async def plan(place: Place) -> Transaction:
            nonlocal is_retry
            if source is not None and is_retry and not await is_unmoved(self._around.index, source):
                raise SourceMoved
            is_retry = True
            current, old = await self._uploads.with_part(place.rows, upload.id, part.number)
            compares = () if source is None else (Compare(source.row_key, source.revision),)
            now_ms = self._around.commits.draw().clock.now_ms
            return plan_part(place, current, old, part, now_ms, inline=inline, compares=compares)

        durability = write_options(call).durability
        await self._uploads.change(bucket_of(call), call.key, plan, durability)

    # Copies.

    async def upload_part_copy(self, call: Call) -> Reply:
        """A slice of an object as a part. Bytes stay where they are unless one side is encrypted or they are few."""
        number = multipart_rules.part_number(call.query.get("partNumber", ""))
        upload = await self._uploads.of_call(call)
        assert call.source is not None, "the pipeline resolves copy sources"
        source = call.source
        for _ in range(_SOURCE_ATTEMPTS):
            try:
                part = await self._copy(call, upload, source, number)
            except StoreDamaged:
                if await is_unmoved(self._around.index, source):
                    raise
                source = await renewed_source(self._around.reader, source)
                continue
            except SourceMoved:
                source = await renewed_source(self._around.reader, source)
                continue
            return self._copied(call, upload, source, part)
        raise S3Error("SlowDown")

    async def _copy(self, call: Call, upload: UploadRow, source: Source, number: int) -> PartRecord:
        record = source.record
        conditions = preconditions.copy_conditions(call.request.fields)
        if conditions is not None:
            preconditions.check_read(conditions, record)
        offset, length = plan_copy.source_range(call.header("x-amz-copy-source-range"), record.size)
        customer = self._around.keys.source_customer_key(call)
        key = self._key(call, upload)
        choice = choice_of(upload.record)
        wanted = frozenset({choice.algorithm or CRC64})
        if key is not None or record.encryption is not None or record.body.kind == "inline":
            pieces = self._around.output.plain(record, offset, length, customer)
            body = await self._around.intake.store(pieces, length=length, algorithms=wanted, encryption=key)
            part = _part_of(number, body)
            await self._store(call, upload, body, part)
            return part
        digests = await self._digests.of_range(record, offset, length, wanted | {MD5, CRC64}, customer)
        part = await self._slice(source, number, offset, length, digests, choice.algorithm or CRC64)
        await self._commit(call, upload, part, source=source)
        return part

    async def _slice(
        self, source: Source, number: int, offset: int, length: int, digests: dict[str, bytes], algorithm: str
    ) -> PartRecord:
        """A part that refers to a run of the source's bytes; it keeps the source's blob or body from collection."""
        runs: list[Segment] = [run async for run in self._around.output.segments(source.record, offset, length)]
        return PartRecord(
            number=number,
            size=length,
            etag=digests[MD5].hex(),
            mtime_ms=0,
            body=Body(),
            segments=tuple(runs),
            checksum=Checksum(algorithm, "FULL_OBJECT", digests[algorithm]),
            crc64nvme=digests[CRC64],
            md5=digests[MD5],
            hold=hold_of(source.record.body) if length else b"",
        )

    def _copied(self, call: Call, upload: UploadRow, source: Source, part: PartRecord) -> Reply:
        now_ms = call.now_ns // 1_000_000
        fragments = [
            xml_out.element("LastModified", xml_out.timestamp(now_ms)),
            xml_out.element("ETag", f'"{part.etag}"'),
        ]
        if part.checksum is not None and upload.record.checksum_algorithm:
            fragments.append(_checksum_element(part.checksum))
        headers = _part_headers(self._around, call, None, upload)
        headers += source_version_header(source)
        return Reply(200, [*headers, xml_out.CONTENT_TYPE], xml_out.document("CopyPartResult", fragments))


def _part_of(number: int, body: StoredBody) -> PartRecord:
    return PartRecord(
        number=number,
        size=body.size,
        etag=body.etag,
        mtime_ms=0,
        body=body.body,
        checksum=body.checksum,
        crc64nvme=body.crc64nvme,
        md5=body.md5 or bytes.fromhex(body.etag),
        hold=hold_of(body.body),
    )


def _part_headers(around: Collaborators, call: Call, part: PartRecord | None, upload: UploadRow) -> ReplyHeaders:
    level = around.commits.effective(write_options(call).durability)
    headers: ReplyHeaders = [(b"x-photon-durability", level.encode("ascii"))]
    if part is not None:
        headers += checksum_headers(part.checksum, 0)[:1]
    if upload.record.encryption is not None:
        headers += encryption_headers(upload.record.encryption)
    return headers


def _checksum_element(value: Checksum) -> bytes:
    return xml_out.element(f"Checksum{value.algorithm}", checksum.encode(value.value))
