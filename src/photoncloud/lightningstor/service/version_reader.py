"""Finding versions of keys in the index: the head (through the cache), one named version, its neighbours."""

from __future__ import annotations

from typing import NamedTuple

from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.plan_delete import is_head
from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.core.version_id import VersionRef
from photoncloud.lightningstor.core.versioning import Head, StoredVersion
from photoncloud.lightningstor.errors import StoreDamaged
from photoncloud.lightningstor.ports import Index, Row
from photoncloud.lightningstor.service.head_cache import CachedHead, HeadCache

ABSENT = Head()


class Found(NamedTuple):
    """A version and the row it was read from, which a transaction may compare. `is_head`: it is the key's head."""

    record: ObjectRecord
    value: bytes
    row_key: bytes
    revision: int
    is_head: bool


class VersionReader:
    def __init__(self, index: Index, cache: HeadCache) -> None:
        self._index = index
        self._cache = cache

    async def cached(self, place: bytes) -> CachedHead:
        """The head of a key with what replies derive from it. Raises StoreDamaged, IndexUnavailable."""
        cache = self._cache
        entry = cache.get(place)
        if entry is not None:
            return entry
        epoch = cache.epoch
        return cache.put(place, await self._read_head(place), epoch)

    async def head(self, place: bytes) -> Head:
        return (await self.cached(place)).head

    async def _read_head(self, place: bytes) -> Head:
        """A key has a current object or a marker, never both; both rows come from one snapshot."""
        current, marker = await self._index.get_many((key_space.current(place), key_space.marker(place)))
        if current is not None:
            return Head(record_codec.decode_object(current.value), current.value, current_revision=current.revision)
        if marker is not None:
            return Head(record_codec.decode_object(marker.value), marker.value, marker_revision=marker.revision)
        return ABSENT

    async def find(self, place: bytes, ref: VersionRef | None) -> Found | None:
        """The version named, or with None the head (object or marker). None when there is no such version."""
        while True:
            head = await self.head(place)
            if head.record is not None and (ref is None or is_head(ref, head)):
                family = key_space.marker if head.is_marker else key_space.current
                revision = head.marker_revision if head.is_marker else head.current_revision
                return Found(head.record, head.value, family(place), revision, True)
            if ref is None or head.record is None:
                return None
            row = await self._noncurrent(place, ref)
            if row is not None:
                return Found(record_codec.decode_object(row.value), row.value, row.key, row.revision, False)
            if not await self._has_moved(place, head):
                return None

    async def _noncurrent(self, place: bytes, ref: VersionRef) -> Row | None:
        sequence = await self._null_sequence(place) if ref.is_null else ref.sequence
        if sequence is None:
            return None
        row = await self._index.get(key_space.version(place, sequence))
        if row is None or record_codec.decode_object(row.value).version_tail != ref.tail:
            return None
        return row

    async def _has_moved(self, place: bytes, seen: Head) -> bool:
        """Whether the head changed since `seen` was read: the version may have been promoted meanwhile."""
        now = await self.head(place)
        return (now.current_revision, now.marker_revision) != (seen.current_revision, seen.marker_revision)

    async def _null_sequence(self, place: bytes) -> int | None:
        row = await self._index.get(key_space.null_version(place))
        return None if row is None else int.from_bytes(row.value, "big")

    async def noncurrent_null(self, place: bytes) -> StoredVersion | None:
        """The null version while it is noncurrent. Consistent with a head whose revisions are compared later."""
        sequence = await self._null_sequence(place)
        if sequence is None:
            return None
        row = await self._index.get(key_space.version(place, sequence))
        if row is None:
            raise StoreDamaged("null version without its row", place.hex())
        return StoredVersion(record_codec.decode_object(row.value), row.value)

    async def noncurrent(self, place: bytes, ref: VersionRef) -> StoredVersion | None:
        row = await self._noncurrent(place, ref)
        return None if row is None else StoredVersion(record_codec.decode_object(row.value), row.value)

    async def newest_noncurrent(self, place: bytes) -> StoredVersion | None:
        """The version that takes over when the head is removed."""
        cursor = await self._index.cursor(*key_space.versions(place))
        try:
            rows = await cursor.take(1)
        finally:
            cursor.close()
        return StoredVersion(record_codec.decode_object(rows[0].value), rows[0].value) if rows else None
