from __future__ import annotations

import pytest

from photoncloud.backends.metadata.engine.rocksdb_files import RocksdbFiles
from photoncloud.backends.metadata.engine.rocksdb_published import Published, Visibility, newest_rows
from photoncloud.backends.metadata.engine.rocksdb_rows import pack_row
from photoncloud.backends.metadata.port import OPEN_END, BackendUnavailable


def write(files: RocksdbFiles, key: bytes, row: bytes | None) -> None:
    batch = files.new_batch()
    handle = files.handles[files.slot_of[key[0]]]
    if row is None:
        batch.delete(key, handle)
    else:
        batch.put(key, row, handle)
    files.database.write(batch)


OLD, NEW = pack_row(2, 2, 1, b"old"), pack_row(2, 3, 2, b"new")


def test_a_cursor_takes_an_unpublished_batch_back(files: RocksdbFiles) -> None:
    for key in (b"a", b"k1", b"k2", b"z"):
        write(files, key, OLD)
    visibility = Visibility(files, 2)
    write(files, b"k1", NEW)
    write(files, b"k2", None)
    write(files, b"k3", NEW)
    visibility.in_flight = [(3, [(b"k1", NEW, OLD), (b"k2", None, OLD), (b"k3", NEW, None)])]
    with visibility.cursor(files, b"\0", OPEN_END) as cursor:
        assert [(row.key, row.value) for row in cursor.take(9)] == [(key, b"old") for key in (b"a", b"k1", b"k2", b"z")]
    with newest_rows(files, b"\0", OPEN_END) as newest:
        assert [row.key for row in newest.take(9)] == [b"a", b"k1", b"k3", b"z"]
    assert visibility.published.get(files, b"k1").value == b"old"  # type: ignore[union-attr]
    assert visibility.published.get(files, b"k3") is None


def test_a_key_changed_twice_goes_back_to_its_first_row(files: RocksdbFiles) -> None:
    write(files, b"k", OLD)
    visibility = Visibility(files, 2)
    write(files, b"k", None)
    visibility.in_flight = [(3, [(b"k", NEW, OLD)]), (4, [(b"k", None, NEW)])]
    with visibility.cursor(files, b"k", b"") as cursor:
        assert [row.value for row in cursor.take(2)] == [b"old"]


def test_a_batch_outside_the_range_costs_nothing(files: RocksdbFiles) -> None:
    write(files, b"k", OLD)
    visibility = Visibility(files, 2)
    visibility.in_flight = [(3, [(b"x", NEW, None)])]
    with visibility.cursor(files, b"k", b"l") as cursor:
        assert type(cursor).__name__ == "ChainCursor"


def test_damage_is_not_a_miss(files: RocksdbFiles) -> None:
    class Damaged:
        def __getitem__(self, key: bytes) -> bytes:
            raise Exception("Corruption: block checksum mismatch")

    with pytest.raises(BackendUnavailable):
        Published(2, (Damaged(), Damaged())).get(files, b"k")
