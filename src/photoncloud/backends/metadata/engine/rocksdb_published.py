"""What readers see: one revision and a snapshot per family, all of the same consistent cut.

The committer makes a new `Published` after each durable batch and swaps it in with one assignment; a reader takes the
reference once and reads from it. Snapshots may be used and dropped on any thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from photoncloud.backends.metadata.engine.rocksdb_files import RocksdbFiles, is_missing
from photoncloud.backends.metadata.engine.rocksdb_rows import unpack_row
from photoncloud.backends.metadata.errors import BackendUnavailable
from photoncloud.backends.metadata.port import KeyValue
from photoncloud.backends.metadata.prefixes import upper_bound
from photoncloud.runtime.errors import describe


class Published(NamedTuple):
    """`snapshots[slot]` show the state at `revision`; families that did not change keep an older snapshot."""

    revision: int
    snapshots: tuple[Any, ...]

    def get(self, files: RocksdbFiles, key: bytes) -> KeyValue | None:
        try:
            row = self.snapshots[files.slot_of[key[0]]][key]
        except Exception as error:
            if is_missing(error):
                return None
            raise unreadable(error) from error
        return unpack_row(key, row)


def unreadable(error: Exception) -> BackendUnavailable:
    """A read that RocksDB refused (damaged block, I/O error)."""
    return BackendUnavailable(f"read failed: {describe(error)}", maybe_applied=False)


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


def rows_from(files: RocksdbFiles, snapshots: tuple[Any, ...] | None, start: bytes, end: bytes) -> Iterator[KeyValue]:
    """Rows of a range in key order; `snapshots` None reads the newest state (the committer's view)."""
    for segment in segments(files.slot_of, start, upper_bound(start, end)):
        source = None if snapshots is None else snapshots[segment.slot]
        iterator = files.iterator(source, segment.slot, segment.start, segment.bound)
        iterator.seek(segment.start)
        while iterator.valid():
            yield unpack_row(iterator.key(), iterator.value())
            iterator.next()
        check(iterator)


def check(iterator: Any) -> None:
    """An iterator that ended because of damage is not at its end."""
    try:
        iterator.status()
    except Exception as error:
        raise unreadable(error) from error


class RocksdbCursor:
    """`Cursor` of one published state. Seeks reuse the iterator of the family they fall into."""

    def __init__(self, files: RocksdbFiles, published: Published, start: bytes, end: bytes) -> None:
        self.revision = published.revision
        self._files = files
        self._snapshots = published.snapshots
        self._start = start
        self._segments = segments(files.slot_of, start, upper_bound(start, end))
        self._iterators: dict[int, Any] = {}
        self._index = 0
        self._fresh = True

    def seek(self, key: bytes) -> KeyValue | None:
        self._fresh = False
        key = max(key, self._start)
        for index, segment in enumerate(self._segments):
            if segment.bound is None or key < segment.bound:
                return self._seek_in(index, max(key, segment.start))
        self._index = len(self._segments)
        return None

    def next(self) -> KeyValue | None:
        if self._fresh:
            return self.seek(self._start)
        if self._index >= len(self._segments):
            return None
        iterator = self._iterators[self._index]
        iterator.next()
        if iterator.valid():
            return unpack_row(iterator.key(), iterator.value())
        return self._leave(iterator)

    def take(self, count: int) -> list[KeyValue]:
        rows: list[KeyValue] = []
        while len(rows) < count:
            row = self.next()
            if row is None:
                break
            rows.append(row)
        return rows

    def close(self) -> None:
        self._iterators.clear()
        self._segments = []
        self._snapshots = ()
        self._index = 0

    def __enter__(self) -> RocksdbCursor:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _seek_in(self, index: int, key: bytes) -> KeyValue | None:
        self._index = index
        iterator = self._iterators.get(index)
        if iterator is None:
            segment = self._segments[index]
            snapshot = self._snapshots[segment.slot]
            iterator = self._files.iterator(snapshot, segment.slot, segment.start, segment.bound)
            self._iterators[index] = iterator
        iterator.seek(key)
        if iterator.valid():
            return unpack_row(iterator.key(), iterator.value())
        return self._leave(iterator)

    def _leave(self, iterator: Any) -> KeyValue | None:
        """The segment is read to its end: go on in the next one."""
        check(iterator)
        self._index += 1
        if self._index >= len(self._segments):
            return None
        return self._seek_in(self._index, self._segments[self._index].start)
