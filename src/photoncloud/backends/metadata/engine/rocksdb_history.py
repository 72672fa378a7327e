"""The last changes, kept in memory so that a watch can start a little in the past.

A change is (key, new row or None, old row or None) in the row format; events are made only for somebody who looks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from photoncloud.backends.metadata.engine.rocksdb_rows import unpack_row
from photoncloud.backends.metadata.errors import Compacted
from photoncloud.backends.metadata.port import Event, EventKind, KeyValue
from photoncloud.backends.metadata.prefixes import contains

KEPT_EVENTS = 10_000
KEPT_BYTES = 16 * 1024 * 1024  # rows may hold inline bodies; history must not become the largest thing in memory

Change = tuple[bytes, bytes | None, bytes | None]


def events_of(revision: int, changes: Sequence[Change]) -> tuple[Event, ...]:
    """The events of one revision, with previous rows."""
    return tuple(_event(revision, *change) for change in changes)


def _event(revision: int, key: bytes, row: bytes | None, old: bytes | None) -> Event:
    previous = None if old is None else unpack_row(key, old)
    if row is None:
        return Event(EventKind.DELETE, KeyValue(key, b"", 0, revision, 0), previous)
    return Event(EventKind.PUT, unpack_row(key, row), previous)


class History:
    """Changes after `compact_revision` - 1 ... `revision`, oldest dropped first."""

    def __init__(self, revision: int, *, kept_events: int = KEPT_EVENTS, kept_bytes: int = KEPT_BYTES) -> None:
        self.revision = revision
        self.compact_revision = revision + 1
        self._kept_events = kept_events
        self._kept_bytes = kept_bytes
        self._entries: deque[tuple[int, Sequence[Change], int]] = deque()
        self._events = 0
        self._bytes = 0

    def append(self, revision: int, changes: Sequence[Change]) -> None:
        size = 0
        for key, row, old in changes:
            size += len(key) + (len(row) if row else 0) + (len(old) if old else 0)
        self._entries.append((revision, changes, size))
        self._events += len(changes)
        self._bytes += size
        self.revision = revision
        while self._events > self._kept_events or self._bytes > self._kept_bytes:
            oldest, dropped, size = self._entries.popleft()
            self._events -= len(dropped)
            self._bytes -= size
            self.compact_revision = oldest + 1

    def since(
        self, start: bytes, end: bytes, revision: int, limit: int
    ) -> tuple[list[tuple[int, tuple[Event, ...]]], int]:
        """Up to `limit` revisions with events in the range, and the revision reached. Raises Compacted."""
        if revision < self.compact_revision:
            raise Compacted(self.compact_revision)
        found: list[tuple[int, tuple[Event, ...]]] = []
        for at, changes, _ in self._entries:
            if at < revision:
                continue
            selected = [change for change in changes if contains(start, end, change[0])]
            if selected:
                found.append((at, events_of(at, selected)))
                if len(found) == limit:
                    return found, at
        return found, self.revision
