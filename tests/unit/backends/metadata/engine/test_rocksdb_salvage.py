"""Rows of a damaged store: everything around the damage is read, and the gap says where something is missing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from photoncloud.backends.metadata.engine.rocksdb_files import Family
from photoncloud.backends.metadata.engine.rocksdb_salvage import DamagedStore, Gap, steps_beyond
from photoncloud.backends.metadata.port import KeyValue, Op, Put
from photoncloud.backends.metadata.rocksdb import open_rocksdb
from photoncloud.runtime.errors import PhotonError
from photoncloud.testkit.disk import flip

ROWS = 2000
FAMILIES = {ord("k"): Family("keys"), ord("z"): Family("others")}


@pytest.fixture
async def written(tmp_path: Path) -> Path:
    """A closed store: its rows lie in tables of many blocks."""
    store = await open_rocksdb(tmp_path / "store", families=FAMILIES, reserve_bytes=0, cache_bytes=1 << 20)
    for start in range(0, ROWS, 100):
        rows: list[Op] = [Put(b"k%05d" % number, os.urandom(100)) for number in range(start, start + 100)]
        await store.txn((), [*rows, Put(b"z%d" % start, b"other")])
    await store.close()
    return store.path


def read(path: Path, first: bytes = b"k") -> tuple[list[bytes], list[Gap]]:
    store = DamagedStore(path, FAMILIES)
    try:
        found = list(store.rows(first[0]))
    finally:
        store.close()
    return [row.key for row in found if isinstance(row, KeyValue)], [gap for gap in found if isinstance(gap, Gap)]


def table_of_keys(path: Path) -> Path:
    return max(path.glob("*.sst"), key=lambda file: file.stat().st_size)


async def test_a_sound_store_is_read_whole(written: Path) -> None:
    keys, gaps = read(written)
    assert keys == [b"k%05d" % number for number in range(ROWS)]
    assert gaps == []
    assert len(read(written, b"z")[0]) == ROWS // 100


async def test_values_come_as_they_were_written(tmp_path: Path) -> None:
    store = await open_rocksdb(tmp_path / "store", families=FAMILIES, reserve_bytes=0, cache_bytes=1 << 20)
    written = await store.put(b"k1", b"value")
    await store.close()
    salvaged = DamagedStore(store.path, FAMILIES)
    (row,) = salvaged.rows(ord("k"))
    assert salvaged.complaint == ""
    salvaged.close()
    assert (row.key, row.value, row.mod_revision) == (b"k1", b"value", written.revision)


@pytest.mark.parametrize("where", [0.0, 0.3, 0.6])
async def test_one_damaged_block_costs_its_rows_only(written: Path, where: float) -> None:
    table = table_of_keys(written)
    flip(table, int(table.stat().st_size * where) + 10)
    keys, gaps = read(written)
    assert len(gaps) == 1
    assert "checksum mismatch" in gaps[0].reason
    lost = sorted({b"k%05d" % number for number in range(ROWS)} - set(keys))
    assert 0 < len(lost) < 100, "a block has 4 KiB"
    assert gaps[0].after < lost[0]
    assert lost[-1] < gaps[0].before
    assert gaps[0].before in keys
    assert len(read(written, b"z")[0]) == ROWS // 100


async def test_two_damaged_blocks_far_apart(written: Path) -> None:
    table = table_of_keys(written)
    for part in (0.2, 0.7):
        flip(table, int(table.stat().st_size * part))
    keys, gaps = read(written)
    assert len(gaps) == 2
    assert len(keys) > ROWS - 200


async def test_a_log_damaged_in_the_middle_costs_one_block(tmp_path: Path) -> None:
    """RocksDB gives up the rest of a 32 KiB block whose checksum is wrong, and reads the following ones."""
    store = await open_rocksdb(tmp_path / "second", families=FAMILIES, reserve_bytes=0, cache_bytes=1 << 20)
    for number in range(400):
        await store.put(b"k%05d" % number, os.urandom(300))
    shutil.copytree(store.path, tmp_path / "crashed")
    await store.close()
    log = max((tmp_path / "crashed").glob("*.log"), key=lambda path: path.stat().st_size)
    flip(log, log.stat().st_size // 2)
    with pytest.raises(PhotonError):
        await open_rocksdb(tmp_path / "crashed", families=FAMILIES)
    salvaged = DamagedStore(tmp_path / "crashed", FAMILIES)
    keys = [row.key for row in salvaged.rows(ord("k")) if isinstance(row, KeyValue)]
    assert "Corruption" in salvaged.complaint or "damaged" in salvaged.complaint
    salvaged.close()
    assert 280 < len(keys) < 400
    assert b"k00000" in keys
    assert b"k00399" in keys


async def test_without_a_manifest_nothing_can_be_read(written: Path) -> None:
    next(written.glob("MANIFEST-*")).write_bytes(b"rubbish")
    with pytest.raises(PhotonError) as refused:
        DamagedStore(written, FAMILIES)
    assert refused.value.code == "metadata-corrupt"


@pytest.mark.parametrize("key", [b"k", b"k\xff\xff", b"kabc", b"k\x00"])
def test_steps_grow_and_stay_in_the_family(key: bytes) -> None:
    steps = list(steps_beyond(key))
    assert steps == sorted(set(steps))
    assert all(step > key and step[:1] == b"k" for step in steps)
