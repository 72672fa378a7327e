"""What readers see: the state at one revision, whatever the committer is writing at this moment.

Point reads use the snapshots of `Published`, which the committer replaces with one assignment after each durable
batch. `rocksdict` ignores a snapshot when it makes an iterator, so cursors are made differently: an iterator shows the
database as of its creation; if a batch was written but is not durable yet, the cursor lays the rows that batch
replaced over it. `Visibility.lock` orders the creation of iterators and the writing of batches.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

from photoncloud.backends.metadata.engine.rocksdb_cursor import ChainCursor, RestoringCursor, Segment, segments
from photoncloud.backends.metadata.engine.rocksdb_files import RocksdbFiles, is_missing, unreadable
from photoncloud.backends.metadata.engine.rocksdb_history import Change
from photoncloud.backends.metadata.engine.rocksdb_rows import unpack_row
from photoncloud.backends.metadata.port import KeyValue
from photoncloud.backends.metadata.prefixes import contains, upper_bound


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


class Visibility:
    """Shared by the committer, which changes it under `lock`, and by readers on any thread."""

    def __init__(self, files: RocksdbFiles, revision: int) -> None:
        self.lock = threading.Lock()
        self.published = Published(revision, tuple(files.snapshot(slot) for slot in range(len(files.getters))))
        self.in_flight: Sequence[tuple[int, list[Change]]] = ()
        """Changes of the batch that is written but not published."""

    def cursor(self, files: RocksdbFiles, start: bytes, end: bytes) -> ChainCursor | RestoringCursor:
        """A cursor before the first row of a range at the published revision."""
        parts = segments(files.slot_of, start, upper_bound(start, end))
        with self.lock:
            revision = self.published.revision
            in_flight = self.in_flight
            iterators = [files.iterator(*part) for part in parts]
        cursor = ChainCursor(revision, start, parts, iterators)
        if not in_flight:
            return cursor
        replaced: dict[bytes, bytes | None] = {}
        for _, changes in in_flight:
            for key, _, old in changes:
                if contains(start, end, key):
                    replaced.setdefault(key, old)
        return RestoringCursor(cursor, replaced) if replaced else cursor


def newest_rows(files: RocksdbFiles, start: bytes, end: bytes) -> ChainCursor:
    """A cursor over everything written: the committer's own view between two batches."""
    parts: list[Segment] = segments(files.slot_of, start, upper_bound(start, end))
    return ChainCursor(0, start, parts, [files.iterator(*part) for part in parts])
