"""The committer against a database that fails on command."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from photoncloud.backends.metadata.engine import rocksdb_committer
from photoncloud.backends.metadata.engine.rocksdb_committer import CommitSettings, Committer, Done, Waiting
from photoncloud.backends.metadata.engine.rocksdb_files import RocksdbFiles
from photoncloud.backends.metadata.engine.space import SpaceGuard
from photoncloud.backends.metadata.port import BackendUnavailable, Delete, Durability, OutOfSpace, Put, TxnResult


class Faulty:
    """A database whose next writes and flushes do what the test says; then they work."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.failing_writes: list[Exception] = []
        self.failing_flushes: list[Exception] = []
        self.flushes = 0
        self.before_flush: Callable[[], None] = lambda: None

    def write(self, batch: Any) -> None:
        if self.failing_writes:
            raise self.failing_writes.pop(0)
        self._database.write(batch)

    def flush_wal(self, sync: bool) -> None:
        assert sync
        self.flushes += 1
        self.before_flush()
        if self.failing_flushes:
            raise self.failing_flushes.pop(0)
        self._database.flush_wal(sync)

    def close(self) -> None:
        self._database.close()


class Bench:
    """A running committer and what it told the loop."""

    def __init__(self, files: RocksdbFiles, settings: CommitSettings | None = None) -> None:
        self.database = files.database = Faulty(files.database)
        self.done: list[Done] = []
        self.failures: list[Exception] = []
        self.space = SpaceGuard(files.path, reserve_bytes=0, low_bytes=0)
        self.loop = asyncio.get_running_loop()
        self.committer = Committer(
            files, 1, self.space, settings or CommitSettings(), self.loop, self.deliver, self.failures.append
        )

    def deliver(self, done: Done) -> None:
        self.done.append(done)
        for future, outcome in done.outcomes:
            if isinstance(outcome, TxnResult):
                future.set_result(outcome)
            else:
                future.set_exception(outcome)

    def put(self, key: bytes, durability: Durability = Durability.GROUP) -> asyncio.Future[TxnResult]:
        future: asyncio.Future[TxnResult] = self.loop.create_future()
        self.committer.submit(Waiting(future, (), [Put(key, b"v")], (), durability, 2))
        return future

    async def stop(self) -> None:
        await self.loop.run_in_executor(None, self.committer.stop)
        await asyncio.sleep(0)


async def test_what_waits_together_shares_one_fsync(files: RocksdbFiles) -> None:
    bench = Bench(files)
    futures = [bench.put(b"k%d" % number) for number in range(10)]
    bench.committer.start()
    results = await asyncio.gather(*futures)
    assert [result.revision for result in results] == list(range(2, 12))
    assert bench.database.flushes == 1
    assert len(bench.done) == 1
    await bench.stop()


async def test_max_ops_bounds_a_batch(files: RocksdbFiles) -> None:
    bench = Bench(files, CommitSettings(max_ops=4))
    futures = [bench.put(b"k%d" % number) for number in range(10)]
    bench.committer.start()
    await asyncio.gather(*futures)
    assert [len(done.outcomes) for done in bench.done] == [4, 4, 2]
    await bench.stop()


async def test_bytes_bound_a_batch(files: RocksdbFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rocksdb_committer, "MAX_BATCH_BYTES", 6)
    bench = Bench(files)
    futures = [bench.put(b"k%d" % number) for number in range(7)]
    bench.committer.start()
    await asyncio.gather(*futures)
    assert [len(done.outcomes) for done in bench.done] == [3, 3, 1]
    await bench.stop()


async def test_too_many_waiting_are_refused(files: RocksdbFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rocksdb_committer, "MAX_WAITING", 3)
    bench = Bench(files)
    futures = [bench.put(b"k%d" % number) for number in range(3)]
    with pytest.raises(BackendUnavailable) as refused:
        bench.put(b"k3")
    assert not refused.value.maybe_applied
    bench.committer.start()
    await asyncio.gather(*futures)
    await bench.put(b"k3")
    await bench.stop()


async def test_durability_fsync_commits_alone(files: RocksdbFiles) -> None:
    bench = Bench(files)
    kinds = [Durability.GROUP, Durability.GROUP, Durability.FSYNC, Durability.FSYNC, Durability.GROUP]
    futures = [bench.put(b"k%d" % number, kind) for number, kind in enumerate(kinds)]
    bench.committer.start()
    results = await asyncio.gather(*futures)
    assert [len(done.outcomes) for done in bench.done] == [2, 1, 1, 1]
    assert [result.revision for result in results] == [2, 3, 4, 5, 6]
    await bench.stop()


async def test_durability_async_answers_first_and_flushes_soon(
    files: RocksdbFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rocksdb_committer, "ASYNC_FLUSH_SEC", 0.02)
    bench = Bench(files)
    bench.committer.start()
    await bench.put(b"k", Durability.ASYNC)
    assert bench.done[0].fsync_sec == 0.0
    async with asyncio.timeout(10):
        while not bench.database.flushes:  # noqa: ASYNC110  the flush happens on another thread
            await asyncio.sleep(0.005)
    await bench.put(b"k2", Durability.ASYNC)
    await bench.stop()
    assert bench.database.flushes == 2


