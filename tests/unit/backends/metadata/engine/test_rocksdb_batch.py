from __future__ import annotations

from typing import Any

import pytest

from photoncloud.backends.metadata.engine.rocksdb_batch import BatchKeyspace
from photoncloud.backends.metadata.engine.rocksdb_files import REVISION_KEY, RocksdbFiles
from photoncloud.backends.metadata.engine.rocksdb_rows import unpack_number
from photoncloud.backends.metadata.port import (
    OPEN_END,
    Compare,
    Delete,
    Get,
    KeyValue,
    Page,
    Put,
    Range,
    Relation,
    Target,
    Txn,
    TxnResult,
    Unsupported,
    Written,
    absent,
    modified_at,
)


@pytest.fixture
def keyspace(files: RocksdbFiles) -> BatchKeyspace:
    return BatchKeyspace(files, 1)


def write(files: RocksdbFiles, keyspace: BatchKeyspace) -> None:
    files.database.write(keyspace.write_batch())
    keyspace.begin()


def test_later_transactions_of_a_batch_see_earlier_ones(files: RocksdbFiles, keyspace: BatchKeyspace) -> None:
    assert keyspace.run([absent(b"k")], [Put(b"k", b"1")], ()).succeeded
    assert not keyspace.run([absent(b"k")], [Put(b"k", b"2")], ()).succeeded
    assert keyspace.run([modified_at(b"k", 2)], [Put(b"k", b"3")], ()).revision == 3
    assert files.getters[files.slot_of[ord("k")]](b"k") is None
    assert [revision for revision, _ in keyspace.changed] == [2, 3]
    write(files, keyspace)
    assert keyspace.get(b"k") == KeyValue(b"k", b"3", 2, 3, 2)
    assert unpack_number(files._meta.get(REVISION_KEY))[0] == 3


def test_a_lost_transaction_contributes_nothing(keyspace: BatchKeyspace) -> None:
    keyspace.run([modified_at(b"k", 7)], [Put(b"k", b"1")], [Get(b"k")])
    assert keyspace.changed == []
    assert keyspace.revision == 1


def test_only_changed_families_are_dirty(files: RocksdbFiles, keyspace: BatchKeyspace) -> None:
    keyspace.run([absent(b"other")], [Put(b"k", b"1"), Get(b"x")], ())
    assert keyspace.dirty_slots() == {files.slot_of[ord("k")]}


def test_the_flat_and_the_general_path_mean_the_same(files: RocksdbFiles, keyspace: BatchKeyspace) -> None:
    operations = [Put(b"k", b"2", 0, True), Delete(b"gone", b"", True), Delete(b"never"), Get(b"k")]
    keyspace.run((), [Put(b"k", b"1"), Put(b"gone", b"1")], ())
    flat = keyspace.run([absent(b"x")], operations, ())
    other = BatchKeyspace(files, 1)
    other.run((), [Put(b"k", b"1"), Put(b"gone", b"1")], ())
    general = other.run([Compare(b"x", Target.MOD, Relation.EQUAL, 0, b"y")], operations, ())
    assert flat == general
    assert keyspace.changed == other.changed


def test_a_branch_that_turns_out_to_need_ranges_starts_anew(keyspace: BatchKeyspace) -> None:
    """The nested compare must see the state before the put in front of it."""
    result = keyspace.run([absent(b"z")], [Put(b"k", b"1"), Txn([absent(b"k")], [Put(b"k2", b"then")])], ())
    assert result.responses == (Written(2), TxnResult(True, 2, (Written(2),)))
    assert len(keyspace.changed) == 1


def test_ranges_read_database_and_batch_in_order(files: RocksdbFiles, keyspace: BatchKeyspace) -> None:
    keyspace.run((), [Put(key, b"old") for key in (b"a", b"k1", b"k2", b"k3", b"z")], ())
    write(files, keyspace)
    keyspace.run((), [Delete(b"k1"), Put(b"k2", b"new"), Put(b"k15", b"new")], ())
    page = keyspace.run((), [Range(b"\0", OPEN_END)], ()).responses[0]
    assert isinstance(page, Page)
    assert [(row.key, row.value) for row in page.items] == [
        (b"a", b"old"),
        (b"k15", b"new"),
        (b"k2", b"new"),
        (b"k3", b"old"),
        (b"z", b"old"),
    ]


def test_a_failed_read_leaves_no_trace(keyspace: BatchKeyspace, monkeypatch: pytest.MonkeyPatch) -> None:
    keyspace.run((), [Put(b"k", b"1")], ())

    def broken(key: bytes) -> bytes | None:
        raise OSError("damaged block")

    monkeypatch.setattr(keyspace, "_getters", [broken, broken])
    operations: list[Any] = [Put(b"k", b"2"), Put(b"k9", b"2")]
    with pytest.raises(OSError):
        keyspace.run((), operations, ())
    assert keyspace.get(b"k") == KeyValue(b"k", b"1", 2, 2, 1)
    assert len(keyspace.changed) == 1
    assert keyspace.run((), [Get(b"k")], ()).revision == 2


def test_leases_are_refused_on_both_paths(keyspace: BatchKeyspace) -> None:
    for operations in ([Put(b"a", b""), Put(b"k", b"", 1)], [Put(b"a", b""), Txn((), [Put(b"k", b"", 1)])]):
        with pytest.raises(Unsupported):
            keyspace.run((), operations, ())
    assert keyspace.get(b"a") is None
    assert keyspace.changed == []
