"""Whether the bytes a record speaks of are there, in full and (deep) as they were written.

Blobs are judged by their footer here and by every chunk in the walk over the files; inline bytes by their length and
(deep) their CRC. Bytes that need a customer's key prove themselves only when that customer reads them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.encryption_frames import BODY_ID_BYTES, plain_length
from photoncloud.lightningstor.core.plan_complete import part_segments
from photoncloud.lightningstor.core.records import Hold, ObjectRecord, PartRecord, Segment
from photoncloud.lightningstor.core.transaction import Put
from photoncloud.lightningstor.core.versioning import body_target
from photoncloud.lightningstor.errors import StoreDamaged
from photoncloud.lightningstor.ports import BlobStore, HashPool, Index
from photoncloud.lightningstor.service.check_report import FindingKind

_CRC64 = frozenset({"CRC64NVME"})
_UNPROTECTED = "its bytes could be collected"

Found = Callable[..., Awaitable[None]]
"""(kind, where, detail, *changes that would mend it)."""
Rows = Callable[[bytes, bytes], AsyncIterator[tuple[bytes, bytes, int]]]


class BodyCheck:
    """`found` takes what is wrong; `count_bytes` is told of inline bytes (blobs are counted file by file)."""

    def __init__(
        self,
        index: Index,
        blobs: BlobStore,
        hashes: HashPool,
        rows: Rows,
        found: Found,
        count_bytes: Callable[[int], None],
        *,
        deep: bool,
    ) -> None:
        self._index = index
        self._blobs = blobs
        self._hashes = hashes
        self._rows = rows
        self._found = found
        self._count_bytes = count_bytes
        self._deep = deep

    async def version(self, where: str, place: bytes, record: ObjectRecord) -> None:
        """Check the bytes of an object and the reference that keeps them from collection."""
        is_sealed = record.encryption is not None
        if record.body.kind == "inline":
            await self._inline(where, record.body.id, record.size, record.crc64nvme, is_sealed=is_sealed)
            return
        if target := body_target(record.body):
            await self._reference(where, target, key_space.user_version(place, record.sequence))
        if record.body.kind == "blob":
            whole = Segment(record.body.id, 0, record.size)
            await self._segment(where, whole, is_sealed=is_sealed, is_whole=True)
        elif record.body.kind == "multipart":
            await self._multipart(where, record, is_sealed=is_sealed)

    async def part(self, where: str, upload_id: bytes, part: PartRecord, *, is_sealed: bool) -> None:
        """Check the bytes of an unfinished part and the reference that keeps them."""
        await self._hold(where, upload_id, Hold(part.hold, part.number))
        if part.body.kind == "inline":
            await self._inline(where, part.body.id, part.size, part.crc64nvme, is_sealed=is_sealed)
            return
        for segment in part_segments(part):
            await self._segment(where, segment, is_sealed=is_sealed, is_whole=part.body.kind == "blob")

    async def _inline(self, where: str, body: bytes, size: int, crc64nvme: bytes, *, is_sealed: bool) -> None:
        row = await self._index.get(key_space.inline(body))
        if row is None:
            await self._found(FindingKind.MISSING_BYTES, where, "inline body is missing")
            return
        stored = len(row.value)
        self._count_bytes(stored)
        length = _plain(stored - BODY_ID_BYTES) if is_sealed and stored else stored
        if length != size:
            await self._found(FindingKind.DAMAGED_BYTES, where, f"inline body of {length} bytes instead of {size}")
        elif self._deep and not is_sealed and not self._is_intact(row.value, crc64nvme):
            await self._found(FindingKind.DAMAGED_BYTES, where, "inline body is not what was written")

    def _is_intact(self, content: bytes, crc64nvme: bytes) -> bool:
        return not crc64nvme or self._hashes.digest_now(_CRC64, content)["CRC64NVME"] == crc64nvme

    async def _multipart(self, where: str, record: ObjectRecord, *, is_sealed: bool) -> None:
        length = 0
        async for key, value, _ in self._rows(*key_space.body_segments(record.body.id)):
            try:
                row = record_codec.decode_segments(value)
            except StoreDamaged as damage:
                await self._found(FindingKind.UNREADABLE, where, f"row {key.hex()}: {damage.what}")
                return
            for segment in row.segments:
                length += segment.length
                await self._segment(where, segment, is_sealed=is_sealed, is_whole=False)
            for hold in row.holds:
                await self._hold(where, record.body.id, hold)
        if length != record.size:
            await self._found(FindingKind.MISSING_BYTES, where, f"its parts have {length} of {record.size} bytes")

    async def _hold(self, where: str, body: bytes, hold: Hold) -> None:
        if hold.target and hold.target[:1] != key_space.TARGET_INLINE:
            await self._reference(where, hold.target, key_space.user_part(body, hold.number))

    async def _reference(self, where: str, target: bytes, user: bytes) -> None:
        row = key_space.reference(target, user)
        if await self._index.get(row) is None:
            await self._found(FindingKind.MISSING_REFERENCE, where, _UNPROTECTED, Put(row, b""))

    async def _segment(self, where: str, segment: Segment, *, is_sealed: bool, is_whole: bool) -> None:
        """Whether a run of bytes is there; `is_whole`: it is all its blob has."""
        if segment.is_inline:
            row = await self._index.get(key_space.inline(segment.blob))
            if row is None:
                await self._found(FindingKind.MISSING_BYTES, where, "inline part is missing")
                return
            has = _plain(len(row.value) - BODY_ID_BYTES) if is_sealed else len(row.value)
        else:
            try:
                reader = await self._blobs.open(segment.blob)
            except StoreDamaged as damage:
                await self._found(FindingKind.MISSING_BYTES, where, f"{damage.what} ({damage.where})")
                return
            has = _plain(reader.size) if is_sealed else reader.size
            reader.close()
        end = segment.offset + segment.length
        if has != end if is_whole else has < end:
            detail = f"{segment.blob.hex()} has {has} bytes, {end} are needed"
            await self._found(FindingKind.DAMAGED_BYTES, where, detail)


def _plain(sealed: int) -> int:
    """Plain bytes of a sealed body; -1 when no body has that size."""
    try:
        return plain_length(sealed)
    except ValueError:
        return -1
