"""What is the adapter's own; the contract itself is in tests/conformance."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from photoncloud.backends.metadata import rocksdb
from photoncloud.backends.metadata.engine import scan_pages
from photoncloud.backends.metadata.port import (
    BackendUnavailable,
    Compacted,
    Durability,
    LimitExceeded,
    Limits,
    Put,
)
from photoncloud.backends.metadata.rocksdb import Family, open_rocksdb


async def test_the_directory_is_private_and_the_store_reports_itself(tmp_path: Path) -> None:
    batches: list[int] = []
    store = await open_rocksdb(tmp_path / "a" / "store", on_commit=lambda count, fsync_sec: batches.append(count))
    assert (tmp_path / "a" / "store").stat().st_mode & 0o777 == 0o700
    assert store.status() == "ok"
    await asyncio.gather(*[store.put(b"k%d" % number, b"") for number in range(20)])
    assert sum(batches) == 20
    await store.close()


async def test_a_failed_opening_gives_the_directory_free(tmp_path: Path) -> None:
    store = await open_rocksdb(tmp_path, families={ord("k"): Family("k")}, reserve_bytes=0)
    await store.close()
    for _ in range(2):
        with pytest.raises(Exception, match="metadata-families"):
            await open_rocksdb(tmp_path, reserve_bytes=0)
    again = await open_rocksdb(tmp_path, families={ord("k"): Family("k")}, reserve_bytes=0)
    await again.close()


async def test_durability_is_raised_and_never_lowered(tmp_path: Path) -> None:
    syncs: list[float] = []
    store = await open_rocksdb(
        tmp_path, durability=Durability.ASYNC, reserve_bytes=0, on_commit=lambda count, sec: syncs.append(sec)
    )
    assert "async" in store.status()
    await store.txn_nowait((), [Put(b"k", b"1")])
    assert syncs == [0.0]
    await store.txn_nowait((), [Put(b"k", b"2")], durability=Durability.FSYNC)
    assert syncs[1] > 0
    store.tune(durability=Durability.GROUP, commit_max_ops=8, commit_delay_us=100)
    await store.txn_nowait((), [Put(b"k", b"3")], durability=Durability.ASYNC)
    assert syncs[2] > 0
    assert store.status() == "ok"
    await store.close()


async def test_a_watch_older_than_the_last_events_is_compacted(tmp_path: Path) -> None:
    store = await open_rocksdb(tmp_path, reserve_bytes=0)
    await store.put(b"k", b"1")
    await store.close()
    again = await open_rocksdb(tmp_path, reserve_bytes=0)
    with pytest.raises(Compacted) as gone:
        await anext(again.watch(b"k", b"", from_revision=2))
    assert gone.value.compact_revision == 3
    await again.close()


async def test_an_old_revision_is_readable_only_while_a_scan_goes_on(tmp_path: Path) -> None:
    store = await open_rocksdb(tmp_path, reserve_bytes=0)
    for number in range(6):
        await store.put(b"k%d" % number, b"")
    page = await store.scan(b"k", b"l", limit=2)
    assert (await store.get(b"k0", revision=page.revision)) is not None
    await store.put(b"k0", b"new")
    with pytest.raises(Compacted):
        await store.get(b"k0", revision=page.revision)
    rest = await store.scan(b"k1\0", b"l", revision=page.revision)
    assert [row.key for row in rest.items] == [b"k2", b"k3", b"k4", b"k5"]
    with pytest.raises(Compacted):
        await store.scan(b"k1\0", b"l", revision=page.revision)
    await store.close()


async def test_abandoned_scans_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rocksdb, "KEPT_PAGE_SEC", 0.01)
    monkeypatch.setattr(scan_pages, "KEPT_PAGE_SEC", 0.01)
    store = await open_rocksdb(tmp_path, reserve_bytes=0)
    for number in range(6):
        await store.put(b"k%d" % number, b"")
    page = await store.scan(b"k", b"l", limit=2)
    await store.scan(b"k", b"l", limit=2)
    await store.put(b"k0", b"new")
    await asyncio.sleep(0.1)
    with pytest.raises(Compacted):
        await store.scan(b"k1\0", b"l", revision=page.revision)
    await store.close()


async def test_large_scans_leave_the_loop(tmp_path: Path) -> None:
    store = await open_rocksdb(tmp_path, reserve_bytes=0)
    for first in range(0, 3000, 100):
        await store.txn((), [Put(b"k%05d" % number, os.urandom(20)) for number in range(first, first + 100)])
    scan = asyncio.ensure_future(store.scan(b"k", b"l"))
    turns = 0
    while not scan.done():
        await asyncio.sleep(0)
        turns += 1
    assert len(scan.result().items) == 3000
    assert turns > 1
    await store.close()


async def test_limits_are_the_callers(tmp_path: Path) -> None:
    store = await open_rocksdb(tmp_path, limits=Limits(key_bytes=5), reserve_bytes=0)
    with pytest.raises(LimitExceeded):
        store.get_now(b"123456")
    await store.close()
    with pytest.raises(BackendUnavailable):
        store.get_now(b"k")
    with pytest.raises(BackendUnavailable):
        store.txn_nowait((), [Put(b"k", b"")])


async def test_close_waits_for_what_was_submitted(tmp_path: Path) -> None:
    store = await open_rocksdb(tmp_path, reserve_bytes=0)
    futures = [store.txn_nowait((), [Put(b"k%d" % number, b"")]) for number in range(500)]
    await store.close()
    assert [future.result().revision for future in futures] == list(range(2, 502))
    again = await open_rocksdb(tmp_path, reserve_bytes=0)
    assert again.published_revision == 501
    await again.close()


async def test_bodies_go_into_blob_files(tmp_path: Path) -> None:
    store = await open_rocksdb(tmp_path / "store", families={ord("i"): Family("i", blobs=True)}, reserve_bytes=0)
    body = os.urandom(8192)
    await store.put(b"i1", body)
    await store.checkpoint(tmp_path / "copy")
    assert list((tmp_path / "copy").glob("*.blob"))
    assert store.get_now(b"i1").value == body  # type: ignore[union-attr]
    await store.close()
