"""The writing thread when the disk is full or a commit fails."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from photoncloud.backends.metadata.engine import sqlite_thread
from photoncloud.backends.metadata.engine.sqlite_schema import DiskFull
from photoncloud.backends.metadata.port import BackendUnavailable, OutOfSpace, Put
from photoncloud.backends.metadata.sqlite import SqliteMetadata, open_sqlite


class Faulty:
    """A connection whose COMMIT fails on command."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.failing_commits: list[Exception] = []

    def execute(self, statement: str, *arguments: Any) -> Any:
        if statement == "COMMIT" and self.failing_commits:
            raise self.failing_commits.pop(0)
        return self._connection.execute(statement, *arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


async def open_faulty(directory: Path, failures: list[Exception]) -> tuple[SqliteMetadata, Faulty]:
    store = await open_sqlite(directory, reserve_bytes=0, on_failure=failures.append)
    faulty = Faulty(store._thread._connection)
    store._thread._connection = faulty
    return store, faulty


async def test_a_full_disk_rolls_the_whole_batch_back(tmp_path: Path) -> None:
    failures: list[Exception] = []
    store, faulty = await open_faulty(tmp_path, failures)
    await store.put(b"a", b"1")
    faulty.failing_commits.append(DiskFull("database or disk is full"))
    with pytest.raises(OutOfSpace):
        await store.put(b"b", b"2")
    assert await store.get(b"b") is None
    store._space.is_full = False
    assert (await store.put(b"b", b"3")).revision == 3
    assert not failures
    await store.close()


async def test_a_failed_commit_is_final(tmp_path: Path) -> None:
    failures: list[Exception] = []
    store, faulty = await open_faulty(tmp_path, failures)
    await store.put(b"a", b"1")
    faulty.failing_commits.append(OSError("Input/output error"))
    with pytest.raises(BackendUnavailable) as unknown:
        await store.put(b"b", b"2")
    assert unknown.value.maybe_applied
    with pytest.raises(BackendUnavailable) as refused:
        await store.put(b"c", b"3")
    assert not refused.value.maybe_applied
    assert len(failures) == 1
    assert "read-only" in store.status()
    assert (await store.get(b"a")) is not None
    await store.close()
    again = await open_sqlite(tmp_path, reserve_bytes=0)
    assert await again.get(b"b") is None
    await again.close()


async def test_jobs_that_wait_together_share_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_thread, "MAX_BATCH_JOBS", 16)
    store = await open_sqlite(tmp_path, reserve_bytes=0)
    batches: list[int] = []
    deliver = store._thread._deliver
    store._thread._deliver = lambda applied: (batches.append(len(applied.outcomes)), deliver(applied))[1]
    await asyncio.gather(*[store.txn((), [Put(b"k%d" % number, b"")]) for number in range(100)])
    assert sum(batches) == 100
    assert max(batches) == 16
    await store.close()
