"""Cursors over RocksDB iterators: a range may cross families, and rows of an unpublished batch are taken back."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Any, NamedTuple

from photoncloud.backends.metadata.engine.rocksdb_files import unreadable
from photoncloud.backends.metadata.engine.rocksdb_rows import unpack_row
from photoncloud.backends.metadata.port import KeyValue


class Segment(NamedTuple):
    """A part of a range that lies in one family: `start <= key < bound` (None = open)."""

    slot: int
    start: bytes
    bound: bytes | None


def segments(slot_of: list[int], start: bytes, bound: bytes | None) -> list[Segment]:
    """Cut a range where the family changes, in key order; neighbours in one family stay together."""
    if bound is not None and bound <= start:
        return []
    last = 255 if bound is None else bound[0] - (len(bound) == 1)
    found: list[Segment] = []
    for first_byte in range(start[0], last + 1):
        slot = slot_of[first_byte]
        if found and found[-1].slot == slot:
            continue
        at = start if not found else bytes((first_byte,))
        if found:
            found[-1] = found[-1]._replace(bound=at)
        found.append(Segment(slot, at, bound))
    return found


class ChainCursor:
    """The port's `Cursor` over one iterator per segment; the iterators already show the right state."""

    def __init__(self, revision: int, start: bytes, parts: list[Segment], iterators: list[Any]) -> None:
        self.revision = revision
        self.start = start
        self._parts = parts
        self._iterators = iterators
        self._index = 0
        self._is_fresh = True

    def seek(self, key: bytes) -> KeyValue | None:
        self._is_fresh = False
        key = max(key, self.start)
        for index, part in enumerate(self._parts):
            if part.bound is None or key < part.bound:
                return self._seek_in(index, max(key, part.start))
        self._index = len(self._parts)
        return None

    def next(self) -> KeyValue | None:
        if self._is_fresh:
            return self.seek(self.start)
        if self._index >= len(self._parts):
            return None
        iterator = self._iterators[self._index]
        iterator.next()
        if iterator.valid():
            return unpack_row(iterator.key(), iterator.value())
        return self._leave(iterator)

    def take(self, count: int) -> list[KeyValue]:
        rows: list[KeyValue] = []
        while len(rows) < count and (row := self.next()) is not None:
            rows.append(row)
        return rows

    def close(self) -> None:
        self._iterators = []
        self._parts = []

    def __enter__(self) -> ChainCursor:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _seek_in(self, index: int, key: bytes) -> KeyValue | None:
        self._index = index
        iterator = self._iterators[index]
        iterator.seek(key)
        if iterator.valid():
            return unpack_row(iterator.key(), iterator.value())
        return self._leave(iterator)

    def _leave(self, iterator: Any) -> KeyValue | None:
        """The segment is read to its end (or damaged): go on in the next one."""
        try:
            iterator.status()
        except Exception as error:
            raise unreadable(error) from error
        self._index += 1
        if self._index >= len(self._parts):
            return None
        return self._seek_in(self._index, self._parts[self._index].start)


class RestoringCursor:
    """A cursor whose iterators also see a batch that is not published: `replaced` holds the rows before it."""

    def __init__(self, inner: ChainCursor, replaced: Mapping[bytes, bytes | None]) -> None:
        self.revision = inner.revision
        self.start = inner.start
        self._inner = inner
        self._replaced = replaced
        self._keys = sorted(key for key, old in replaced.items() if old is not None)
        self._restored = [unpack_row(key, replaced[key] or b"") for key in self._keys]
        self._at = 0
        self._ahead: KeyValue | None = None
        self._is_fresh = True

    def seek(self, key: bytes) -> KeyValue | None:
        self._is_fresh = False
        self._at = bisect_left(self._keys, max(key, self.start))
        self._ahead = self._skip(self._inner.seek(key))
        return self.next()

    def next(self) -> KeyValue | None:
        if self._is_fresh:
            return self.seek(self.start)
        ahead = self._ahead
        if self._at < len(self._keys) and (ahead is None or self._keys[self._at] < ahead.key):
            self._at += 1
            return self._restored[self._at - 1]
        if ahead is not None:
            self._ahead = self._skip(self._inner.next())
        return ahead

    def take(self, count: int) -> list[KeyValue]:
        rows: list[KeyValue] = []
        while len(rows) < count and (row := self.next()) is not None:
            rows.append(row)
        return rows

    def close(self) -> None:
        self._inner.close()
        self._keys = []
        self._ahead = None

    def __enter__(self) -> RestoringCursor:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _skip(self, row: KeyValue | None) -> KeyValue | None:
        while row is not None and row.key in self._replaced:
            row = self._inner.next()
        return row
