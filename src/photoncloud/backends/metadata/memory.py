"""The reference adapter: everything in memory, with full history, leases and watches from any uncompacted revision.

For tests and for processes that may forget; not durable, not shared. Invariant: a call that raised changed nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence

from photoncloud.backends.metadata.errors import BackendUnavailable, LeaseNotFound
from photoncloud.backends.metadata.memory_cursor import MemoryCursor
from photoncloud.backends.metadata.mvcc import transaction
from photoncloud.backends.metadata.mvcc.keyspace import MemoryKeyspace
from photoncloud.backends.metadata.mvcc.leases import NANOSECONDS, LeaseTable
from photoncloud.backends.metadata.mvcc.request import check_key, check_range, check_transaction
from photoncloud.backends.metadata.mvcc.watchers import WatcherHub
from photoncloud.backends.metadata.port import (
    Batch,
    Compare,
    Delete,
    Durability,
    Event,
    KeyValue,
    Limits,
    Op,
    Page,
    TxnResult,
    Written,
)
from photoncloud.backends.metadata.single_writes import delete_transaction, put_transaction, written
from photoncloud.backends.metadata.watch_stream import WatchStream
from photoncloud.runtime import tasks
from photoncloud.runtime.clock import Clock, SystemClock

KEPT_REVISIONS = 100_000  # history is bounded: a process that runs for months must not grow without end


class MemoryLease:
    """A lease of a `MemoryMetadata`."""

    def __init__(self, store: MemoryMetadata, lease: int, ttl_sec: int) -> None:
        self._store = store
        self.id = lease
        self.ttl_sec = ttl_sec

    async def keep_alive(self) -> int:
        return self._store.renew_lease(self.id)

    async def remaining(self) -> int:
        return self._store.remaining_of_lease(self.id)

    async def revoke(self) -> None:
        self._store.revoke_lease(self.id)


class MemoryMetadata:
    """`LocalMetadata` without a disk."""

    capabilities = frozenset({"history", "leases"})

    def __init__(
        self, *, clock: Clock | None = None, limits: Limits | None = None, kept_revisions: int = KEPT_REVISIONS
    ) -> None:
        self.limits = limits or Limits()
        self._clock = clock or SystemClock()
        self._keyspace = MemoryKeyspace()
        self._hub = WatcherHub(self._keyspace.revision)
        self._leases = LeaseTable()
        self._last_lease = 0
        self._expiry: asyncio.Task[None] | None = None
        self._expiry_wanted = asyncio.Event()
        self._pinned: Counter[int] = Counter()
        self._kept_revisions = kept_revisions
        self._is_closed = False

    # Reads

    @property
    def published_revision(self) -> int:
        return self._keyspace.revision

    async def get(self, key: bytes, *, revision: int = 0) -> KeyValue | None:
        if revision <= 0:
            return self.get_now(key)
        self._check_open()
        check_key(key, self.limits)
        self._keyspace.check_revision(revision)
        return self._keyspace.get_at(key, revision)

    def get_now(self, key: bytes) -> KeyValue | None:
        self._check_open()
        check_key(key, self.limits)
        return self._keyspace.get(key)

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
        self._check_open()
        check_range(start, end, self.limits)
        self._keyspace.check_revision(revision)
        at = revision if revision > 0 else self._keyspace.revision
        items, count = self._keyspace.range_at(
            start, end, at, limit=max(limit, 0), keys_only=keys_only, count_only=count_only
        )
        return Page(items, not count_only and len(items) < count, count, at)

    def scan_now(self, start: bytes, end: bytes, *, limit: int, keys_only: bool = False) -> Page:
        with self.cursor(start, end) as cursor:
            rows = cursor.take(limit + 1)
        items = tuple(row._replace(value=b"") if keys_only else row for row in rows[:limit])
        return Page(items, len(rows) > limit, len(items), self._keyspace.revision)

    def cursor(self, start: bytes, end: bytes) -> MemoryCursor:
        self._check_open()
        check_range(start, end, self.limits)
        return MemoryCursor(self._keyspace, start, end, self._pinned)

    # Writes

    async def put(self, key: bytes, value: bytes, *, expected_revision: int | None = None, lease: int = 0) -> Written:
        result = self._run(*put_transaction(key, value, expected_revision, lease))
        return written(result, key, expected_revision)

    async def delete(self, key: bytes, *, expected_revision: int | None = None) -> Written:
        return written(self._run(*delete_transaction(key, expected_revision)), key, expected_revision)

    async def txn(self, compare: Sequence[Compare], success: Sequence[Op], failure: Sequence[Op] = ()) -> TxnResult:
        return self._run(compare, success, failure)

    def txn_nowait(
        self,
        compare: Sequence[Compare],
        success: Sequence[Op],
        failure: Sequence[Op] = (),
        *,
        durability: Durability | None = None,
        makes_room: bool = False,
    ) -> asyncio.Future[TxnResult]:
        future: asyncio.Future[TxnResult] = asyncio.get_running_loop().create_future()
        check_transaction(compare, success, failure, self.limits)
        try:
            future.set_result(self._run_checked(compare, success, failure))
        except (BackendUnavailable, LeaseNotFound) as error:
            future.set_exception(error)
        return future

    def _run(self, compare: Sequence[Compare], success: Sequence[Op], failure: Sequence[Op] = ()) -> TxnResult:
        check_transaction(compare, success, failure, self.limits)
        return self._run_checked(compare, success, failure)

    def _run_checked(self, compare: Sequence[Compare], success: Sequence[Op], failure: Sequence[Op]) -> TxnResult:
        self._check_open()
        result, events = transaction.apply(self._keyspace, compare, success, failure)
        if events:
            self._commit(events)
        return result

    def _commit(self, events: tuple[Event, ...]) -> None:
        for event in events:
            self._leases.attach(event.current.key, event.current.lease)
        self._keyspace.commit(events)
        self._hub.publish(self._keyspace.revision, events)
        excess = self._keyspace.revision - max(self._keyspace.compact_revision, 0) - self._kept_revisions
        if self._kept_revisions and excess > self._kept_revisions // 10:
            self.compact(self._keyspace.revision - self._kept_revisions)

    # Watches and history

    def watch(
        self, start: bytes, end: bytes, *, from_revision: int = 0, previous: bool = False
    ) -> AsyncIterator[Batch]:
        self._check_open()
        check_range(start, end, self.limits)
        watcher = self._hub.add(start, end, from_revision, self._keyspace.revision, previous=previous)
        return WatchStream(self._hub, watcher, self._history)

    async def _history(
        self, start: bytes, end: bytes, revision: int, limit: int
    ) -> tuple[list[tuple[int, tuple[Event, ...]]], int]:
        self._keyspace.check_revision(min(revision, self._keyspace.revision))
        return self._keyspace.events_since(start, end, revision, limit)

    def compact(self, revision: int) -> None:
        """Forget history before `revision`. Raises Compacted when it is gone already, FutureRevision."""
        self._keyspace.compact(revision)
        self._keyspace.drop_history(min([revision, *self._pinned]))

    # Leases

    async def grant(self, ttl_sec: int) -> MemoryLease:
        self._check_open()
        granted = self._leases.grant(self._last_lease + 1, ttl_sec, self._clock.monotonic_ns())
        self._last_lease += 1
        self._keyspace.leases.add(self._last_lease)
        if self._expiry is None:
            self._expiry = tasks.spawn(self._expire(), name="metadata_lease_expiry")
        self._expiry_wanted.set()
        return MemoryLease(self, self._last_lease, granted)

    def renew_lease(self, lease: int) -> int:
        self._check_open()
        return self._leases.renew(lease, self._clock.monotonic_ns())

    def remaining_of_lease(self, lease: int) -> int:
        self._check_open()
        return self._leases.remaining_sec(lease, self._clock.monotonic_ns())

    def revoke_lease(self, lease: int) -> None:
        """Delete the lease's keys in one revision, then the lease."""
        self._check_open()
        doomed = [Delete(key) for key in self._leases.keys_of(lease)]
        events = transaction.apply(self._keyspace, (), doomed).events
        self._leases.drop(lease)
        self._keyspace.leases.discard(lease)
        if events:
            self._commit(events)

    def expire_leases(self) -> None:
        """Revoke every lease whose time is over."""
        for lease in self._leases.due(self._clock.monotonic_ns()):
            self.revoke_lease(lease)

    async def _expire(self) -> None:
        while True:
            deadline = self._leases.next_deadline_ns()
            if deadline is None:
                self._expiry_wanted.clear()
                await self._expiry_wanted.wait()
                continue
            await self._clock.sleep(max(0, deadline - self._clock.monotonic_ns()) / NANOSECONDS)
            self.expire_leases()

    # End

    async def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._hub.end_all(None)
        if self._expiry is not None:
            self._expiry.cancel()
            await asyncio.gather(self._expiry, return_exceptions=True)

    def _check_open(self) -> None:
        if self._is_closed:
            raise BackendUnavailable("the store is closed", maybe_applied=False)


async def open_memory(*, clock: Clock | None = None, limits: Limits | None = None) -> MemoryMetadata:
    """The adapter `memory` of the registry."""
    return MemoryMetadata(clock=clock, limits=limits)
