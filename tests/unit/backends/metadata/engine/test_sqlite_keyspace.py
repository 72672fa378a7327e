"""The SQLite key space against the in-memory one: the same changes, the same readable history."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from photoncloud.backends.metadata.engine import sqlite_keyspace, sqlite_reads
from photoncloud.backends.metadata.engine.sqlite_keyspace import SqliteKeyspace
from photoncloud.backends.metadata.engine.sqlite_schema import open_writer
from photoncloud.backends.metadata.mvcc import transaction
from photoncloud.backends.metadata.mvcc.keyspace import MemoryKeyspace
from photoncloud.backends.metadata.port import OPEN_END, Delete, LeaseNotFound, LimitExceeded, Op, Put


@pytest.mark.parametrize("seed", range(3))
def test_equal_history_before_and_after_compaction(tmp_path: Path, seed: int) -> None:
    choose = random.Random(seed)
    connection = open_writer(tmp_path)
    ours, reference = SqliteKeyspace(connection), MemoryKeyspace()
    for step in range(60):
        keys = [b"k%d" % number for number in choose.sample(range(9), 3)]
        operations: list[Op] = [Put(keys[0], b"%d" % step), Delete(keys[1]), Delete(keys[2], keys[2] + b"x")]
        with connection:
            if transaction.apply(ours, (), operations).events:
                ours.advance()
        events = transaction.apply(reference, (), operations).events
        if events:
            reference.commit(events)
    assert ours.revision == reference.revision
    for bound in (0, 20, 45, reference.revision):
        if bound:
            ours.compact(bound)
            while ours.has_compaction:
                ours.compact_slice()
            reference.compact(bound)
            reference.drop_history(bound)
        for revision in range(max(bound, 1), reference.revision + 1):
            page = sqlite_reads.read_page(connection, b"\0", OPEN_END, revision, 0, False, False)
            assert (page.items, page.count) == reference.range_at(b"\0", OPEN_END, revision)
        since = max(bound, 1)
        found = sqlite_reads.read_events(connection, b"k", b"k6", since, 1000)
        assert found == reference.events_since(b"k", b"k6", since, 1000)
    connection.close()


def test_leases(tmp_path: Path) -> None:
    connection = open_writer(tmp_path)
    keyspace = SqliteKeyspace(connection)
    keyspace.add_lease(7, 30)
    assert keyspace.leases() == [(7, 30)]
    transaction.apply(keyspace, (), [Put(b"b", b"", 7), Put(b"a", b"", 7), Put(b"c", b"")])
    keyspace.advance()
    outcome = keyspace.revoke(7)
    assert [event.current.key for event in outcome.events] == [b"a", b"b"]
    assert not keyspace.has_lease(7)
    with pytest.raises(LeaseNotFound):
        keyspace.revoke(7)
    connection.close()


def test_changes_of_one_revision_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_keyspace, "MAX_CHANGES", 3)
    connection = open_writer(tmp_path)
    keyspace = SqliteKeyspace(connection)
    with pytest.raises(LimitExceeded):
        transaction.apply(keyspace, (), [Put(b"%d" % number, b"") for number in range(4)])
    connection.close()
