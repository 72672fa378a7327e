"""Decoded heads of keys, bounded in bytes, never older than what a reader could see in the index.

While a commit that changes a key is under way the key is *pending*: its cached head is dropped at once and nothing is
cached for it until the outcome is known. All writes of this process go through `Commits`, so a cached head of a key
that is not pending is what the last published revision holds.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import NamedTuple

from photoncloud.lightningstor.core.object_headers import ReplyHeaders
from photoncloud.lightningstor.core.versioning import Head

_ENTRY_BYTES = 900
"""Rough cost of a decoded record and its bookkeeping beside the encoded bytes."""


class CachedHead:
    """A head with what replies derive from it, made once."""

    __slots__ = ("cost", "head", "reply")

    def __init__(self, head: Head, cost: int) -> None:
        self.head = head
        self.cost = cost
        self.reply: ReplyHeaders | None = None
        """`object_headers.stored_headers` of the current object, once a read needed it."""


class CacheStatus(NamedTuple):
    entries: int
    size: int


class HeadCache:
    """Keys are `key_space.place` of an object key."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._size = 0
        self._entries: OrderedDict[bytes, CachedHead] = OrderedDict()
        self._pending: dict[bytes, int] = {}
        self._waiters: dict[bytes, list[asyncio.Future[None]]] = {}
        self.epoch = 0
        """Changes whenever a commit begins: what was read before may only be cached while it stands still."""

    def get(self, place: bytes) -> CachedHead | None:
        entry = self._entries.get(place)
        if entry is not None:
            self._entries.move_to_end(place)
        return entry

    def put(self, place: bytes, head: Head, epoch: int) -> CachedHead:
        """Keep a head that was read when the epoch was `epoch`; the entry serves the caller in any case."""
        entry = CachedHead(head, len(place) + len(head.value) + _ENTRY_BYTES)
        if epoch == self.epoch and place not in self._pending and head.record is not None:
            self._insert(place, entry)
        return entry

    def _insert(self, place: bytes, entry: CachedHead) -> None:
        self._drop(place)
        self._entries[place] = entry
        self._size += entry.cost
        while self._size > self._limit:
            _, oldest = self._entries.popitem(last=False)
            self._size -= oldest.cost

    def _drop(self, place: bytes) -> None:
        entry = self._entries.pop(place, None)
        if entry is not None:
            self._size -= entry.cost

    def begin(self, place: bytes) -> None:
        """A commit that changes this key is about to be handed over."""
        self.epoch += 1
        self._pending[place] = self._pending.get(place, 0) + 1
        self._drop(place)

    def end(self, place: bytes, head: Head | None) -> None:
        """Its outcome is known: `head` is what it made, None when it failed, removed the key or is uncertain."""
        left = self._pending[place] - 1
        if left:
            self._pending[place] = left
            return
        del self._pending[place]
        if head is not None:
            self.put(place, head, self.epoch)
        for waiter in self._waiters.pop(place, ()):
            if not waiter.done():
                waiter.set_result(None)

    def is_pending(self, place: bytes) -> bool:
        return place in self._pending

    async def settled(self, place: bytes) -> None:
        """Return once no commit of this process is under way for the key."""
        while place in self._pending:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.setdefault(place, []).append(waiter)
            await waiter

    def clear(self) -> None:
        """Forget everything: after the index may have changed behind our back."""
        self._entries.clear()
        self._size = 0
        self.epoch += 1

    def status(self) -> CacheStatus:
        return CacheStatus(len(self._entries), self._size)
