from __future__ import annotations

from pathlib import Path

import pytest

from photoncloud.backends.metadata.engine import sqlite_reads
from photoncloud.backends.metadata.engine.sqlite_keyspace import SqliteKeyspace
from photoncloud.backends.metadata.engine.sqlite_schema import open_reader, open_writer
from photoncloud.backends.metadata.mvcc import transaction
from photoncloud.backends.metadata.port import FutureRevision, Put


def test_one_read_is_one_snapshot_and_ends_its_transaction(tmp_path: Path) -> None:
    writer = open_writer(tmp_path)
    keyspace = SqliteKeyspace(writer)
    reader = open_reader(tmp_path)
    with sqlite_reads.snapshot(reader) as revision:
        transaction.apply(keyspace, (), [Put(b"k", b"v")])
        keyspace.advance()
        assert revision == 1
        assert sqlite_reads.get(reader, b"k") is None
    assert sqlite_reads.get(reader, b"k") is not None
    with pytest.raises(FutureRevision):
        sqlite_reads.read_page(reader, b"k", b"", 99, 0, False, False)
    assert not reader.in_transaction
    reader.close()
    writer.close()


def test_a_limited_page_counts_the_whole_range(tmp_path: Path) -> None:
    writer = open_writer(tmp_path)
    keyspace = SqliteKeyspace(writer)
    for number in range(5):
        transaction.apply(keyspace, (), [Put(b"k%d" % number, b"v")])
        keyspace.advance()
    page = sqlite_reads.read_page(writer, b"k", b"l", 0, 2, True, False)
    assert (len(page.items), page.more, page.count, page.items[0].value) == (2, True, 5, b"")
    old = sqlite_reads.read_page(writer, b"k", b"l", 4, 2, False, False)
    assert (len(old.items), old.more, old.count, old.revision) == (2, True, 3, 4)
    writer.close()
