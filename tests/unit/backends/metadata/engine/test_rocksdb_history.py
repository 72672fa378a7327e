from __future__ import annotations

import pytest

from photoncloud.backends.metadata.engine.rocksdb_history import History, events_of
from photoncloud.backends.metadata.engine.rocksdb_rows import pack_row
from photoncloud.backends.metadata.port import Compacted, Event, EventKind, KeyValue


def test_events_of_a_change() -> None:
    old, new = pack_row(2, 2, 1, b"old"), pack_row(2, 3, 2, b"new")
    before = KeyValue(b"k", b"old", 2, 2, 1)
    assert events_of(3, [(b"k", new, old)]) == (Event(EventKind.PUT, KeyValue(b"k", b"new", 2, 3, 2), before),)
    assert events_of(3, [(b"k", None, old)]) == (Event(EventKind.DELETE, KeyValue(b"k", b"", 0, 3, 0), before),)


def test_what_was_before_the_start_is_gone() -> None:
    history = History(10)
    assert history.since(b"k", b"l", 11, 5) == ([], 10)
    with pytest.raises(Compacted) as gone:
        history.since(b"k", b"l", 10, 5)
    assert gone.value.compact_revision == 11


def test_the_number_of_events_is_bounded() -> None:
    history = History(1, kept_events=10)
    for revision in range(2, 22):
        history.append(revision, [(b"k", pack_row(revision, revision, 1, b""), None)] * 2)
    assert history.compact_revision == 17
    found, reached = history.since(b"k", b"l", 17, 100)
    assert [revision for revision, _ in found] == [17, 18, 19, 20, 21]
    assert reached == 21
    with pytest.raises(Compacted):
        history.since(b"k", b"l", 16, 100)


def test_the_bytes_are_bounded() -> None:
    history = History(1, kept_bytes=10_000)
    for revision in range(2, 12):
        history.append(revision, [(b"k", b"\x02\x02\x01" + bytes(3000), None)])
    assert history.compact_revision == 9


def test_a_portion_ends_at_a_revision() -> None:
    history = History(1)
    for revision in range(2, 12):
        history.append(revision, [(b"k%d" % (revision % 2), pack_row(2, revision, 1, b""), None)])
    found, reached = history.since(b"k0", b"", 2, 2)
    assert [revision for revision, _ in found] == [2, 4]
    assert reached == 4
