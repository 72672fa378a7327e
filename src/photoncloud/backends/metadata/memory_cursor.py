"""A cursor over one revision of the in-memory key space."""

from __future__ import annotations

from collections import Counter

from photoncloud.backends.metadata.mvcc.keyspace import MemoryKeyspace
from photoncloud.backends.metadata.port import KeyValue


class MemoryCursor:
    """`pinned` counts the revisions cursors read: history they need is not dropped."""

    def __init__(self, keyspace: MemoryKeyspace, start: bytes, end: bytes, pinned: Counter[int]) -> None:
        self.revision = keyspace.revision
        self._keyspace = keyspace
        self._start = start
        self._end = end or start + b"\0"
        self._next: bytes | None = start
        self._pinned = pinned
        self._is_open = True
        pinned[self.revision] += 1

    def seek(self, key: bytes) -> KeyValue | None:
        self._next = max(key, self._start)
        return self.next()

    def next(self) -> KeyValue | None:
        if self._next is None or not self._is_open:
            return None
        row = self._keyspace.first_at(self._next, self._end, self.revision)
        self._next = None if row is None else row.key + b"\0"
        return row

    def take(self, count: int) -> list[KeyValue]:
        rows: list[KeyValue] = []
        while len(rows) < count and (row := self.next()) is not None:
            rows.append(row)
        return rows

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._pinned[self.revision] -= 1
            if not self._pinned[self.revision]:
                del self._pinned[self.revision]

    def __enter__(self) -> MemoryCursor:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
