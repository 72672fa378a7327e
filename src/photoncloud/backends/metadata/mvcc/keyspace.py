"""The in-memory key space with full history: the reference every engine is compared with.

Per key the rows ever written since the last compaction, in order; a tombstone is a row with version 0. `compact(r)`
keeps for each key the newest row at or below r, drops keys deleted before r and keeps a tombstone exactly at r.
"""

from __future__ import annotations

from bisect import bisect_left, insort

from photoncloud.backends.metadata.errors import Compacted, FutureRevision
from photoncloud.backends.metadata.port import Event, KeyValue
from photoncloud.backends.metadata.prefixes import contains, upper_bound

FIRST_REVISION = 1  # of a store nothing was written to yet


class MemoryKeyspace:
    """Rows, revisions and the log of events. `store` and `remove` belong to the running transaction; `commit` ends it.

    `compact_revision` is what callers are told; rows are dropped by `drop_history`, which may lag behind it.
    """

    def __init__(self) -> None:
        self.revision = FIRST_REVISION
        self.compact_revision = -1
        self._keys: list[bytes] = []
        self._rows: dict[bytes, list[KeyValue]] = {}
        self._log: list[tuple[int, tuple[Event, ...]]] = []
        self.leases: set[int] = set()

    def get(self, key: bytes) -> KeyValue | None:
        rows = self._rows.get(key)
        return rows[-1] if rows and rows[-1].version else None

    def get_at(self, key: bytes, revision: int) -> KeyValue | None:
        """The row as of `revision`; the caller checked it with `check_revision`."""
        for row in reversed(self._rows.get(key, ())):
            if row.mod_revision <= revision:
                return row if row.version else None
        return None

    def range(
        self, start: bytes, end: bytes, *, limit: int = 0, keys_only: bool = False, count_only: bool = False
    ) -> tuple[tuple[KeyValue, ...], int]:
        return self.range_at(start, end, 0, limit=limit, keys_only=keys_only, count_only=count_only)

    def range_at(
        self,
        start: bytes,
        end: bytes,
        revision: int,
        *,
        limit: int = 0,
        keys_only: bool = False,
        count_only: bool = False,
    ) -> tuple[tuple[KeyValue, ...], int]:
        """Rows and total count as of `revision` (0 = the newest state)."""
        items: list[KeyValue] = []
        count = 0
        for key in self._keys_in(start, end):
            row = self.get_at(key, revision) if revision else self.get(key)
            if row is None:
                continue
            count += 1
            if not count_only and (not limit or count <= limit):
                items.append(row._replace(value=b"") if keys_only else row)
        return tuple(items), count

    def first_at(self, start: bytes, end: bytes, revision: int) -> KeyValue | None:
        """The first row of a range as of `revision`."""
        stop = upper_bound(start, end)
        index = bisect_left(self._keys, start)
        while index < len(self._keys) and (stop is None or self._keys[index] < stop):
            row = self.get_at(self._keys[index], revision)
            if row is not None:
                return row
            index += 1
        return None

    def has_lease(self, lease: int) -> bool:
        return lease in self.leases

    def store(self, current: KeyValue, previous: KeyValue | None) -> None:
        rows = self._rows.get(current.key)
        if rows is None:
            self._rows[current.key] = [current]
            insort(self._keys, current.key)
        else:
            rows.append(current)

    def remove(self, previous: KeyValue) -> None:
        self._rows[previous.key].append(KeyValue(previous.key, b"", 0, self.revision + 1, 0))

    def commit(self, events: tuple[Event, ...]) -> None:
        """Make the changes of the running transaction the newest revision."""
        self.revision += 1
        self._log.append((self.revision, events))

    def check_revision(self, revision: int) -> None:
        """Refuse a read at a revision that is gone or not there yet; 0 and below mean "now"."""
        if revision > self.revision:
            raise FutureRevision(revision, self.revision)
        if 0 < revision < self.compact_revision:
            raise Compacted(self.compact_revision)

    def compact(self, revision: int) -> None:
        """Declare history before `revision` gone. Raises Compacted (already) and FutureRevision."""
        if revision <= self.compact_revision:
            raise Compacted(self.compact_revision)
        if revision > self.revision:
            raise FutureRevision(revision, self.revision)
        self.compact_revision = revision

    def drop_history(self, revision: int) -> None:
        """Forget what no read at or above `revision` can see. Costs one step per logged change."""
        keep = bisect_left(self._log, revision + 1, key=lambda entry: entry[0])
        touched = {event.current.key for _, events in self._log[:keep] for event in events}
        for key in touched:
            self._drop_rows(key, revision)
        del self._log[: bisect_left(self._log, revision, key=lambda entry: entry[0])]

    def events_since(
        self, start: bytes, end: bytes, revision: int, limit: int
    ) -> tuple[list[tuple[int, tuple[Event, ...]]], int]:
        """Up to `limit` revisions with events in the range from `revision` on, and the revision reached.

        Previous rows are older than the events; those at the compact revision have theirs no more.
        """
        found: list[tuple[int, tuple[Event, ...]]] = []
        first = bisect_left(self._log, revision, key=lambda entry: entry[0])
        for at, events in self._log[first:]:
            selected = tuple(event for event in events if contains(start, end, event.current.key))
            if selected:
                if at <= self.compact_revision:
                    selected = tuple(event._replace(previous=None) for event in selected)
                found.append((at, selected))
                if len(found) == limit:
                    return found, at
        return found, self.revision

    def _keys_in(self, start: bytes, end: bytes) -> list[bytes]:
        stop = upper_bound(start, end)
        first = bisect_left(self._keys, start)
        return self._keys[first : None if stop is None else max(first, bisect_left(self._keys, stop))]

    def _drop_rows(self, key: bytes, revision: int) -> None:
        rows = self._rows.get(key)
        if rows is None:
            return
        visible = 0
        while visible + 1 < len(rows) and rows[visible + 1].mod_revision <= revision:
            visible += 1
        newest = rows[visible]
        if not newest.version and newest.mod_revision < revision:
            visible += 1
        del rows[:visible]
        if not rows:
            del self._rows[key]
            del self._keys[bisect_left(self._keys, key)]
