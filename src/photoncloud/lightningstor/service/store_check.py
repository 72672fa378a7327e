"""`fsck`: does every row mean what it says, and does every reference have its bytes?

One walk over the index and one over the blobs, with look-ups instead of sets: memory grows only with the number of
buckets, of unfinished uploads and of what waits for the collector. Damage of data is only ever reported: what is
repaired is book-keeping (references, pointers, unreferenced files) that follows from intact records. A version is
never removed or changed, so nothing under lock can be.

Inline rows that no record mentions are not looked for: they cost space and nothing else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from photoncloud.lightningstor.core import key_space, record_codec, version_id
from photoncloud.lightningstor.core.records import BucketRecord, ObjectRecord, UploadRecord
from photoncloud.lightningstor.core.transaction import Delete, Put, Transaction
from photoncloud.lightningstor.errors import StoreDamaged
from photoncloud.lightningstor.ports import BlobStore, HashPool, Index, Row
from photoncloud.lightningstor.service.body_check import BodyCheck
from photoncloud.lightningstor.service.check_report import REPAIRABLE, CheckReport, Finding, FindingKind

_PAGE_ROWS = 512
_NULL = b"n"
_REFERENCES = (b"r", b"s")
_PARTS = (b"up", b"uq")
_CANDIDATES = (b"g", b"h")
_OWNERS_NAMED = 3

Progress = Callable[[str, int], None]
"""(what is being walked, how many so far)."""


class StoreCheck:
    """`deep` reads every byte; `repairs` mends what `repairable` says. Orphans younger than `orphan_age_ns` stay."""

    def __init__(
        self,
        index: Index,
        blobs: BlobStore,
        hashes: HashPool,
        *,
        deep: bool,
        repairs: bool,
        repairable: frozenset[FindingKind] = REPAIRABLE,
        now_ns: int,
        orphan_age_ns: int,
        progress: Progress,
    ) -> None:
        self._index = index
        self._blobs = blobs
        self._deep = deep
        self._repairable = repairable if repairs else frozenset()
        self._now_ns = now_ns
        self._orphan_age_ns = orphan_age_ns
        self._progress = progress
        self.report = CheckReport()
        self._bodies = BodyCheck(index, blobs, hashes, self._rows, self._found, self._count_bytes, deep=deep)
        self._buckets: dict[bytes, str] = {}
        """Id → name."""
        self._upload_ids: set[bytes] = set()

    async def run(self) -> CheckReport:
        """Walk everything. Raises IndexUnavailable when the index itself cannot be read."""
        async for row in self._rows(*key_space.BUCKETS):
            bucket = await self._bucket(row)
            if bucket is not None:
                await self._versions(bucket)
                await self._uploads(bucket)
        await self._strangers()
        await self._leftover_parts()
        await self._references()
        await self._files()
        return self.report

    async def _found(self, kind: FindingKind, where: str, detail: str, *changes: Put | Delete) -> None:
        is_repaired = bool(changes) and kind in self._repairable
        if is_repaired:
            await self._index.commit(Transaction((), changes))
        self.report.note(Finding(kind, where, detail, is_repaired))

    def _count_bytes(self, count: int) -> None:
        self.report.bytes += count

    # Buckets and versions.

    async def _bucket(self, row: Row) -> BucketRecord | None:
        try:
            record = record_codec.decode_bucket(row.value)
        except StoreDamaged as damage:
            await self._found(FindingKind.UNREADABLE, f"bucket {row.key[2:].decode('utf-8', 'replace')}", damage.what)
            return None
        self.report.buckets += 1
        self._buckets[record.id] = record.name
        lives = key_space.lives(record.id)
        if await self._index.get(lives) is None:
            detail = "its deletion stopped half-way"
            await self._found(FindingKind.MISSING_LIVES, f"bucket {record.name}", detail, Put(lives, b"\1"))
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
        if family == key_space.VERSION and not record.version_tail:
            await self._null_version(where, place, record)
        if record.kind == "object":
            await self._bodies.version(where, place, record)

    async def _null_version(self, where: str, place: bytes, record: ObjectRecord) -> None:
        """A noncurrent version without an id of its own is found through a pointer."""
        row = await self._index.get(key_space.null_version(place))
        if row is None or int.from_bytes(row.value, "big") != record.sequence:
            pointer = Put(key_space.null_version(place), record.sequence.to_bytes(8, "big"))
            await self._found(FindingKind.WRONG_NULL_POINTER, where, "nothing points to the null version", pointer)

    async def _null_pointer(self, bucket: BucketRecord, row: Row) -> None:
        place = row.key[1:]
        sequence = int.from_bytes(row.value, "big")
        if await self._index.get(key_space.version(place, sequence)) is None:
            where = f"{bucket.name}/{_key_text(place)}"
            await self._found(FindingKind.WRONG_NULL_POINTER, where, "it names no version", Delete(row.key))

    async def _strangers(self) -> None:
        """Rows of buckets that have no record: one finding a bucket and family."""
        for family in (key_space.CURRENT, key_space.MARKER, key_space.VERSION, key_space.UPLOAD):
            at, end = family, key_space.prefix_end(family)
            while at < end and (row := await self._first(at, end)) is not None:
                bucket_id = row.key[len(family) : len(family) + key_space.BUCKET_ID_BYTES]
                if bucket_id not in self._buckets:
                    detail = f"family {family.decode()} has rows of a bucket that has no record"
                    await self._found(FindingKind.UNKNOWN_BUCKET, f"bucket id {bucket_id.hex()}", detail)
                at = key_space.prefix_end(family + bucket_id)

    # Uploads.

    async def _uploads(self, bucket: BucketRecord) -> None:
        async for row in self._rows(*key_space.bucket_rows(key_space.UPLOAD, bucket.id)):
            upload_id = row.key[-key_space.ID_BYTES :]
            self._upload_ids.add(upload_id)
            where = f"{bucket.name}/ upload {upload_id.hex()}"
            try:
                upload = record_codec.decode_upload(row.value)
            except StoreDamaged as damage:
                await self._found(FindingKind.UNREADABLE, where, damage.what)
                continue
            self.report.uploads += 1
            async for part_row in self._rows(*key_space.parts(upload_id)):
                await self._part(where, upload_id, upload, part_row)

    async def _part(self, where: str, upload_id: bytes, upload: UploadRecord, row: Row) -> None:
        where += f" part {key_space.part_number(row.key)}"
        try:
            part = record_codec.decode_part(row.value)
        except StoreDamaged as damage:
            await self._found(FindingKind.UNREADABLE, where, damage.what)
            return
        await self._bodies.part(where, upload_id, part, is_sealed=upload.encryption is not None)

    async def _leftover_parts(self) -> None:
        """Parts of uploads that are over must wait for the collector, or nobody ever takes them away."""
        at, end = _PARTS
        while at < end and (row := await self._first(at, end)) is not None:
            upload_id = row.key[2 : 2 + key_space.ID_BYTES]
            cleanup = key_space.cleanup(upload_id)
            if upload_id not in self._upload_ids and await self._index.get(cleanup) is None:
                detail = "the upload is over and its parts do not wait for collection"
                where = f"upload {upload_id.hex()}"
                await self._found(FindingKind.LEFTOVER_PARTS, where, detail, Put(cleanup, b""))
            at = key_space.prefix_end(b"up" + upload_id)

    # References and files.

    async def _references(self) -> None:
        count = 0
        async for row in self._rows(*_REFERENCES):
            count += 1
            self._progress("references", count)
            user = row.key[2 + key_space.ID_BYTES :]
            if not await self._has_user(user):
                target = row.key[1 : 2 + key_space.ID_BYTES]
                detail = f"no record of it, but {_target_text(target)} is kept for it"
                candidate = Put(key_space.candidate(self._now_ns // 1_000_000, target), b"")
                where = self._user_text(user)
                await self._found(FindingKind.DANGLING_REFERENCE, where, detail, Delete(row.key), candidate)

    async def _has_user(self, user: bytes) -> bool:
        """Whether the user of a reference exists; an unreadable one does."""
        if user[:1] == b"v":
            place, sequence = user[1:-8], int.from_bytes(user[-8:], "big")
            if await self._index.get(key_space.version(place, sequence)) is not None:
                return True
            head = await self._index.get(key_space.current(place))
            try:
                return head is not None and record_codec.decode_object(head.value).sequence == sequence
            except StoreDamaged:
                return True
        body, number = user[1:-2], int.from_bytes(user[-2:], "big")
        if await self._index.get(key_space.part(body, number)) is not None:
            return True
        return await self._index.get(key_space.segments(body, 0)) is not None

    async def _files(self) -> None:
        waiting = await self._waiting_blobs()
        async for blob, size, mtime_ns in self._blobs.list():
            self.report.blobs += 1
            self.report.bytes += size
            self._progress("blobs", self.report.blobs)
            owners = [row async for row in self._rows(*key_space.references(key_space.TARGET_BLOB + blob))]
            if owners:
                if self._deep:
                    await self._verify(blob, owners)
            elif blob not in waiting and self._now_ns - mtime_ns >= self._orphan_age_ns:
                await self._orphan(blob)

    async def _waiting_blobs(self) -> set[bytes]:
        """Blobs whose last user is gone and which the collector will take."""
        targets = [key_space.candidate_parts(row.key)[1] async for row in self._rows(*_CANDIDATES)]
        return {target[1:] for target in targets if target[:1] == key_space.TARGET_BLOB}

    async def _orphan(self, blob: bytes) -> None:
        is_removed = FindingKind.ORPHAN_BLOB in self._repairable
        if is_removed:
            await self._blobs.delete(blob)
        self.report.note(Finding(FindingKind.ORPHAN_BLOB, blob.hex(), "no version refers to it", is_removed))

    async def _verify(self, blob: bytes, owners: list[Row]) -> None:
        try:
            await self._blobs.verify(blob)
        except StoreDamaged as damage:
            users = ", ".join(self._user_text(row.key[2 + key_space.ID_BYTES :]) for row in owners[:_OWNERS_NAMED])
            await self._found(FindingKind.DAMAGED_BYTES, damage.where, f"{damage.what}; used by {users}")

    def _user_text(self, user: bytes) -> str:
        """Who a reference is for: bucket and key, or a part."""
        if user[:1] != b"v":
            return f"part {int.from_bytes(user[-2:], 'big')} of upload {user[1:-2].hex()}"
        place = user[1:-8]
        bucket_id = place[: key_space.BUCKET_ID_BYTES]
        return f"{self._buckets.get(bucket_id, bucket_id.hex())}/{_key_text(place)}"

    async def _rows(self, start: bytes, end: bytes) -> AsyncIterator[Row]:
        cursor = await self._index.cursor(start, end)
        try:
            while rows := await cursor.take(_PAGE_ROWS):
                for row in rows:
                    yield row
        finally:
            cursor.close()

    async def _first(self, start: bytes, end: bytes) -> Row | None:
        cursor = await self._index.cursor(start, end)
        try:
            return next(iter(await cursor.take(1)), None)
        finally:
            cursor.close()


def _key_text(place: bytes) -> str:
    return key_space.unescape(place[key_space.BUCKET_ID_BYTES :]).decode("utf-8", "replace")


def _target_text(target: bytes) -> str:
    kind = "blob" if target[:1] == key_space.TARGET_BLOB else "multipart body"
    return f"{kind} {target[1:].hex()}"
