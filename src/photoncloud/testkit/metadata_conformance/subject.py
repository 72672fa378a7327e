"""How the suites get at an adapter, and what they share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from photoncloud.backends.metadata.port import (
    OPEN_END,
    Batch,
    KeyValue,
    MetadataStore,
)


async def _cannot(*arguments: Any) -> None:
    pytest.skip("this subject cannot do that")


@dataclass
class Subject:
    """How the suites get at an adapter.

    open      a store on the same data each time; every store is closed before the next one opens
    advance   let seconds pass for the store's leases
    compact   forget the history of an open store before a revision
    """

    open: Callable[[], Awaitable[MetadataStore]]
    advance: Callable[[float], Awaitable[None]] = _cannot
    compact: Callable[[Any, int], Awaitable[None]] = _cannot
    opened: list[MetadataStore] = field(default_factory=list)

    async def reopen(self) -> MetadataStore:
        for store in self.opened:
            await store.close()
        store = await self.open()
        self.opened.append(store)
        return store


def row(key: bytes, value: bytes, create: int, mod: int, version: int, lease: int = 0) -> KeyValue:
    return KeyValue(key, value, create, mod, version, lease)


async def revision_of(store: MetadataStore) -> int:
    return (await store.scan(b"\0", OPEN_END, count_only=True)).revision


async def take(stream: AsyncIterator[Batch], count: int) -> list[Batch]:
    """The next `count` batches that carry events."""
    found: list[Batch] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            batch = await anext(stream)
            if not batch.bookmark:
                found.append(batch)
    return found


class Suite:
    """Opens the subject's store for each test and closes whatever was opened."""

    @pytest.fixture
    async def store(self, subject: Subject) -> AsyncIterator[MetadataStore]:
        yield await subject.reopen()
        for store in subject.opened:
            await store.close()
