"""Pages of a scan, and the cursors kept so that its next page reads the same snapshot.

Without history an old revision can be read only through an iterator made at that time. A scan that was cut by its
limit leaves its cursor here; the next page takes it out, so no two pages ever share one.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from photoncloud.backends.metadata.engine.rocksdb_cursor import ChainCursor, RestoringCursor
from photoncloud.backends.metadata.port import KeyValue, Page

KEPT_PAGES = 64  # scans in progress; the oldest starts over when there are more
KEPT_PAGE_SEC = 60.0  # an abandoned scan must not pin old data for ever

PageCursor = ChainCursor | RestoringCursor


class _Kept(NamedTuple):
    since: float
    cursor: PageCursor
    end: bytes


class ScanPages:
    """Cursors of scans in progress, oldest first. Used on the loop only."""

    def __init__(self) -> None:
        self._kept: list[_Kept] = []

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, revision: int, start: bytes, end: bytes) -> PageCursor | None:
        """The cursor of a scan at `revision` that reached `start`, or None."""
        for index, kept in enumerate(self._kept):
            if kept.cursor.revision == revision and kept.end == end and kept.cursor.start <= start:
                return self._kept.pop(index).cursor
        return None

    def keep(self, cursor: PageCursor, end: bytes) -> None:
        self._kept.append(_Kept(time.monotonic(), cursor, end))
        while len(self._kept) > KEPT_PAGES:
            self._kept.pop(0).cursor.close()

    def drop_old(self) -> None:
        """Give up scans nobody continued."""
        oldest = time.monotonic() - KEPT_PAGE_SEC
        while self._kept and self._kept[0].since <= oldest:
            self._kept.pop(0).cursor.close()

    def clear(self) -> None:
        for kept in self._kept:
            kept.cursor.close()
        self._kept.clear()


def read_page(cursor: PageCursor, start: bytes, limit: int, keys_only: bool, count_only: bool) -> Page:
    """The rows from `start` on; `limit` 0 = all."""
    items: list[KeyValue] = []
    count = 0
    row = cursor.seek(start)
    while row is not None:
        count += 1
        if 0 < limit < count and not count_only:
            return Page(tuple(items), True, count, cursor.revision)
        if not count_only:
            items.append(row._replace(value=b"") if keys_only else row)
        row = cursor.next()
    return Page(tuple(items), False, count, cursor.revision)
