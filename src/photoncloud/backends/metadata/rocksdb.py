"""The RocksDB adapter: one process, durable, group commit, reads without awaiting (`LocalMetadata`).

No history beyond the last events and no leases. Invariants: what was acknowledged is on disk; readers see only what is
on disk (durability `async` excepted); after a failed write or flush nothing is written any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

from photoncloud.backends.metadata.engine.directory_lock import DirectoryLock
from photoncloud.backends.metadata.engine.rocksdb_committer import CommitSettings, Committer, Done, Waiting
from photoncloud.backends.metadata.engine.rocksdb_files import Family, RocksdbFiles
from photoncloud.backends.metadata.engine.rocksdb_history import History, events_of
from photoncloud.backends.metadata.engine.scan_pages import KEPT_PAGE_SEC, PageCursor, ScanPages, read_page
from photoncloud.backends.metadata.engine.space import LOW_BYTES, RESERVE_BYTES, SpaceGuard
from photoncloud.backends.metadata.errors import BackendUnavailable, Compacted, FutureRevision, Unsupported
from photoncloud.backends.metadata.mvcc.request import check_key, check_range, check_transaction
from photoncloud.backends.metadata.mvcc.watchers import WatcherHub
from photoncloud.backends.metadata.port import (
    Batch,
    Compare,
    Durability,
    Event,
    KeyValue,
    Lease,
    Limits,
    Op,
    Page,
    TxnResult,
    Written,
)
from photoncloud.backends.metadata.single_writes import delete_transaction, put_transaction, written
from photoncloud.backends.metadata.watch_stream import WatchStream
from photoncloud.runtime.errors import describe
from photoncloud.runtime.files import make_directory
from photoncloud.runtime.logging import get_logger

__all__ = ["Family", "RocksdbMetadata", "open_rocksdb"]

log = get_logger(__name__)

CACHE_BYTES = 64 * 1024 * 1024
TRANSACTION_BYTES = 4 * 1024 * 1024  # no network on the way, so larger than the port's default
INLINE_SCAN_ROWS = 256  # a page up to this size is read on the loop (well below a millisecond), larger ones off it

_RANK = {Durability.ASYNC: 0, Durability.GROUP: 1, Durability.FSYNC: 2}


class RocksdbMetadata:
    """See `open_rocksdb`. All calls belong to the loop it was opened on."""

    capabilities = frozenset({"durable"})

    def __init__(
        self,
        path: Path,
        lock: DirectoryLock,
        files: RocksdbFiles,
        revision: int,
        space: SpaceGuard,
        limits: Limits,
        durability: Durability,
        commit: CommitSettings,
        on_failure: Callable[[Exception], None],
        on_commit: Callable[[int, float], None],
    ) -> None:
        self.path = path
        self.limits = limits
        self._lock = lock
        self._files = files
        self._space = space
        self._durability = durability
        self._commit = commit
        self._on_failure = on_failure
        self._on_commit = on_commit
        self._loop = asyncio.get_running_loop()
        self._history = History(revision)
        self._hub = WatcherHub(revision)
        self._pages = ScanPages()
        self._pages_timer: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._committer = Committer(files, revision, space, commit, self._loop, self._deliver, self._failed)
        self._visibility = self._committer.visibility
        self._committer.start()

    # State

    @property
    def published_revision(self) -> int:
        return self._visibility.published.revision

    def status(self) -> str:
        """For a health check: "ok", or why writes are refused or weaker than usual."""
        if self._committer.failure is not None:
            return f"read-only after a failed commit: {describe(self._committer.failure)}"
        if self._space.is_full:
            return f"no space left on {self.path}: only deletes are taken"
        if self._durability is Durability.ASYNC:
            return "durability async: acknowledged commits can be lost on power failure"
        return "ok"

    def tune(
        self,
        *,
        durability: Durability | None = None,
        commit_max_ops: int | None = None,
        commit_delay_us: int | None = None,
    ) -> None:
        """Change what may change while running; takes effect with the next batch."""
        self._durability = durability or self._durability
        if commit_max_ops is not None:
            self._commit.max_ops = commit_max_ops
        if commit_delay_us is not None:
            self._commit.delay_us = commit_delay_us

    # Reads

    def get_now(self, key: bytes) -> KeyValue | None:
        if not 0 < len(key) <= self.limits.key_bytes:
            check_key(key, self.limits)
        self._check_open()
        return self._visibility.published.get(self._files, key)

    async def get(self, key: bytes, *, revision: int = 0) -> KeyValue | None:
        if revision <= 0:
            return self.get_now(key)
        page = await self.scan(key, b"", revision=revision)
        return page.items[0] if page.items else None

    def scan_now(self, start: bytes, end: bytes, *, limit: int, keys_only: bool = False) -> Page:
        with self.cursor(start, end) as cursor:
            rows = cursor.take(limit + 1)
            revision = cursor.revision
        more = len(rows) > limit
        items = tuple(row._replace(value=b"") for row in rows[:limit]) if keys_only else tuple(rows[:limit])
        return Page(items, more, len(items), revision)

    def cursor(self, start: bytes, end: bytes) -> PageCursor:
        check_range(start, end, self.limits)
        self._check_open()
        return self._visibility.cursor(self._files, start, end)

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
        cursor = self._pages.take(revision, start, end) if revision > 0 else None
        if cursor is None:
            cursor = self._current_cursor(start, end, revision)
        if 0 < limit <= INLINE_SCAN_ROWS and not count_only:
            page = read_page(cursor, start, limit, keys_only, False)
        else:
            page = await self._loop.run_in_executor(None, read_page, cursor, start, limit, keys_only, count_only)
        if page.more:
            self._pages.keep(cursor, end)
            self._forget_pages_later()
        else:
            cursor.close()
        return page

    def _forget_pages_later(self) -> None:
        """One timer looks after all abandoned scans, and only while there are some."""
        if self._pages_timer is None:
            self._pages_timer = self._loop.call_later(KEPT_PAGE_SEC, self._forget_pages)

    def _forget_pages(self) -> None:
        self._pages_timer = None
        self._pages.drop_old()
        if len(self._pages):
            self._forget_pages_later()

    def _current_cursor(self, start: bytes, end: bytes, revision: int) -> PageCursor:
        """A new cursor; `revision`, unless 0, must be the published one."""
        cursor = self.cursor(start, end)
        if revision <= 0 or revision == cursor.revision:
            return cursor
        cursor.close()
        if revision > cursor.revision:
            raise FutureRevision(revision, cursor.revision)
        raise Compacted(cursor.revision)

    # Writes

    def txn_nowait(
        self,
        compare: Sequence[Compare],
        success: Sequence[Op],
        failure: Sequence[Op] = (),
        *,
        durability: Durability | None = None,
        makes_room: bool = False,
    ) -> asyncio.Future[TxnResult]:
        size = check_transaction(compare, success, failure, self.limits)
        self._check_open()
        wanted = self._durability
        if durability is not None and _RANK[durability] > _RANK[wanted]:
            wanted = durability
        future: asyncio.Future[TxnResult] = self._loop.create_future()
        self._committer.submit(Waiting(future, compare, success, failure, wanted, size, makes_room))
        return future

    async def txn(self, compare: Sequence[Compare], success: Sequence[Op], failure: Sequence[Op] = ()) -> TxnResult:
        return await self.txn_nowait(compare, success, failure)

    async def put(self, key: bytes, value: bytes, *, expected_revision: int | None = None, lease: int = 0) -> Written:
        if lease:
            raise Unsupported("leases", "rocksdb")
        result = await self.txn_nowait(*put_transaction(key, value, expected_revision, 0))
        return written(result, key, expected_revision)

    async def delete(self, key: bytes, *, expected_revision: int | None = None) -> Written:
        result = await self.txn_nowait(*delete_transaction(key, expected_revision))
        return written(result, key, expected_revision)

    def _deliver(self, done: Done) -> None:
        """One committed batch, on the loop: history and watchers first, then the waiters."""
        for revision, changes in done.changed:
            self._history.append(revision, changes)
            self._hub.publish(revision, events_of(revision, changes) if len(self._hub) else ())
        for future, outcome in done.outcomes:
            if future.done():  # its caller went away
                continue
            if isinstance(outcome, TxnResult):
                future.set_result(outcome)
            else:
                future.set_exception(outcome)
        self._on_commit(len(done.outcomes), done.fsync_sec)

    def _failed(self, error: Exception) -> None:
        reason = BackendUnavailable(f"commit failed: {describe(error)}", maybe_applied=False)
        self._hub.end_all(reason)
        self._on_failure(error)

    # Watches

    def watch(
        self, start: bytes, end: bytes, *, from_revision: int = 0, previous: bool = False
    ) -> AsyncIterator[Batch]:
        check_range(start, end, self.limits)
        self._check_open()
        watcher = self._hub.add(start, end, from_revision, self.published_revision, previous=previous)
        return WatchStream(self._hub, watcher, self._read_history)

    async def _read_history(
        self, start: bytes, end: bytes, revision: int, limit: int
    ) -> tuple[list[tuple[int, tuple[Event, ...]]], int]:
        return self._history.since(start, end, revision, limit)

    async def grant(self, ttl_sec: int) -> Lease:
        raise Unsupported("leases", "rocksdb")

    # Upkeep

    async def checkpoint(self, directory: Path) -> None:
        """A consistent, openable copy in the new `directory` (same file system). Raises PhotonError."""
        self._check_open()
        await self._loop.run_in_executor(None, self._files.checkpoint, directory)

    async def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        await self._loop.run_in_executor(None, self._committer.stop)
        await asyncio.sleep(0)  # the last batch's callback runs before watches end
        self._hub.end_all(None)
        self._pages.clear()
        if self._pages_timer is not None:
            self._pages_timer.cancel()
        self._visibility.published = self._visibility.published._replace(snapshots=())
        for error in await self._loop.run_in_executor(None, self._files.close):
            log.warning("metadata_close_incomplete", path=str(self.path), error=describe(error))
        self._lock.release()

    def _check_open(self) -> None:
        if self._is_closed:
            raise BackendUnavailable("the store is closed", maybe_applied=False)


async def open_rocksdb(
    path: str | Path,
    *,
    families: Mapping[int, Family] | None = None,
    limits: Limits | None = None,
    durability: Durability = Durability.GROUP,
    commit_max_ops: int = 256,
    commit_delay_us: int = 0,
    cache_bytes: int = CACHE_BYTES,
    reserve_bytes: int = RESERVE_BYTES,
    low_space_bytes: int = LOW_BYTES,
    on_failure: Callable[[Exception], None] = lambda error: None,
    on_commit: Callable[[int, float], None] = lambda transactions, fsync_sec: None,
) -> RocksdbMetadata:
    """Open or create the store in directory `path` (made with mode 0700).

    families    first key byte -> column family; the map is stored and later openings must agree with it
    on_failure  called once, on the loop, when a commit failed: the store is read-only from then on and the process
                should drain and exit
    on_commit   called on the loop per batch with its number of transactions and the seconds of its fsync

    Raises BackendUnavailable (directory in use: names path and pid), PhotonError `metadata-corrupt`,
    `metadata-families`, `metadata-format`.
    """
    directory = Path(path)
    make_directory(directory)  # its name must outlive a power cut, like what is acknowledged in it
    lock = DirectoryLock(directory)
    loop = asyncio.get_running_loop()
    try:
        files = await loop.run_in_executor(None, RocksdbFiles, directory, families or {}, cache_bytes)
        try:
            revision = files.start()
            space = SpaceGuard(directory, reserve_bytes=reserve_bytes, low_bytes=low_space_bytes)
            return RocksdbMetadata(
                directory,
                lock,
                files,
                revision,
                space,
                limits or Limits(transaction_bytes=TRANSACTION_BYTES),
                durability,
                CommitSettings(commit_max_ops, commit_delay_us),
                on_failure,
                on_commit,
            )
        except BaseException:
            files.close()
            raise
    except BaseException:
        lock.release()
        raise
