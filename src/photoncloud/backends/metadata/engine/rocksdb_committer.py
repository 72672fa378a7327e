"""The one thread that writes: takes waiting transactions together, makes them durable with one fsync, publishes them.

Order per batch: evaluate -> write -> flush the log -> swap what readers see -> tell the loop, once. State that is not
on disk is never observable. A failed write or flush is final; an fsync is never retried on the same file.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import NamedTuple

from photoncloud.backends.metadata.engine.rocksdb_batch import BatchKeyspace
from photoncloud.backends.metadata.engine.rocksdb_files import RocksdbFiles, is_out_of_space, is_stall
from photoncloud.backends.metadata.engine.rocksdb_history import Change
from photoncloud.backends.metadata.engine.rocksdb_published import Published, Visibility
from photoncloud.backends.metadata.engine.space import SpaceGuard
from photoncloud.backends.metadata.errors import BackendUnavailable, MetadataError, OutOfSpace
from photoncloud.backends.metadata.port import Compare, Delete, Durability, Get, Op, Range, TxnResult
from photoncloud.runtime.errors import describe

MAX_WAITING = 8192  # transactions queued; a caller that has more outstanding is told to slow down
MAX_BATCH_BYTES = 4 * 1024 * 1024  # writing a batch holds the interpreter; this is a few milliseconds
REFRESH_BATCHES = 256  # all snapshots are renewed this often, or an idle family's old one would pin garbage
ASYNC_FLUSH_SEC = 0.1  # with durability "async", the longest an acknowledged commit stays off the disk
STALL_PAUSE_SEC = 0.001  # RocksDB asked writers to slow down; compaction works while this thread sleeps
FULL_PAUSE_SEC = 0.1  # RocksDB looks every few seconds whether the reserve made room
PATIENCE_SEC = 60.0  # what lasts longer does not go away by itself


class Waiting(NamedTuple):
    """One submitted transaction; `size` is its keys and values in bytes."""

    future: asyncio.Future[TxnResult]
    compare: Sequence[Compare]
    success: Sequence[Op]
    failure: Sequence[Op]
    durability: Durability
    size: int
    makes_room: bool = False


class Done(NamedTuple):
    """What the loop is told about one batch: outcomes for waiters, changes for watchers, time the fsync took."""

    outcomes: list[tuple[asyncio.Future[TxnResult], TxnResult | Exception]]
    changed: list[tuple[int, list[Change]]]
    fsync_sec: float


@dataclass(slots=True)
class CommitSettings:
    """Reloadable. `delay_us` gathers longer than the running fsync does by itself."""

    max_ops: int = 256
    delay_us: int = 0


class Committer:
    """Owns the database's write side. `submit` is called on the loop; `deliver` and `fail` are called on the loop.

    `visibility` is what readers see.
    """

    def __init__(
        self,
        files: RocksdbFiles,
        revision: int,
        space: SpaceGuard,
        settings: CommitSettings,
        loop: asyncio.AbstractEventLoop,
        deliver: Callable[[Done], None],
        fail: Callable[[Exception], None],
    ) -> None:
        self._files = files
        self._space = space
        self._settings = settings
        self._loop = loop
        self._deliver = deliver
        self._fail = fail
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._held: Waiting | None = None
        self._keyspace = BatchKeyspace(files, revision)
        self._slots = range(len(files.getters))
        self._batches = 0
        self._unflushed_since = 0.0
        self.failure: Exception | None = None
        self.visibility = Visibility(files, revision)
        self._thread = threading.Thread(target=self._run, name="metadata-committer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, waiting: Waiting) -> None:
        """Queue a transaction; its outcome comes through `deliver`. Raises BackendUnavailable when too many wait."""
        if self._queue.qsize() >= MAX_WAITING:
            raise BackendUnavailable(f"more than {MAX_WAITING} transactions wait", maybe_applied=False)
        self._queue.put(waiting)

    def stop(self) -> None:
        """Commit what is queued, then end the thread. Blocks; call it off the loop."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            waiting = self._gather()
            if waiting:
                try:
                    self._commit(waiting)
                except Exception as error:  # nothing may end this thread: its waiters would wait for ever
                    self._give_up(error, waiting)
            if self._unflushed_since and time.monotonic() - self._unflushed_since >= ASYNC_FLUSH_SEC:
                self._flush()
            if waiting is None:
                break
        if self._unflushed_since:
            self._flush()

    def _gather(self) -> list[Waiting] | None:
        """The next transactions that share a batch; empty after a pause with unflushed commits; None at the end."""
        first = self._held
        self._held = None
        if first is None:
            try:
                first = self._queue.get(timeout=ASYNC_FLUSH_SEC if self._unflushed_since else None)
            except Empty:
                return []
            if first is None:
                return None
        if first.durability is Durability.FSYNC:
            return [first]
        if self._settings.delay_us:
            time.sleep(self._settings.delay_us / 1e6)
        return self._gather_more(first)

    def _gather_more(self, first: Waiting) -> list[Waiting]:
        gathered = [first]
        queue = self._queue
        limit = self._settings.max_ops
        size = first.size
        while len(gathered) < limit and size < MAX_BATCH_BYTES and not queue.empty():
            waiting = queue.get()
            if waiting is None:
                queue.put(None)  # the end comes after this batch; nothing is submitted behind it
                break
            if waiting.durability is Durability.FSYNC:
                self._held = waiting
                break
            gathered.append(waiting)
            size += waiting.size
        return gathered

    def _commit(self, waiting: list[Waiting]) -> None:
        if self.failure is not None:
            refusal = BackendUnavailable(f"store is read-only: {describe(self.failure)}", maybe_applied=False)
            self._tell([(entry.future, refusal) for entry in waiting], [], 0.0)
            return
        keyspace = self._keyspace
        keyspace.begin()
        has_room = self._space.has_room()
        outcomes = [(entry.future, self._evaluate(entry, has_room)) for entry in waiting]
        changed = keyspace.changed
        fsync_sec = 0.0
        if changed:
            fsync_sec = self._write(any(entry.durability is not Durability.ASYNC for entry in waiting))
            self._publish()
        self._tell(outcomes, changed, fsync_sec)

    def _evaluate(self, entry: Waiting, has_room: bool) -> TxnResult | Exception:
        try:
            if not (has_room or entry.makes_room or (_shrinks(entry.success) and _shrinks(entry.failure))):
                return OutOfSpace(str(self._files.path))
            return self._keyspace.run(entry.compare, entry.success, entry.failure)
        except MetadataError as error:
            return error
        except Exception as error:
            return BackendUnavailable(f"read failed: {describe(error)}", maybe_applied=False)

    def _write(self, durable: bool) -> float:
        """Write the batch and, unless asynchronous, the log; seconds spent in the fsync.

        A stall or a full disk is waited out: the batch holds whole rows, so writing it again changes nothing.
        """
        deadline = 0.0
        while True:
            batch = self._keyspace.write_batch()
            try:
                with self.visibility.lock:
                    self._files.database.write(batch)
                    self.visibility.in_flight = self._keyspace.changed
                break
            except Exception as error:
                deadline = deadline or time.monotonic() + PATIENCE_SEC
                if time.monotonic() > deadline:
                    raise
                time.sleep(self._pause_after(error))
        if not durable:
            self._unflushed_since = self._unflushed_since or time.monotonic()
            return 0.0
        began = time.perf_counter()
        self._files.database.flush_wal(True)
        self._unflushed_since = 0.0
        return time.perf_counter() - began

    def _pause_after(self, error: Exception) -> float:
        """How long to wait before the batch is written again; raises what waiting does not cure."""
        if is_stall(error):
            return STALL_PAUSE_SEC
        if is_out_of_space(error):
            self._space.become_full()
            return FULL_PAUSE_SEC
        raise error

    def _flush(self) -> None:
        try:
            self._files.database.flush_wal(True)
            self._unflushed_since = 0.0
        except Exception as error:
            self._unflushed_since = 0.0
            self._give_up(error, [])

    def _publish(self) -> None:
        self._batches += 1
        dirty = self._slots if self._batches % REFRESH_BATCHES == 0 else self._keyspace.dirty_slots()
        snapshots = list(self.visibility.published.snapshots)
        for slot in dirty:
            snapshots[slot] = self._files.snapshot(slot)
        published = Published(self._keyspace.revision, tuple(snapshots))
        with self.visibility.lock:
            self.visibility.published = published
            self.visibility.in_flight = ()

    def _give_up(self, error: Exception, waiting: list[Waiting]) -> None:
        """A write or flush failed: its transactions have an unknown outcome, and nothing is written any more."""
        self.failure = error
        unknown = BackendUnavailable(f"commit failed: {describe(error)}", maybe_applied=True)
        self._tell([(entry.future, unknown) for entry in waiting], [], 0.0)
        self._loop.call_soon_threadsafe(self._fail, error)

    def _tell(
        self,
        outcomes: list[tuple[asyncio.Future[TxnResult], TxnResult | Exception]],
        changed: list[tuple[int, list[Change]]],
        fsync_sec: float,
    ) -> None:
        self._loop.call_soon_threadsafe(self._deliver, Done(outcomes, changed, fsync_sec))


def _shrinks(operations: Sequence[Op]) -> bool:
    """Whether operations only read or delete: what a full disk still takes."""
    return all(isinstance(operation, Delete | Get | Range) for operation in operations)
