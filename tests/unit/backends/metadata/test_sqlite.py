"""What is the adapter's own; the contract itself is in tests/conformance."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from photoncloud.backends.metadata.engine import sqlite_keyspace, sqlite_thread
from photoncloud.backends.metadata.port import Compacted, Lease
from photoncloud.backends.metadata.sqlite import SqliteMetadata, open_sqlite
from photoncloud.testkit.clock import SimClock


async def rows_in_log(store: SqliteMetadata) -> int:
    return await store._read(lambda connection: connection.execute("SELECT count(*) FROM log").fetchone()[0])


async def until_log_has(store: SqliteMetadata, rows: int) -> None:
    async with asyncio.timeout(20):
        while await rows_in_log(store) > rows:  # noqa: ASYNC110  slices run on another thread
            await asyncio.sleep(0.005)


async def test_the_directory_is_private(tmp_path: Path) -> None:
    store = await open_sqlite(tmp_path / "store", reserve_bytes=0)
    assert (tmp_path / "store").stat().st_mode & 0o777 == 0o700
    assert store.status() == "ok"
    await store.close()


async def test_compaction_frees_rows_in_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_keyspace, "SLICE_ROWS", 7)
    store = await open_sqlite(tmp_path, reserve_bytes=0)
    for number in range(60):
        await store.put(b"k%d" % (number % 3), b"%d" % number)
    await store.compact(61)
    await until_log_has(store, 3)
    assert [row.value for row in (await store.scan(b"k", b"l")).items] == [b"57", b"58", b"59"]
    await store.close()


async def test_a_compaction_goes_on_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = await open_sqlite(tmp_path, reserve_bytes=0)
    for number in range(60):
        await store.put(b"k", b"%d" % number)
    monkeypatch.setattr(sqlite_keyspace.SqliteKeyspace, "compact_slice", lambda self: None)
    await store.compact(61)
    await store.close()
    monkeypatch.undo()
    again = await open_sqlite(tmp_path, reserve_bytes=0)
    await until_log_has(again, 1)
    with pytest.raises(Compacted):
        await again.get(b"k", revision=60)
    await again.close()


async def test_history_is_bounded(tmp_path: Path) -> None:
    store = await open_sqlite(tmp_path, kept_revisions=50, reserve_bytes=0)
    for number in range(200):
        await store.put(b"k", b"%d" % number)
    await until_log_has(store, 60)
    assert (await store.get(b"k", revision=170)) is not None
    with pytest.raises(Compacted):
        await store.get(b"k", revision=100)
    await store.close()


async def test_a_lease_gets_its_full_time_after_a_restart(tmp_path: Path) -> None:
    clock = SimClock()
    store = await open_sqlite(tmp_path, clock=clock, reserve_bytes=0)
    lease: Lease = await store.grant(10)
    await store.put(b"k", b"", lease=lease.id)
    await clock.advance(9)
    await store.close()
    again = await open_sqlite(tmp_path, clock=clock, reserve_bytes=0)
    assert again.remaining_of_lease(lease.id) == 10
    assert again.renew_lease(lease.id) == 10
    await again.revoke_lease(lease.id)
    assert await again.get(b"k") is None
    await again.close()


async def test_a_watch_reads_a_long_history_in_portions(tmp_path: Path) -> None:
    store = await open_sqlite(tmp_path, reserve_bytes=0)
    await asyncio.gather(*[store.put(b"k%d" % (number % 7), b"") for number in range(1500)])
    stream = store.watch(b"k", b"l", from_revision=2)
    revisions = [(await anext(stream)).revision for _ in range(1500)]
    assert revisions == list(range(2, 1502))
    await store.close()


async def test_the_log_file_is_checkpointed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_thread, "CHECKPOINT_WAL_BYTES", 100_000)
    store = await open_sqlite(tmp_path, reserve_bytes=0)
    for number in range(60):
        await store.put(b"k%d" % number, bytes(50_000))
    assert (tmp_path / "metadata.db-wal").stat().st_size < 1_500_000
    await store.close()
