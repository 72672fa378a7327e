"""The embedded engine in process: SQLite, durable, with history, leases and watches from any uncompacted revision.

One process per directory. Invariants: what was acknowledged is in the synced log; nothing is visible before that;
after a failed commit nothing is written any more; a lease never ends early (a restart gives it its full time again).
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from photoncloud.backends.metadata.engine import sqlite_reads
from photoncloud.backends.metadata.engine.directory_lock import DirectoryLock
from photoncloud.backends.metadata.engine.space import LOW_BYTES, RESERVE_BYTES, SpaceGuard
from photoncloud.backends.metadata.engine.sqlite_schema import Connection, SqliteError, open_reader
from photoncloud.backends.metadata.engine.sqlite_thread import Applied, Job, SqliteThread, Work
from photoncloud.backends.metadata.errors import BackendUnavailable
from photoncloud.backends.metadata.mvcc import transaction
from photoncloud.backends.metadata.mvcc.leases import NANOSECONDS, LeaseTable
from photoncloud.backends.metadata.mvcc.request import check_key, check_range, check_transaction
from photoncloud.backends.metadata.mvcc.watchers import WatcherHub
from photoncloud.backends.metadata.port import (
    Batch,
    Compare,
    Delete,
    Event,
    Get,
    KeyValue,
    Limits,
    Op,
    Page,
    Range,
    TxnResult,
    Written,
)
from photoncloud.backends.metadata.single_writes import delete_transaction, put_transaction, written
from photoncloud.backends.metadata.watch_stream import WatchStream
from photoncloud.runtime import tasks
from photoncloud.runtime.clock import Clock, SystemClock
from photoncloud.runtime.errors import describe
from photoncloud.runtime.files import make_directory

READER_THREADS = 2  # long scans must not stop point reads
KEPT_REVISIONS = 100_000  # history is bounded by default; 0 keeps everything


class SqliteLease:
    """A lease of a `SqliteMetadata`."""

    def __init__(self, store: SqliteMetadata, lease: int, ttl_sec: int) -> None:
        self._store = store
        self.id = lease
        self.ttl_sec = ttl_sec

    async def keep_alive(self) -> int:
        return self._store.renew_lease(self.id)

    async def remaining(self) -> int:
        return self._store.remaining_of_lease(self.id)

    async def revoke(self) -> None:
        await self._store.revoke_lease(self.id)


class SqliteMetadata:
    """See `open_sqlite`. All calls belong to the loop it was opened on."""

    capabilities = frozenset({"history", "leases", "durable"})

    def __init__(
        self,
        path: Path,
        lock: DirectoryLock,
        space: SpaceGuard,
        clock: Clock,
        limits: Limits,
        kept_revisions: int,
        on_failure: Callable[[Exception], None],
    ) -> None:
        self.path = path
        self.limits = limits
        self._lock = lock
        self._space = space
        self._clock = clock
        self._kept_revisions = kept_revisions
        self._on_failure = on_failure
        self._loop = asyncio.get_running_loop()
        self._thread = SqliteThread(path, space, self._loop, self._deliver, self._failed)
        self._readers = ThreadPoolExecutor(READER_THREADS, thread_name_prefix="metadata-read")
        self._connections: list[Connection] = []
        self._of_thread = threading.local()
        self._hub = WatcherHub(self._thread.keyspace.revision)
        self._leases = LeaseTable()
        self._expiry_wanted = asyncio.Event()
        self._is_closed = False
        for lease, ttl_sec in self._thread.keyspace.leases():
            self._leases.grant(lease, ttl_sec, clock.monotonic_ns())
        self._compacted = self._thread.keyspace.compact_revision
        self._expiry = tasks.spawn(self._expire(), name="metadata_lease_expiry")
        self._thread.start()

    def status(self) -> str:
        """For a health check: "ok", or why writes are refused."""
        if self._thread.failure is not None:
            return f"read-only after a failed commit: {describe(self._thread.failure)}"
        if self._space.is_full:
            return f"no space left on {self.path}: only deletes are taken"
        return "ok"

    # Reads

    async def get(self, key: bytes, *, revision: int = 0) -> KeyValue | None:
        check_key(key, self.limits)
        page = await self._read(sqlite_reads.read_page, key, b"", revision, 1, False, False)
        return page.items[0] if page.items else None

    async def scan(
        self,
        start: bytes,
        end: bytes,
        *,
        limit: int = 0,
        revision: int = 0,
        keys_only: bool = False,
        count_only: bool = False,
    ) -> Page:
        check_range(start, end, self.limits)
        page: Page = await self._read(
            sqlite_reads.read_page, start, end, revision, max(limit, 0), keys_only, count_only
        )
        return page

    async def _read(self, function: Callable[..., Any], *arguments: Any) -> Any:
        self._check_open()
        return await self._loop.run_in_executor(self._readers, self._read_here, function, arguments)

    def _read_here(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        try:
            connection: Connection | None = getattr(self._of_thread, "connection", None)
            if connection is None:
                connection = self._of_thread.connection = open_reader(self.path)
                self._connections.append(connection)
            return function(connection, *arguments)
        except SqliteError as error:
            raise BackendUnavailable(f"read failed: {describe(error)}", maybe_applied=False) from error

    # Writes

    async def put(self, key: bytes, value: bytes, *, expected_revision: int | None = None, lease: int = 0) -> Written:
        result = await self.txn(*put_transaction(key, value, expected_revision, lease))
        return written(result, key, expected_revision)

    async def delete(self, key: bytes, *, expected_revision: int | None = None) -> Written:
        return written(await self.txn(*delete_transaction(key, expected_revision)), key, expected_revision)

    async def txn(self, compare: Sequence[Compare], success: Sequence[Op], failure: Sequence[Op] = ()) -> TxnResult:
        check_transaction(compare, success, failure, self.limits)
        shrinks = all(isinstance(operation, Delete | Get | Range) for operation in (*success, *failure))
        return await self._submit(
            lambda keyspace: transaction.apply(keyspace, compare, success, failure), grows=not shrinks
        )

    def _submit(self, work: Work, *, grows: bool) -> asyncio.Future[TxnResult]:
        self._check_open()
        future: asyncio.Future[TxnResult] = self._loop.create_future()
        self._thread.submit(Job(future, work, grows))
        return future

    def _deliver(self, applied: Applied) -> None:
        """One committed batch, on the loop: watchers first, then the waiters."""
        for revision, events in applied.published:
            self._hub.publish(revision, events)
        for future, outcome in applied.outcomes:
            if future.done():  # its caller went away
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        self._compact_old(applied.revision)

    def _failed(self, error: Exception) -> None:
        self._hub.end_all(BackendUnavailable(f"commit failed: {describe(error)}", maybe_applied=False))
        self._on_failure(error)

    # Watches and history

    def watch(
        self, start: bytes, end: bytes, *, from_revision: int = 0, previous: bool = False
    ) -> AsyncIterator[Batch]:
        check_range(start, end, self.limits)
        self._check_open()
        watcher = self._hub.add(start, end, from_revision, self._hub.revision, previous=previous)
        return WatchStream(self._hub, watcher, self._history)

    async def _history(
        self, start: bytes, end: bytes, revision: int, limit: int
    ) -> tuple[list[tuple[int, tuple[Event, ...]]], int]:
        found: tuple[list[tuple[int, tuple[Event, ...]]], int] = await self._read(
            sqlite_reads.read_events, start, end, revision, limit
        )
        return found

    async def compact(self, revision: int) -> None:
        """Forget history before `revision`: at once for readers, slice by slice on disk.

        Raises Compacted when it is gone already, FutureRevision.
        """
        await self._submit(lambda keyspace: keyspace.compact(revision), grows=False)
        self._compacted = max(self._compacted, revision)

    def _compact_old(self, revision: int) -> None:
        """Keep history bounded; goes in steps of a tenth so that it is rare."""
        if self._kept_revisions and revision - max(self._compacted, 0) > self._kept_revisions * 11 // 10:
            self._compacted = revision - self._kept_revisions
            if not self._is_closed:
                tasks.spawn(self.compact(self._compacted), name="metadata_compaction")

    # Leases

    async def grant(self, ttl_sec: int) -> SqliteLease:
        lease = secrets.randbits(62) + 1
        wanted = LeaseTable().grant(lease, ttl_sec, 0)
        await self._submit(lambda keyspace: keyspace.add_lease(lease, wanted), grows=True)
        self._leases.grant(lease, wanted, self._clock.monotonic_ns())
        self._expiry_wanted.set()
        return SqliteLease(self, lease, wanted)

    def renew_lease(self, lease: int) -> int:
        self._check_open()
        return self._leases.renew(lease, self._clock.monotonic_ns())

    def remaining_of_lease(self, lease: int) -> int:
        self._check_open()
        return self._leases.remaining_sec(lease, self._clock.monotonic_ns())

    async def revoke_lease(self, lease: int) -> None:
        await self._submit(lambda keyspace: keyspace.revoke(lease), grows=False)
        self._leases.drop(lease)

    async def _expire(self) -> None:
        while True:
            deadline = self._leases.next_deadline_ns()
            if deadline is None:
                self._expiry_wanted.clear()
                await self._expiry_wanted.wait()
                continue
            await self._clock.sleep(max(0, deadline - self._clock.monotonic_ns()) / NANOSECONDS)
            for lease in self._leases.due(self._clock.monotonic_ns()):
                await self.revoke_lease(lease)

    # End

    async def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._expiry.cancel()
        await asyncio.gather(self._expiry, return_exceptions=True)
        await self._loop.run_in_executor(None, self._thread.stop)
        await asyncio.sleep(0)  # the last batch's callback runs before watches end
        self._hub.end_all(None)
        await self._loop.run_in_executor(None, self._readers.shutdown)
        for connection in self._connections:
            connection.close()
        self._lock.release()

    def _check_open(self) -> None:
        if self._is_closed:
            raise BackendUnavailable("the store is closed", maybe_applied=False)


async def open_sqlite(
    path: str | Path,
    *,
    clock: Clock | None = None,
    limits: Limits | None = None,
    kept_revisions: int = KEPT_REVISIONS,
    reserve_bytes: int = RESERVE_BYTES,
    low_space_bytes: int = LOW_BYTES,
    on_failure: Callable[[Exception], None] = lambda error: None,
) -> SqliteMetadata:
    """Open or create the store in directory `path` (made with mode 0700).

    kept_revisions  history kept without an explicit `compact`; 0 = all
    on_failure      called once, on the loop, when a commit failed: the store is read-only from then on

    Raises BackendUnavailable (directory in use: names path and pid), PhotonError `metadata-corrupt`,
    `metadata-format`.
    """
    directory = Path(path)
    make_directory(directory)  # its name must outlive a power cut, like what is acknowledged in it
    lock = DirectoryLock(directory)
    try:
        space = SpaceGuard(directory, reserve_bytes=reserve_bytes, low_bytes=low_space_bytes)
        return SqliteMetadata(
            directory, lock, space, clock or SystemClock(), limits or Limits(), kept_revisions, on_failure
        )
    except BaseException:
        lock.release()
        raise
