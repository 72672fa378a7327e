"""The one thread that writes to SQLite: jobs that wait together share one COMMIT, that is one fsync.

Nothing is visible before COMMIT has returned. A failed COMMIT or fsync is final; a full disk rolls the batch back and
refuses its jobs, after which deletes find the room of the reserve file.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple

from photoncloud.backends.metadata.engine.space import SpaceGuard
from photoncloud.backends.metadata.engine.sqlite_keyspace import SqliteKeyspace
from photoncloud.backends.metadata.engine.sqlite_schema import DATABASE_NAME, DiskFull, open_writer
from photoncloud.backends.metadata.errors import BackendUnavailable, MetadataError, OutOfSpace
from photoncloud.backends.metadata.mvcc.transaction import Outcome
from photoncloud.backends.metadata.port import Event, TxnResult
from photoncloud.runtime.errors import describe

MAX_WAITING = 8192  # jobs queued; a caller that has more outstanding is told to slow down
MAX_BATCH_JOBS = 512  # bounds how long a commit, and with it every waiter of the batch, can take
CHECKPOINT_WAL_BYTES = 16 * 1024 * 1024
COMPACTION_PAUSE_SEC = 0.005  # between two slices, so that writers go first
FULL_PAUSE_SEC = 1.0  # a full disk is looked at again after this time

Outcomes = list[tuple[asyncio.Future[TxnResult], TxnResult | Exception]]
Publications = list[tuple[int, tuple[Event, ...]]]
Work = Callable[[SqliteKeyspace], Outcome]


class Job(NamedTuple):
    """`work` runs inside a transaction and returns its answer and events. `grows`: refused on a full disk."""

    future: asyncio.Future[TxnResult]
    work: Work
    grows: bool


class Applied(NamedTuple):
    """What the loop is told about one batch."""

    outcomes: Outcomes
    published: Publications
    revision: int


class SqliteThread:
    """`submit` is called on the loop; `deliver` and `fail` are called on the loop."""

    def __init__(
        self,
        directory: Path,
        space: SpaceGuard,
        loop: asyncio.AbstractEventLoop,
        deliver: Callable[[Applied], None],
        fail: Callable[[Exception], None],
    ) -> None:
        self._directory = directory
        self._space = space
        self._loop = loop
        self._deliver = deliver
        self._fail = fail
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._connection = open_writer(directory)
        self.keyspace = SqliteKeyspace(self._connection)
        self.failure: Exception | None = None
        self._pause_sec = COMPACTION_PAUSE_SEC
        self._thread = threading.Thread(target=self._run, name="metadata-sqlite", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job; its outcome comes through `deliver`. Raises BackendUnavailable when too many wait."""
        if self._queue.qsize() >= MAX_WAITING:
            raise BackendUnavailable(f"more than {MAX_WAITING} transactions wait", maybe_applied=False)
        self._queue.put(job)

    def stop(self) -> None:
        """Apply what is queued, then close the connection. Blocks; call it off the loop."""
        self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        is_last = False
        while not is_last:
            jobs, is_last = self._gather()
            try:
                if jobs:
                    self._apply(jobs)
                elif self.failure is None and self.keyspace.has_compaction:
                    self._compact()
            except Exception as error:
                self._give_up(error, jobs)

    def _compact(self) -> None:
        """One slice of a compaction; on a full disk it waits, for the reserve or for room made elsewhere."""
        try:
            with self._connection:
                self.keyspace.compact_slice()
            self._pause_sec = COMPACTION_PAUSE_SEC
            self._checkpoint()
        except DiskFull:
            self._space.become_full()
            self.keyspace.reload()
            self._pause_sec = FULL_PAUSE_SEC

    def _gather(self) -> tuple[list[Job], bool]:
        """Jobs that share a transaction, and whether the end was asked for; no jobs after a pause while compacting."""
        jobs: list[Job] = []
        compacting = self.failure is None and self.keyspace.has_compaction
        try:
            job = self._queue.get(timeout=self._pause_sec if compacting else None)
            while job is not None:
                jobs.append(job)
                if len(jobs) >= MAX_BATCH_JOBS or self._queue.empty():
                    return jobs, False
                job = self._queue.get()
        except Empty:
            return jobs, False
        return jobs, True

    def _apply(self, jobs: list[Job]) -> None:
        if self.failure is not None:
            refusal = BackendUnavailable(f"store is read-only: {describe(self.failure)}", maybe_applied=False)
            self._tell([(job.future, refusal) for job in jobs], [])
            return
        has_room = self._space.has_room()
        published: Publications = []
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            outcomes = [(job.future, self._work(job, has_room, published)) for job in jobs]
            self._connection.execute("COMMIT")
        except DiskFull:
            self._roll_back(jobs)
            return
        self._tell(outcomes, published)
        self._checkpoint()

    def _work(self, job: Job, has_room: bool, published: Publications) -> TxnResult | Exception:
        if job.grows and not has_room:
            return OutOfSpace(str(self._directory))
        self._connection.execute("SAVEPOINT job")
        try:
            answer, events = job.work(self.keyspace)
        except MetadataError as error:
            self._connection.execute("ROLLBACK TO job")
            return error
        finally:
            self._connection.execute("RELEASE job")
        if events:
            self.keyspace.advance()
            published.append((self.keyspace.revision, events))
        return answer

    def _roll_back(self, jobs: list[Job]) -> None:
        """The disk is full: undo the whole batch and free the reserve."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._space.become_full()
        self.keyspace.reload()
        full = OutOfSpace(str(self._directory))
        self._tell([(job.future, full) for job in jobs], [])

    def _checkpoint(self) -> None:
        """Move the log into the database when it is large; readers are not waited for."""
        wal = self._directory / f"{DATABASE_NAME}-wal"
        if wal.exists() and wal.stat().st_size > CHECKPOINT_WAL_BYTES:
            self._connection.wal_checkpoint()

    def _give_up(self, error: Exception, jobs: list[Job]) -> None:
        """A commit or fsync failed: outcomes are unknown, nothing is written any more."""
        self.failure = error
        unknown = BackendUnavailable(f"commit failed: {describe(error)}", maybe_applied=True)
        self._tell([(job.future, unknown) for job in jobs], [])
        self._loop.call_soon_threadsafe(self._fail, error)

    def _tell(
        self,
        outcomes: list[tuple[asyncio.Future[TxnResult], TxnResult | Exception]],
        published: list[tuple[int, tuple[Event, ...]]],
    ) -> None:
        self._loop.call_soon_threadsafe(self._deliver, Applied(outcomes, published, self.keyspace.revision))
