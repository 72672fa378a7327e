"""The asynchronous side of a watch: pending batches, then history while behind, then bookmarks while idle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from photoncloud.backends.metadata.mvcc.watchers import Watcher, WatcherHub
from photoncloud.backends.metadata.port import Batch, Event

CATCH_UP_REVISIONS = 1000  # revisions read from history at once
BOOKMARK_INTERVAL_SEC = 30.0  # an idle watch learns this often how far the store has moved

History = Callable[[bytes, bytes, int, int], Awaitable[tuple[list[tuple[int, tuple[Event, ...]]], int]]]
"""(start, end, from_revision, limit) -> revisions with events, revision reached. Raises Compacted."""


class WatchStream(AsyncIterator[Batch]):
    """What `MetadataStore.watch` returns. Registered from the start; for one consumer."""

    def __init__(self, hub: WatcherHub, watcher: Watcher, history: History) -> None:
        self._hub = hub
        self._watcher = watcher
        self._history = history
        self._wanted = watcher.next_revision
        self._told = watcher.next_revision - 1
        self._waiting: asyncio.Future[None] | None = None
        watcher.wake = self._wake

    def __aiter__(self) -> WatchStream:
        return self

    async def __anext__(self) -> Batch:
        watcher = self._watcher
        while True:
            if watcher.pending:
                return self._deliver(watcher.pending.popleft())
            if watcher.ended:
                self._finish()
            if not watcher.synced:
                bookmark = await self._catch_up()
                if bookmark is not None:
                    return self._deliver(bookmark)
            elif not await self._wait() and self._hub.revision > self._told:
                return self._deliver(Batch(self._hub.revision, (), bookmark=True))

    async def aclose(self) -> None:
        """Stop watching; a waiting `__anext__` ends."""
        self._hub.remove(self._watcher)
        self._watcher.pending.clear()
        self._watcher.end_with(None)

    def _deliver(self, batch: Batch) -> Batch:
        self._told = max(self._told, batch.revision)
        return batch

    def _finish(self) -> None:
        self._hub.remove(self._watcher)
        if self._watcher.failure is not None:
            raise self._watcher.failure
        raise StopAsyncIteration

    async def _catch_up(self) -> Batch | None:
        """Read one portion of history into `pending`; a bookmark when that made the watcher synced without events."""
        watcher = self._watcher
        try:
            found, reached = await self._history(watcher.start, watcher.end, watcher.next_revision, CATCH_UP_REVISIONS)
        except Exception as failure:
            if not watcher.ended:
                watcher.end_with(failure)
            return None
        watcher.pending.extend(watcher.view(revision, events) for revision, events in found)
        watcher.next_revision = reached + 1
        watcher.synced = reached >= self._hub.revision
        idle = watcher.synced and not watcher.pending and not watcher.ended and reached >= self._wanted
        return Batch(reached, (), bookmark=True) if idle else None

    async def _wait(self) -> bool:
        """Sleep until woken (True) or until a bookmark is due (False)."""
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(BOOKMARK_INTERVAL_SEC):
                await self._waiting
        except TimeoutError:
            return False
        finally:
            self._waiting = None
        return True

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
