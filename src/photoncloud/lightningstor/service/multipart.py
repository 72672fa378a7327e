"""Multipart uploads: create, complete, abort, list parts. Parts themselves are `part_uploads`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import quote

from photoncloud.lightningstor.core import checksum, key_space, listing, multipart_rules, record_codec, xml_in, xml_out
from photoncloud.lightningstor.core.http_message import Reply
from photoncloud.lightningstor.core.multipart_rules import ChecksumChoice, no_such_upload
from photoncloud.lightningstor.core.object_headers import (
    ReplyHeaders,
    attributes,
    encryption_headers,
    shown_checksum,
    version_header,
)
from photoncloud.lightningstor.core.plan_complete import UploadRow, body_rows, completed_record, plan_complete
from photoncloud.lightningstor.core.plan_put import PutPlan, needs_null_version
from photoncloud.lightningstor.core.plan_upload import plan_abort
from photoncloud.lightningstor.core.preconditions import write_conditions
from photoncloud.lightningstor.core.records import Checksum, ObjectRecord, PartRecord, UploadRecord
from photoncloud.lightningstor.core.transaction import Compare, Put, Transaction
from photoncloud.lightningstor.core.version_id import NULL_REF, VersionRef
from photoncloud.lightningstor.core.versioning import Head, Place
from photoncloud.lightningstor.errors import CommitLost, S3Error
from photoncloud.lightningstor.ports import Row
from photoncloud.lightningstor.service.bucket_directory import Bucket
from photoncloud.lightningstor.service.call import Call, Handler
from photoncloud.lightningstor.service.collaborators import Collaborators, bucket_of
from photoncloud.lightningstor.service.commits import WriteOptions, write_options
from photoncloud.lightningstor.service.documents import xml_reply
from photoncloud.lightningstor.service.new_object import lock_of, owner_of
from photoncloud.lightningstor.service.upload_rows import UploadRows, choice_of

COMPLETE_DOCUMENT_LIMIT_BYTES = 4 * 1024 * 1024
"""10,000 parts with ETag and checksum need some 2.5 MiB, more than other documents may have."""
_RANDOM_ID_BYTES = 8
_SCAN_ROWS = 256


class _Repeated(Exception):
    """The upload was completed before, with this very part list, and its version still exists."""

    def __init__(self, record: ObjectRecord) -> None:
        super().__init__()
        self.record = record


class Multipart:
    def __init__(self, around: Collaborators, uploads: UploadRows) -> None:
        self._around = around
        self._uploads = uploads

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateMultipartUpload": self.create,
            "CompleteMultipartUpload": self.complete,
            "AbortMultipartUpload": self.abort_upload,
            "ListParts": self.list_parts,
        }

    # Create.

    async def create(self, call: Call) -> Reply:
        request = call.request
        choice = multipart_rules.checksum_choice(
            call.header("x-amz-checksum-algorithm"), call.header("x-amz-checksum-type")
        )
        own = attributes(request.fields, request.headers)
        owner = owner_of(self._around, call)
        lock = lock_of(call, has_digest=True)
        key = self._around.keys.for_new_body(call)
        upload_id = multipart_rules.new_upload_id(call.now_ns, self._around.stores.random_bytes(_RANDOM_ID_BYTES))
        principal = call.authorised.principal
        record = UploadRecord(
            upload_id=upload_id.hex(),
            key=call.key,
            initiated_ms=call.now_ns // 1_000_000,
            initiator_arn=principal.arn or principal.canonical_id,
            initiator_name=principal.user_name or principal.display_name,
            owner=owner.id,
            owner_name=owner.name,
            checksum_algorithm=choice.algorithm,
            checksum_type=choice.type,
            headers=own.headers,
            metadata=own.metadata,
            tags=own.tags,
            grants=owner.grants,
            encryption=None if key is None else key.record,
            lock=lock,
            storage_class=own.storage_class,
            redirect=own.redirect,
        )

        async def plan(place: Place) -> Transaction:
            row = key_space.upload(place.rows, upload_id)
            compares = (Compare(key_space.lives(place.bucket_id), place.lives_revision), Compare(row, 0))
            return Transaction(compares, (Put(row, record_codec.encode(record)),))

        durability = write_options(call).durability
        await self._uploads.change(bucket_of(call), call.key, plan, durability)
        return self._created(call, record)

    def _created(self, call: Call, record: UploadRecord) -> Reply:
        headers: ReplyHeaders = [xml_out.CONTENT_TYPE]
        if record.checksum_algorithm:
            headers.append((b"x-amz-checksum-algorithm", record.checksum_algorithm.encode("ascii")))
            headers.append((b"x-amz-checksum-type", record.checksum_type.encode("ascii")))
        if record.encryption is not None:
            headers += encryption_headers(record.encryption)
        headers += self._around.expiry.abort_headers(bucket_of(call), call.key, record.initiated_ms)
        document = xml_out.document(
            "InitiateMultipartUploadResult",
            [
                xml_out.element("Bucket", call.bucket_name),
                xml_out.element("Key", call.key),
                xml_out.element("UploadId", record.upload_id),
            ],
        )
        return Reply(200, headers, document)

    # Complete.

    async def complete(self, call: Call) -> Reply:
        conditions = write_conditions(call.request.fields)
        limit = COMPLETE_DOCUMENT_LIMIT_BYTES
        document = await self._around.intake.document(call, limit=limit, ignores_checksum=True)
        asked = multipart_rules.parse_complete(xml_in.parse(document, _COMPLETE_ROOTS, limit))
        text = call.query.get("uploadId", "")
        upload_id = multipart_rules.parse_upload_id(text)
        parts_digest = multipart_rules.parts_digest(asked)
        events = self._around.events(call, "s3:ObjectCreated:CompleteMultipartUpload", call.key)

        async def plan(place: Place, head: Head) -> PutPlan:
            state = await self._uploads.state(place.rows, upload_id)
            if state is None:
                raise await self._finished(place, upload_id, parts_digest)
            chosen = multipart_rules.chosen_parts(asked, state.parts, choice_of(state.upload.record), text)
            draft = self._finished_record(call, state.upload, chosen)
            null = await self._around.reader.noncurrent_null(place.rows) if needs_null_version(place, head) else None
            return plan_complete(
                place,
                head,
                null,
                state.upload,
                draft,
                body_rows(upload_id, chosen),
                parts_digest,
                self._around.commits.draw(),
                conditions=conditions,
                events=events,
            )

        options = write_options(call, is_conditional=conditions.is_conditional)
        try:
            record = (await self._around.commits.change(bucket_of(call), call.key, plan, options)).record
        except _Repeated as repeated:
            record = repeated.record
        return self._completed(call, record, options)

    async def _finished(self, place: Place, upload_id: bytes, parts_digest: bytes) -> Exception:
        """Why there is no such upload: a repeated Complete, or NoSuchUpload."""
        row = await self._around.index.get(key_space.completed(upload_id))
        if row is not None:
            done = record_codec.decode_completed(row.value)
            if done.place == place.rows and done.parts_digest == parts_digest:
                ref = VersionRef(done.sequence, done.version_tail) if done.version_tail else NULL_REF
                found = await self._around.reader.find(place.rows, ref)
                if found is not None and found.record.upload_id == upload_id.hex():
                    return _Repeated(found.record)
        return no_such_upload(upload_id.hex())

    def _finished_record(self, call: Call, upload: UploadRow, parts: list[PartRecord]) -> ObjectRecord:
        multipart_rules.check_object_size(call.header("x-amz-mp-object-size"), sum(part.size for part in parts))
        value, crc64nvme = self._checksums(choice_of(upload.record), parts)
        _check_sent_checksum(call, value)
        etag = multipart_rules.multipart_etag(parts)
        return completed_record(upload, parts, etag, value, crc64nvme, call.request.request_id)

    def _checksums(self, choice: ChecksumChoice, parts: list[PartRecord]) -> tuple[Checksum, bytes]:
        """The object's checksum and its CRC64NVME, from those of the parts; no byte is read."""
        hashes = self._around.stores.hashes
        crc64nvme = hashes.combine("CRC64NVME", [(part.crc64nvme, part.size) for part in parts])
        algorithm = choice.algorithm or "CRC64NVME"
        if algorithm == "CRC64NVME":
            return Checksum(algorithm, "FULL_OBJECT", crc64nvme), crc64nvme
        values = [b"" if part.checksum is None else part.checksum.value for part in parts]
        if choice.type == "FULL_OBJECT":
            sized = [(value, part.size) for value, part in zip(values, parts, strict=True)]
            return Checksum(algorithm, "FULL_OBJECT", hashes.combine(algorithm, sized)), crc64nvme
        digest = hashes.digest_now(frozenset({algorithm}), b"".join(values))[algorithm]
        return Checksum(algorithm, "COMPOSITE", digest), crc64nvme

    def _completed(self, call: Call, record: ObjectRecord, options: WriteOptions) -> Reply:
        bucket = bucket_of(call)
        level = self._around.commits.effective(options.durability)
        headers: ReplyHeaders = [xml_out.CONTENT_TYPE, (b"x-photon-durability", level.encode("ascii"))]
        if bucket.record.versioning:
            headers.append(version_header(record))
        if record.encryption is not None:
            headers += encryption_headers(record.encryption)
        expiration = self._around.expiry.header(bucket, call.key, record)
        if expiration is not None:
            headers.append((b"x-amz-expiration", expiration.encode("latin-1")))
        fragments = [
            xml_out.element("Location", _location(call)),
            xml_out.element("Bucket", call.bucket_name),
            xml_out.element("Key", call.key),
            xml_out.element("ETag", f'"{record.etag}"'),
        ]
        if record.checksum is not None:
            shown = shown_checksum(record.checksum, record.body.part_count)
            fragments.append(xml_out.element(f"Checksum{record.checksum.algorithm}", shown))
            fragments.append(xml_out.element("ChecksumType", record.checksum.type))
        return Reply(200, headers, xml_out.document("CompleteMultipartUploadResult", fragments))

    # Abort.

    async def abort_upload(self, call: Call) -> Reply:
        upload_id = multipart_rules.parse_upload_id(call.query.get("uploadId", ""))
        await self.abort(bucket_of(call), call.key, upload_id)
        return Reply(204)

    async def abort(self, bucket: Bucket, key: bytes, upload_id: bytes) -> None:
        """End an upload; its parts are collected. Raises S3Error NoSuchUpload."""

        async def plan(place: Place) -> Transaction:
            upload = await self._uploads.get(place.rows, upload_id)
            if upload is None:
                raise no_such_upload(upload_id.hex())
            return plan_abort(place.rows, upload)

        await self._uploads.change(bucket, key, plan)

    async def abort_all(self, bucket: Bucket) -> None:
        """Abort every unfinished upload of a bucket that takes no writes any more."""
        async with aclosing(self._upload_rows(bucket)) as rows:
            async for row in rows:
                place, upload_id = row.key[len(key_space.UPLOAD) : -key_space.ID_BYTES], row.key[-key_space.ID_BYTES :]
                upload = UploadRow(record_codec.decode_upload(row.value), row.revision, upload_id)
                try:
                    await self._around.index.commit(plan_abort(place, upload))
                except CommitLost:
                    continue  # somebody else aborted it

    async def _upload_rows(self, bucket: Bucket) -> AsyncGenerator[Row, None]:
        cursor = await self._around.index.cursor(*key_space.bucket_rows(key_space.UPLOAD, bucket.record.id))
        try:
            while rows := await cursor.take(_SCAN_ROWS):
                for row in rows:
                    yield row
        finally:
            cursor.close()

    # Parts.

    async def list_parts(self, call: Call) -> Reply:
        limit, echo = listing.page_limit(call.query.get("max-parts"), "max-parts")
        marker = _part_marker(call.query.get("part-number-marker"))
        upload = await self._uploads.of_call(call)
        record = upload.record
        cursor = await self._around.index.cursor(*key_space.parts(upload.id))
        try:
            await cursor.seek(key_space.part(upload.id, marker) + b"\0")
            rows = await cursor.take(limit + 1)
        finally:
            cursor.close()
        shown = [record_codec.decode_part(row.value) for row in rows[:limit]]
        fragments = [
            xml_out.element("Bucket", call.bucket_name),
            xml_out.element("Key", call.key),
            xml_out.element("UploadId", record.upload_id),
            xml_out.owner(record.initiator_arn, record.initiator_name, name="Initiator"),
            xml_out.owner(record.owner, record.owner_name),
            xml_out.element("StorageClass", record.storage_class),
            xml_out.element("PartNumberMarker", marker),
            xml_out.element("NextPartNumberMarker", shown[-1].number if shown else 0),
            xml_out.element("MaxParts", echo),
            xml_out.element("IsTruncated", limit > 0 and len(rows) > limit),
        ]
        if record.checksum_algorithm:
            fragments.append(xml_out.element("ChecksumAlgorithm", record.checksum_algorithm))
            fragments.append(xml_out.element("ChecksumType", record.checksum_type))
        fragments += [_part_shown(part) for part in shown]
        reply = xml_reply(xml_out.document("ListPartsResult", fragments))
        reply.headers += self._around.expiry.abort_headers(bucket_of(call), call.key, record.initiated_ms)
        return reply