async def test_one_durable_transaction_makes_its_whole_batch_durable(files: RocksdbFiles) -> None:
    bench = Bench(files)
    futures = [bench.put(b"a", Durability.ASYNC), bench.put(b"b", Durability.GROUP)]
    bench.committer.start()
    await asyncio.gather(*futures)
    assert bench.database.flushes == 1
    await bench.stop()


async def test_nothing_is_visible_before_it_is_durable(files: RocksdbFiles) -> None:
    """Looked at from inside the flush: neither point reads nor cursors show the batch that is being synced."""
    bench = Bench(files)
    bench.committer.start()
    await bench.put(b"k1")
    visibility = bench.committer.visibility
    seen: list[Any] = []

    def look() -> None:
        seen.append(visibility.published.get(files, b"k2"))
        with visibility.cursor(files, b"k", b"l") as cursor:
            seen.append([row.key for row in cursor.take(9)])

    bench.database.before_flush = look
    await bench.put(b"k2")
    assert seen == [None, [b"k1"]]
    found = visibility.published.get(files, b"k2")
    assert found is not None
    with visibility.cursor(files, b"k", b"l") as cursor:
        assert [row.key for row in cursor.take(9)] == [b"k1", b"k2"]
    await bench.stop()


async def test_a_stall_is_waited_out(files: RocksdbFiles) -> None:
    bench = Bench(files)
    bench.database.failing_writes = [Exception("Result incomplete: Write stall")] * 3
    bench.committer.start()
    assert (await bench.put(b"k")).revision == 2
    assert not bench.failures
    await bench.stop()


async def test_a_full_disk_gives_the_reserve_and_tries_again(files: RocksdbFiles) -> None:
    bench = Bench(files)
    bench.database.failing_writes = [Exception("IO error: No space left on device")] * 2
    bench.committer.start()
    assert (await bench.put(b"k")).revision == 2
    assert not bench.failures
    await bench.stop()


async def test_a_full_disk_refuses_what_grows(files: RocksdbFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(files)
    monkeypatch.setattr(bench.space, "has_room", lambda: False)
    bench.committer.start()
    with pytest.raises(OutOfSpace):
        await bench.put(b"k")
    removal = bench.loop.create_future()
    rows = [Delete(b"gone"), Put(b"to collect", b"")]
    bench.committer.submit(Waiting(removal, (), rows, (), Durability.GROUP, 20, makes_room=True))
    assert (await removal).succeeded
    await bench.stop()


@pytest.mark.parametrize("fault", ["failing_writes", "failing_flushes"])
async def test_a_failed_commit_is_final(files: RocksdbFiles, fault: str) -> None:
    bench = Bench(files)
    bench.committer.start()
    await bench.put(b"before")
    getattr(bench.database, fault).append(Exception("IO error: Input/output error"))
    with pytest.raises(BackendUnavailable) as unknown:
        await bench.put(b"k")
    assert unknown.value.maybe_applied
    with pytest.raises(BackendUnavailable) as refused:
        await bench.put(b"k2")
    assert not refused.value.maybe_applied
    assert len(bench.failures) == 1
    flushes = bench.database.flushes
    await bench.stop()
    assert bench.database.flushes == flushes
    assert bench.committer.visibility.published.get(files, b"k") is None
    assert bench.committer.visibility.published.get(files, b"before") is not None


async def test_a_bug_while_committing_leaves_nobody_waiting(
    files: RocksdbFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(files)

    def broken() -> bool:
        raise OSError("statvfs failed")

    monkeypatch.setattr(bench.space, "has_room", broken)
    bench.committer.start()
    with pytest.raises(BackendUnavailable):
        await bench.put(b"k")
    await bench.stop()


async def test_stop_commits_what_was_queued(files: RocksdbFiles) -> None:
    bench = Bench(files, CommitSettings(max_ops=2))
    futures = [bench.put(b"k%d" % number, Durability.FSYNC if number == 3 else Durability.GROUP) for number in range(7)]
    bench.committer.start()
    await bench.stop()
    assert len(await asyncio.gather(*futures)) == 7


async def test_all_snapshots_are_renewed_now_and_then(files: RocksdbFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """A family that never changes must not pin the garbage of the others."""
    monkeypatch.setattr(rocksdb_committer, "REFRESH_BATCHES", 3)
    bench = Bench(files)
    bench.committer.start()
    idle = bench.committer.visibility.published.snapshots[0]
    await bench.put(b"k1")
    await bench.put(b"k2")
    assert bench.committer.visibility.published.snapshots[0] is idle
    await bench.put(b"k3")
    assert bench.committer.visibility.published.snapshots[0] is not idle
    await bench.stop()
