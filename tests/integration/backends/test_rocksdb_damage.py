"""Damaged and torn files of the RocksDB adapter: cut what was never acknowledged, refuse everything else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from photoncloud.backends.metadata.port import BackendUnavailable, Put
from photoncloud.backends.metadata.rocksdb import RocksdbMetadata, open_rocksdb
from photoncloud.runtime.errors import PhotonError
from photoncloud.testkit.disk import flip, tear

COMMITS = 300


async def open_store(directory: Path) -> RocksdbMetadata:
    return await open_rocksdb(directory, reserve_bytes=0, cache_bytes=1 << 20)


@pytest.fixture
async def crashed(tmp_path: Path) -> Path:
    """The directory of a store that was not closed: everything is in the log only."""
    store = await open_store(tmp_path / "store")
    for number in range(COMMITS):
        await store.put(b"k%04d" % number, os.urandom(200))
    shutil.copytree(store.path, tmp_path / "crashed")
    await store.close()
    return tmp_path / "crashed"


def log_of(directory: Path) -> Path:
    return max(directory.glob("*.log"), key=lambda path: path.stat().st_size)


def records(log: Path) -> list[int]:
    """Offsets of the log's records."""
    data = log.read_bytes()
    offsets, offset = [], 0
    while offset + 7 <= len(data):
        left = 32768 - offset % 32768
        if left < 7:
            offset += left
            continue
        offsets.append(offset)
        offset += 7 + int.from_bytes(data[offset + 4 : offset + 6], "little")
    return offsets


async def test_an_untouched_copy_has_every_commit(crashed: Path) -> None:
    store = await open_store(crashed)
    assert store.published_revision == COMMITS + 1
    await store.close()


@pytest.mark.parametrize("lost", [1, 5, 100, 230])
async def test_a_torn_tail_is_cut(crashed: Path, lost: int) -> None:
    tear(log_of(crashed), lost)
    store = await open_store(crashed)
    assert store.published_revision == COMMITS
    assert store.get_now(b"k%04d" % (COMMITS - 1)) is None
    assert store.get_now(b"k%04d" % (COMMITS - 2)) is not None
    await store.put(b"after", b"")
    await store.close()
    again = await open_store(crashed)
    assert again.published_revision == COMMITS + 1
    await again.close()


@pytest.mark.parametrize("record", [0, 3, 100, -40, -2, -1])
@pytest.mark.parametrize("field", ["checksum", "length low", "length high", "type", "data"])
async def test_damage_refuses_to_open(crashed: Path, record: int, field: str) -> None:
    """A flipped length in the last block would make RocksDB cut acknowledged commits without a word."""
    log = log_of(crashed)
    offset = {"checksum": 0, "length low": 4, "length high": 5, "type": 6, "data": 20}[field]
    flip(log, records(log)[record] + offset)
    with pytest.raises(PhotonError) as refused:
        await open_store(crashed)
    assert refused.value.code == "metadata-corrupt"


async def test_a_damaged_table_fails_reads_and_not_the_store(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "store")
    for number in range(50):
        await store.put(b"k%04d" % number, os.urandom(1000))
    await store.checkpoint(tmp_path / "copy")  # writes everything into tables
    await store.close()
    table = max((tmp_path / "copy").glob("*.sst"), key=lambda path: path.stat().st_size)
    flip(table, 2000)
    copy = await open_store(tmp_path / "copy")
    with pytest.raises(BackendUnavailable) as failed:
        [copy.get_now(b"k%04d" % number) for number in range(50)]
    assert not failed.value.maybe_applied
    with pytest.raises(BackendUnavailable):
        await copy.scan(b"k", b"l")
    with pytest.raises(BackendUnavailable) as refused:
        await copy.txn((), [Put(b"fresh", b"1"), *(Put(b"k%04d" % number, b"") for number in range(50))])
    assert not refused.value.maybe_applied
    assert copy.get_now(b"fresh") is None
    await copy.put(b"fresh", b"2")
    assert copy.status() == "ok"
    await copy.close()


async def test_a_checkpoint_opens_with_what_was_acknowledged(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "store")
    for number in range(20):
        await store.put(b"k%04d" % number, b"v")
    await store.checkpoint(tmp_path / "copy")
    await store.put(b"later", b"")
    copy = await open_store(tmp_path / "copy")
    assert copy.published_revision == 21
    assert (await copy.scan(b"k", b"l", count_only=True)).count == 20
    assert copy.get_now(b"later") is None
    await copy.close()
    with pytest.raises(PhotonError):
        await store.checkpoint(tmp_path / "copy")
    await store.close()