_COMPLETE_ROOTS = ("CompleteMultipartUpload", "CompleteMultipartUploadRequest")


def _check_sent_checksum(call: Call, value: Checksum) -> None:
    """A checksum header speaks of the whole object, when the upload was created FULL_OBJECT with that algorithm."""
    sent = call.header(checksum.ALGORITHMS[value.algorithm].header)
    if sent is not None and value.type == "FULL_OBJECT" and sent != checksum.encode(value.value):
        raise S3Error("BadDigest", f"The {value.algorithm} you specified did not match the calculated checksum.")


def _location(call: Call) -> str:
    scheme = "https" if call.request.secure else "http"
    host = (call.header("host") or "localhost").replace("<", "").replace(">", "")
    return f"{scheme}://{host}/{quote(call.bucket_name)}/{quote(call.key, safe='/~')}"


def _part_marker(text: str | None) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        fields = {"ArgumentName": "part-number-marker", "ArgumentValue": text}
        message = "Provided part-number-marker not an integer or within integer range"
        raise S3Error("InvalidArgument", message, fields=fields)
    return min(int(text), multipart_rules.PART_NUMBER_MAX)


def _part_shown(part: PartRecord) -> bytes:
    fragments = [
        xml_out.element("PartNumber", part.number),
        xml_out.element("LastModified", xml_out.timestamp(part.mtime_ms)),
        xml_out.element("ETag", f'"{part.etag}"'),
        xml_out.element("Size", part.size),
    ]
    if part.checksum is not None:
        text = checksum.encode(part.checksum.value)
        fragments.append(xml_out.element(f"Checksum{part.checksum.algorithm}", text))
    return xml_out.wrap("Part", *fragments)
