from __future__ import annotations

from contextlib import aclosing

import pytest

from photoncloud.backends.metadata import list_then_watch as module
from photoncloud.backends.metadata.list_then_watch import list_then_watch
from photoncloud.backends.metadata.memory import MemoryMetadata


async def test_a_large_range_is_listed_in_pages_of_one_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE_ROWS", 3)
    store = MemoryMetadata()
    for number in range(10):
        await store.put(b"k%d" % number, b"")
    async with aclosing(list_then_watch(store, b"k", b"l")) as batches:  # type: ignore[type-var]
        first = await anext(batches)
        assert [event.current.key for event in first.events] == [b"k%d" % number for number in range(10)]
        await store.put(b"k3", b"new")
        assert (await anext(batches)).events[0].current.value == b"new"
    await store.close()


async def test_it_ends_with_the_store() -> None:
    store = MemoryMetadata()
    await store.put(b"k", b"")
    batches = list_then_watch(store, b"k", b"l")
    await anext(batches)
    await store.close()
    assert [batch async for batch in batches] == []


async def test_compacted_between_list_and_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The range changes and is compacted before the first read of history: a resync, no error, no loss."""
    store = MemoryMetadata()
    await store.put(b"k", b"0")
    async with aclosing(list_then_watch(store, b"k", b"l")) as batches:  # type: ignore[type-var]
        await anext(batches)
        await anext_bookmark_free(store, batches)
    await store.close()


async def anext_bookmark_free(store: MemoryMetadata, batches: object) -> None:
    for number in range(300):  # more than a slow reader may have pending
        await store.put(b"k", b"%d" % number)
    store.compact(store.published_revision)
    seen = []
    async for batch in batches:  # type: ignore[attr-defined]
        seen.append(batch)
        if batch.resync:
            break
    assert seen[-1].events[0].current.value == b"299"
    revisions = [batch.revision for batch in seen]
    assert revisions == sorted(revisions)
