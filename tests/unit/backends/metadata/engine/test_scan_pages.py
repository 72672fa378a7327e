from __future__ import annotations

import pytest

from photoncloud.backends.metadata.engine import scan_pages
from photoncloud.backends.metadata.engine.rocksdb_cursor import ChainCursor
from photoncloud.backends.metadata.engine.scan_pages import ScanPages, read_page


class Counting(ChainCursor):
    def __init__(self, revision: int = 5, start: bytes = b"b") -> None:
        super().__init__(revision, start, [], [])
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_a_cursor_is_taken_once() -> None:
    pages = ScanPages()
    cursor = Counting()
    pages.keep(cursor, b"z")
    assert pages.take(4, b"c", b"z") is None
    assert pages.take(5, b"c", b"y") is None
    assert pages.take(5, b"a", b"z") is None
    assert pages.take(5, b"c", b"z") is cursor
    assert pages.take(5, b"c", b"z") is None


def test_the_oldest_goes_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_pages, "KEPT_PAGES", 3)
    pages = ScanPages()
    cursors = [Counting() for _ in range(5)]
    for cursor in cursors:
        pages.keep(cursor, b"z")
    assert [cursor.is_closed for cursor in cursors] == [True, True, False, False, False]
    pages.clear()
    assert all(cursor.is_closed for cursor in cursors)


def test_abandoned_scans_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(scan_pages.time, "monotonic", lambda: now)
    pages = ScanPages()
    old, young = Counting(), Counting()
    pages.keep(old, b"z")
    now = 130.0
    pages.keep(young, b"z")
    now = 100.0 + scan_pages.KEPT_PAGE_SEC
    pages.drop_old()
    assert (old.is_closed, young.is_closed) == (True, False)


def test_an_empty_page() -> None:
    page = read_page(Counting(), b"b", 10, False, False)
    assert (page.items, page.more, page.count, page.revision) == ((), False, 0, 5)
