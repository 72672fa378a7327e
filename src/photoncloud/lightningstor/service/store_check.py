"""`fsck`: does every row mean what it says, and does every reference have its bytes?

One walk over the index and one over the blobs, with look-ups instead of sets, so memory does not grow with the store.
Damage of data is only ever reported: what is repaired is book-keeping (references, pointers, unreferenced files) that
can be derived from intact records. A version under lock is never touched.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from photoncloud.lightningstor.core import key_space, record_codec, version_id
from photoncloud.lightningstor.core.records import BucketRecord, ObjectRecord, Segment
from photoncloud.lightningstor.core.transaction import Delete, Put, Transaction
from photoncloud.lightningstor.core.versioning import body_target
from photoncloud.lightningstor.errors import StoreDamaged
from photoncloud.lightningstor.ports import BlobStore, HashPool, Index, Row

_PAGE_ROWS = 512
_CRC64 = frozenset({"CRC64NVME"})
_NULL = b"n"
_REFERENCES = (b"r", b"s")
FINDINGS_KEPT = 10_000
"""Findings kept for the report; all are counted."""

Progress = Callable[[str, int], None]
"""(what is being walked, how many so far)."""


class FindingKind(StrEnum):
    UNREADABLE = "unreadable-record"
    MISSING_BYTES = "missing-bytes"
    DAMAGED_BYTES = "damaged-bytes"
    TWO_HEADS = "two-heads"
    MISSING_REFERENCE = "missing-reference"
    DANGLING_REFERENCE = "dangling-reference"
    WRONG_NULL_POINTER = "wrong-null-pointer"
    MISSING_LIVES = "missing-lives-row"
    ORPHAN_BLOB = "orphan-blob"


REPAIRABLE = frozenset(
    {
        FindingKind.MISSING_REFERENCE,
        FindingKind.DANGLING_REFERENCE,
        FindingKind.WRONG_NULL_POINTER,
        FindingKind.ORPHAN_BLOB,
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """`where` names bucket and key, or the file; `repaired` whether this run mended it."""

    kind: FindingKind
    where: str
    detail: str
    repaired: bool


@dataclass(slots=True)
class CheckReport:
    """What was walked and what was found. `left` counts findings that are still there."""

    buckets: int = 0
    versions: int = 0
    uploads: int = 0
    blobs: int = 0
    bytes: int = 0
    repaired: int = 0
    left: int = 0
    findings: list[Finding] = field(default_factory=list)


class StoreCheck:
    """`deep` reads every byte; `repairs` mends what `REPAIRABLE` says. Orphans younger than `orphan_age_ns` stay."""

    def __init__(
        self,
        index: Index,
        blobs: BlobStore,
        hashes: HashPool,
        *,
        deep: bool,
        repairs: bool,
        now_ns: int,
        orphan_age_ns: int,
        progress: Progress,
    ) -> None:
        self._index = index
        self._blobs = blobs
        self._hashes = hashes
        self._deep = deep
        self._repairs = repairs
        self._now_ns = now_ns
        self._orphan_age_ns = orphan_age_ns
        self._progress = progress
        self.report = CheckReport()

    async def run(self) -> CheckReport:
        """Walk everything. Raises IndexUnavailable when the index itself cannot be read."""
        async for row in self._rows(*key_space.BUCKETS):
            bucket = await self._bucket(row)
            if bucket is not None:
                await self._versions(bucket)
                await self._uploads(bucket)
        await self._references()
        await self._files()
        return self.report

    # Findings.

    async def _found(self, kind: FindingKind, where: str, detail: str, *changes: Put | Delete) -> None:
        repaired = bool(changes) and self._repairs and kind in REPAIRABLE
        if repaired:
            await self._index.commit(Transaction((), changes))
        self._note(Finding(kind, where, detail, repaired))

    def _note(self, finding: Finding) -> None:
        if finding.repaired:
            self.report.repaired += 1
        else:
            self.report.left += 1
        if len(self.report.findings) < FINDINGS_KEPT:
            self.report.findings.append(finding)

    # Buckets and versions.

    async def _bucket(self, row: Row) -> BucketRecord | None:
        try:
            record = record_codec.decode_bucket(row.value)
        except StoreDamaged as damage:
            await self._found(FindingKind.UNREADABLE, f"bucket {row.key[2:].decode('utf-8', 'replace')}", damage.what)
            return None
        self.report.buckets += 1
        if await self._index.get(key_space.lives(record.id)) is None:
            await self._found(FindingKind.MISSING_LIVES, f"bucket {record.name}", "a deletion stopped half-way")
        return record

    async def _versions(self, bucket: BucketRecord) -> None:
        for family in (key_space.CURRENT, key_space.MARKER, key_space.VERSION):
            async for row in self._rows(*key_space.bucket_rows(family, bucket.id)):
                await self._version(bucket, family, row)
        async for row in self._rows(*key_space.bucket_rows(_NULL, bucket.id)):
            await self._null_pointer(bucket, row)

    async def _version(self, bucket: BucketRecord, family: bytes, row: Row) -> None:
        place = row.key[1:-8] if family == key_space.VERSION else row.key[1:]
        where = f"{bucket.name}/{_key_text(place)}"
        try:
            record = record_codec.decode_object(row.value)
        except StoreDamaged as damage:
            await self._found(FindingKind.UNREADABLE, where, damage.what)
            return
        self.report.versions += 1
        self._progress("versions", self.report.versions)
        where += f" (version {version_id.text(record.sequence, record.version_tail)})" if bucket.versioning else ""
        if family == key_space.MARKER and await self._index.get(key_space.current(place)) is not None:
            await self._found(FindingKind.TWO_HEADS, where, "a current object and a delete marker at once")
        await self._body(where, place, record)

    async def _body(self, where: str, place: bytes, record: ObjectRecord) -> None:
        if record.body.kind == "inline":
            await self._inline(where, record)
            return
        target = body_target(record.body)
        if not target:
            return
        reference = key_space.reference(target, key_space.user_version(place, record.sequence))
        if await self._index.get(reference) is None:
            await self._found(FindingKind.MISSING_REFERENCE, where, "its bytes could be collected", Put(reference, b""))
        async for segment in self._segments(record):
            await self._segment(where, segment)

    async def _inline(self, where: str, record: ObjectRecord) -> None:
        row = await self._index.get(key_space.inline(record.body.id))
        if row is None:
            await self._found(FindingKind.MISSING_BYTES, where, "inline body is missing")
            return
        self.report.bytes += len(row.value)
        if record.encryption is not None:
            return  # opened only with its key; the frames prove themselves when it is read
        if len(row.value) != record.size:
            detail = f"inline body of {len(row.value)} bytes instead of {record.size}"
            await self._found(FindingKind.DAMAGED_BYTES, where, detail)
        elif self._deep and not self._is_intact(row.value, record.crc64nvme):
            await self._found(FindingKind.DAMAGED_BYTES, where, "inline body is not what was written")

    def _is_intact(self, content: bytes, crc64nvme: bytes) -> bool:
        return not crc64nvme or self._hashes.digest_now(_CRC64, content)["CRC64NVME"] == crc64nvme

    async def _segments(self, record: ObjectRecord) -> AsyncIterator[Segment]:
        if record.body.kind == "blob":
            yield Segment(record.body.id, 0, record.size)
            return
        async for row in self._rows(*key_space.body_segments(record.body.id)):
            for segment in record_codec.decode_segments(row.value).segments:
                yield segment

    async def _segment(self, where: str, segment: Segment) -> None:
        if segment.is_inline:
            if await self._index.get(key_space.inline(segment.blob)) is None:
                await self._found(FindingKind.MISSING_BYTES, where, "inline part is missing")
            return
        try:
            (await self._blobs.open(segment.blob)).close()
        except StoreDamaged as damage:
            await self._found(FindingKind.MISSING_BYTES, where, f"{damage.what} ({damage.where})")

    async def _null_pointer(self, bucket: BucketRecord, row: Row) -> None:
        place = row.key[1:]
        sequence = int.from_bytes(row.value, "big")
        if await self._index.get(key_space.version(place, sequence)) is None:
            where = f"{bucket.name}/{_key_text(place)}"
            await self._found(FindingKind.WRONG_NULL_POINTER, where, "it names no version", Delete(row.key))

    # Uploads.

    async def _uploads(self, bucket: BucketRecord) -> None:
        async for row in self._rows(*key_space.bucket_rows(key_space.UPLOAD, bucket.id)):
            where = f"{bucket.name}/ upload {row.key[-key_space.ID_BYTES :].hex()}"
            try:
                record_codec.decode_upload(row.value)
            except StoreDamaged as damage:
                await self._found(FindingKind.UNREADABLE, where, damage.what)
                continue
            self.report.uploads += 1
            async for part_row in self._rows(*key_space.parts(row.key[-key_space.ID_BYTES :])):
                await self._part(where, part_row)

    async def _part(self, where: str, row: Row) -> None:
        number = key_space.part_number(row.key)
        try:
            part = record_codec.decode_part(row.value)
        except StoreDamaged as damage:
            await self._found(FindingKind.UNREADABLE, f"{where} part {number}", damage.what)
            return
        if part.body.kind == "blob":
            await self._segment(f"{where} part {number}", Segment(part.body.id, 0, part.size))
        elif part.body.kind == "inline":
            await self._segment(f"{where} part {number}", Segment(part.body.id, 0, part.size, True))

    # References and files.

    async def _references(self) -> None:
        count = 0
        async for row in self._rows(*_REFERENCES):
            count += 1
            self._progress("references", count)
            user = row.key[2 + key_space.ID_BYTES :]
            if not await self._has_user(user):
                detail = "its user is gone: the bytes would never be collected"
                target = row.key[1 : 2 + key_space.ID_BYTES]
                candidate = Put(key_space.candidate(self._now_ns // 1_000_000, target), b"")
                await self._found(FindingKind.DANGLING_REFERENCE, target.hex(), detail, Delete(row.key), candidate)

    async def _has_user(self, user: bytes) -> bool:
        if user[:1] == b"v":
            place, sequence = user[1:-8], int.from_bytes(user[-8:], "big")
            if await self._index.get(key_space.version(place, sequence)) is not None:
                return True
            head = await self._index.get(key_space.current(place))
            return head is not None and record_codec.decode_object(head.value).sequence == sequence
        body, number = user[1:-2], int.from_bytes(user[-2:], "big")
        if await self._index.get(key_space.part(body, number)) is not None:
            return True
        return await self._index.get(key_space.segments(body, 0)) is not None

    async def _files(self) -> None:
        async for blob, size, mtime_ns in self._blobs.list():
            self.report.blobs += 1
            self.report.bytes += size
            self._progress("blobs", self.report.blobs)
            owners = [row async for row in self._rows(*key_space.references(key_space.TARGET_BLOB + blob))]
            if not owners:
                await self._orphan(blob, mtime_ns)
            elif self._deep:
                await self._verify(blob, owners)

    async def _orphan(self, blob: bytes, mtime_ns: int) -> None:
        if self._now_ns - mtime_ns < self._orphan_age_ns:
            return  # an upload that is about to be committed, or one the collector will find
        if self._repairs:
            await self._blobs.delete(blob)
        self._note(Finding(FindingKind.ORPHAN_BLOB, blob.hex(), "no version refers to it", self._repairs))

    async def _verify(self, blob: bytes, owners: list[Row]) -> None:
        try:
            await self._blobs.verify(blob)
        except StoreDamaged as damage:
            users = ", ".join(_user_text(row.key[2 + key_space.ID_BYTES :]) for row in owners[:3])
            await self._found(FindingKind.DAMAGED_BYTES, damage.where, f"{damage.what}; used by {users}")

    async def _rows(self, start: bytes, end: bytes) -> AsyncIterator[Row]:
        cursor = await self._index.cursor(start, end)
        try:
            while rows := await cursor.take(_PAGE_ROWS):
                for row in rows:
                    yield row
        finally:
            cursor.close()


def _key_text(place: bytes) -> str:
    return key_space.unescape(place[key_space.BUCKET_ID_BYTES :]).decode("utf-8", "replace")


def _user_text(user: bytes) -> str:
    return _key_text(user[1:-8]) if user[:1] == b"v" else f"part of upload {user[1:-2].hex()}"
