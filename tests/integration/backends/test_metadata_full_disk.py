"""A disk that runs full: writes are refused, reads and deletes work, and it recovers without a restart."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from photoncloud.backends.metadata import registry
from photoncloud.backends.metadata.port import OPEN_END, Delete, OutOfSpace, Put
from photoncloud.testkit.disk import can_mount, fill, small_filesystem

MIB = 1 << 20
SIZE = 160 * MIB
RESERVE = 32 * MIB
LOW = 16 * MIB


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    if not can_mount(tmp_path):
        pytest.skip("this process may not mount a small file system")
    with small_filesystem(tmp_path / "disk", SIZE) as directory:
        yield directory


async def open_store(adapter: str, directory: Path, failures: list[Exception]) -> Any:
    return await registry.adapter(adapter)(
        directory / "store", reserve_bytes=RESERVE, low_space_bytes=LOW, on_failure=failures.append
    )


async def write_for_ever(store: Any) -> None:
    for number in range(10_000):
        await store.txn((), [Put(b"k%05d/%d" % (number, part), os.urandom(50_000)) for part in range(5)])


@pytest.mark.parametrize("adapter", ["rocksdb", "sqlite"])
async def test_the_store_fills_the_disk_itself(adapter: str, disk: Path) -> None:
    failures: list[Exception] = []
    store = await open_store(adapter, disk, failures)
    reserve = disk / "store" / "reserve"
    assert reserve.stat().st_blocks * 512 >= RESERVE
    with pytest.raises(OutOfSpace):
        await write_for_ever(store)
    written = (await store.scan(b"k", OPEN_END, count_only=True)).count // 5
    assert written > 50
    assert not reserve.exists()
    assert "no space" in store.status()
    with pytest.raises(OutOfSpace):
        await store.put(b"small", b"v")
    assert (await store.get(b"k00000/0")) is not None
    for number in range(written):
        await store.txn((), [Delete(b"k%05d/" % number, b"k%05d0" % number)])
    assert (await store.scan(b"k", OPEN_END, count_only=True)).count == 0
    revision = (await store.scan(b"k", OPEN_END, count_only=True)).revision
    assert not failures
    await store.close()
    again = await open_store(adapter, disk, failures)
    assert (await again.scan(b"k", OPEN_END, count_only=True)).revision == revision
    await again.close()


@pytest.mark.parametrize("adapter", ["rocksdb", "sqlite"])
async def test_somebody_else_fills_the_disk_and_makes_room_again(adapter: str, disk: Path) -> None:
    failures: list[Exception] = []
    store = await open_store(adapter, disk, failures)
    await store.put(b"a", b"1")
    ballast = fill(disk)
    with pytest.raises(OutOfSpace):
        await store.put(b"b", b"2")
    assert not (disk / "store" / "reserve").exists()
    assert (await store.get(b"a")).value == b"1"
    assert (await store.delete(b"a")).deleted == 1
    ballast.unlink()
    await store.put(b"b", b"2")
    assert (disk / "store" / "reserve").exists()
    assert store.status() == "ok"
    assert not failures
    await store.close()


async def test_a_batch_that_meets_the_full_disk_waits_for_the_reserve(disk: Path) -> None:
    """The guard looks before each batch; this one fills the disk in between, so that RocksDB itself fails."""
    failures: list[Exception] = []
    store = await registry.adapter("rocksdb")(
        disk / "store", reserve_bytes=64 * MIB, low_space_bytes=0, on_failure=failures.append
    )
    await store.put(b"a", b"1")
    fill(disk)
    for number in range(40):  # the log has some room allocated in advance
        await store.put(b"k%d" % number, os.urandom(MIB // 2))
        if not (disk / "store" / "reserve").exists():
            break
    assert (await store.get(b"k%d" % number)).mod_revision == number + 3
    assert "no space" in store.status()
    with pytest.raises(OutOfSpace):
        await store.put(b"later", b"")
    assert (await store.delete(b"a")).deleted == 1
    assert not failures
    await store.close()
