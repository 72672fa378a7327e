"""All versions of a bucket in one order: key, then newest first, from the families `c`, `m` and `v` of one snapshot.

An escaped key is never a prefix of another, so ordering rows by their position (escaped key, and for noncurrent
versions the inverted sequence) puts a head right before the noncurrent versions of its key.
"""

from __future__ import annotations

from collections.abc import Sequence

from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.listing import Entry, Walk
from photoncloud.lightningstor.ports import Index, IndexCursor, Row

_FAMILIES = (key_space.CURRENT, key_space.MARKER, key_space.VERSION)
_CUT = 1 + key_space.BUCKET_ID_BYTES
_SEQUENCE_BYTES = 8
_END = b"\xff"
"""Above every position: keys are UTF-8."""


class _Source:
    """One family, read ahead in batches."""

    __slots__ = ("_at", "_cursor", "_is_head", "_rows", "position")

    def __init__(self, cursor: IndexCursor, *, is_head: bool) -> None:
        self._cursor = cursor
        self._rows: list[Row] = []
        self._at = 0
        self._is_head = is_head
        self.position = b""

    async def advance(self, count: int) -> None:
        """Stand on the next row, reading `count` more when none is left."""
        self._at += 1
        if self._at >= len(self._rows):
            self._rows = await self._cursor.take(max(count, 1))
            self._at = 0
        self.position = self._rows[self._at][0][_CUT:] if self._rows else _END

    async def seek(self, key: bytes, count: int) -> None:
        await self._cursor.seek(key)
        self._rows, self._at = [], 0
        await self.advance(count)

    def entry(self) -> Entry[bytes]:
        position, value = self.position, self._rows[self._at][1]
        if self._is_head:
            return Entry(position, key_space.unescape(position), MergedVersions.HEAD + value)
        key = key_space.unescape(position[:-_SEQUENCE_BYTES])
        return Entry(position, key, MergedVersions.NONCURRENT + value)

    def sequence(self) -> int:
        return record_codec.decode_object(self._rows[self._at][1]).sequence

    def close(self) -> None:
        self._cursor.close()


class MergedVersions:
    """Entries carry the record's bytes behind one byte: HEAD or NONCURRENT."""

    HEAD = b"h"
    NONCURRENT = b"n"

    def __init__(self, bucket_id: bytes, sources: Sequence[_Source], key: bytes, sequence: int | None) -> None:
        self._bucket_id = bucket_id
        self._sources = sources
        self._key = key
        self._sequence = sequence

    @classmethod
    async def open(
        cls, index: Index, bucket_id: bytes, prefix: bytes, key: bytes, sequence: int | None
    ) -> MergedVersions:
        """Versions of all keys with `prefix`. With `sequence`, of `key` only those older than it."""
        inside = bucket_id + key_space.escape_prefix(prefix)
        ranges = [(family + inside, key_space.prefix_end(family + inside)) for family in _FAMILIES]
        cursors = await index.cursors(ranges)
        sources = [
            _Source(cursor, is_head=family != key_space.VERSION)
            for family, cursor in zip(_FAMILIES, cursors, strict=True)
        ]
        return cls(bucket_id, sources, key, sequence)

    async def feed(self, walk: Walk[bytes]) -> None:
        """Run a walk to the end of its page."""
        position = walk.seek
        while True:
            if position is not None:
                await self._seek(position, walk.want)
            if not walk.feed(await self._take(walk.want)):
                return
            position = walk.seek

    async def _seek(self, position: bytes, count: int) -> None:
        resumes = self._sequence is not None and position == key_space.escape(self._key)
        for family, source in zip(_FAMILIES, self._sources, strict=True):
            inside = position
            if resumes and family == key_space.VERSION and self._sequence is not None:
                inside = position + key_space.inverted(self._sequence) + b"\0"
            await source.seek(family + self._bucket_id + inside, count)
            if resumes and source.position == position and source.sequence() >= (self._sequence or 0):
                await source.advance(count)

    async def _take(self, count: int) -> list[Entry[bytes]]:
        taken: list[Entry[bytes]] = []
        sources = self._sources
        while len(taken) < count:
            source = min(sources, key=_position)
            if source.position == _END:
                break
            taken.append(source.entry())
            await source.advance(count - len(taken))
        return taken

    def close(self) -> None:
        for source in self._sources:
            source.close()


def _position(source: _Source) -> bytes:
    return source.position
