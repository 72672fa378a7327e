"""Watches: order, completeness, ends."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from photoncloud.backends.metadata.list_then_watch import list_then_watch
from photoncloud.backends.metadata.mvcc.watchers import MAX_PENDING_BATCHES
from photoncloud.backends.metadata.port import (
    BackendUnavailable,
    Batch,
    Delete,
    EventKind,
    MetadataStore,
    Put,
    prefix_end,
)
from photoncloud.testkit.metadata_conformance.subject import Suite, row, take


class WatchSuite(Suite):
    """Watches of live changes and of recent ones."""

    # Watches

    async def test_a_watch_sees_what_comes_after_it(self, store: MetadataStore) -> None:
        await store.put(b"a", b"before")
        stream = store.watch(b"a", b"c")
        await store.put(b"a", b"1")
        await store.put(b"x", b"outside")
        await store.txn((), [Put(b"b", b"2"), Put(b"z", b""), Delete(b"a")])
        first, second = await take(stream, 2)
        assert first == Batch(3, first.events)
        assert [(e.kind, e.current, e.previous) for e in first.events] == [
            (EventKind.PUT, row(b"a", b"1", 2, 3, 2), None)
        ]
        assert second.revision == 5
        assert [(e.kind, e.current, e.previous) for e in second.events] == [
            (EventKind.PUT, row(b"b", b"2", 5, 5, 1), None),
            (EventKind.DELETE, row(b"a", b"", 0, 5, 0), None),
        ]

    async def test_previous_rows_when_asked_for(self, store: MetadataStore) -> None:
        stream = store.watch(b"k", b"", previous=True)
        await store.put(b"k", b"1")
        await store.put(b"k", b"2")
        await store.delete(b"k")
        batches = await take(stream, 3)
        assert [batch.events[0].previous for batch in batches] == [
            None,
            row(b"k", b"1", 2, 2, 1),
            row(b"k", b"2", 2, 3, 2),
        ]

    async def test_a_watch_from_a_revision_is_inclusive(self, store: MetadataStore) -> None:
        for number in range(4):
            await store.put(b"k", b"%d" % number)
        stream = store.watch(b"k", b"", from_revision=3)
        await store.put(b"k", b"live")
        assert [batch.revision for batch in await take(stream, 4)] == [3, 4, 5, 6]

    async def test_a_watch_from_the_future_waits(self, store: MetadataStore) -> None:
        stream = store.watch(b"k", b"", from_revision=4)
        for number in range(4):
            await store.put(b"k", b"%d" % number)
        assert [batch.revision for batch in await take(stream, 2)] == [4, 5]

    async def test_a_watch_that_caught_up_without_events_says_so(self, store: MetadataStore) -> None:
        await store.put(b"x", b"")
        await store.put(b"x", b"")
        async with asyncio.timeout(10):
            batch = await anext(store.watch(b"k", b"", from_revision=2))
        assert batch == Batch(3, (), bookmark=True)

    async def test_a_slow_watcher_misses_nothing(self, store: MetadataStore) -> None:
        stream = store.watch(b"k", b"l")
        count = MAX_PENDING_BATCHES * 2 + 50
        await asyncio.gather(*[store.put(b"k%d" % number, b"") for number in range(count)])
        batches = await take(stream, count)
        assert [batch.revision for batch in batches] == list(range(2, count + 2))

    async def test_many_watchers_of_different_ranges(self, store: MetadataStore) -> None:
        streams = {number: store.watch(b"k%d/" % number, prefix_end(b"k%d/" % number)) for number in range(10)}
        for number in range(10):
            await store.put(b"k%d/x" % number, b"")
        for number, stream in streams.items():
            assert (await take(stream, 1))[0].events[0].current.key == b"k%d/x" % number

    async def test_close_ends_watches_and_refuses_calls(self, store: MetadataStore) -> None:
        stream = store.watch(b"k", b"")
        reader = asyncio.ensure_future(anext(stream, None))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        await store.close()
        async with asyncio.timeout(10):
            assert await reader is None
        with pytest.raises(BackendUnavailable) as refused:
            await store.put(b"k", b"v")
        assert not refused.value.maybe_applied
        await store.close()

    async def test_a_watch_can_be_left(self, store: MetadataStore) -> None:
        stream: Any = store.watch(b"k", b"")
        reader = asyncio.ensure_future(anext(stream, None))
        await asyncio.sleep(0)
        await stream.aclose()
        async with asyncio.timeout(10):
            assert await reader is None
        await store.put(b"k", b"v")

    async def test_list_then_watch(self, store: MetadataStore) -> None:
        await store.put(b"k1", b"1")
        await store.put(b"k2", b"2")
        await store.put(b"other", b"")
        async with aclosing(list_then_watch(store, b"k", b"l")) as changes:  # type: ignore[type-var]
            first = await anext(changes)
            assert [event.current.key for event in first.events] == [b"k1", b"k2"]
            assert (first.revision, first.resync) == (4, False)
            await store.delete(b"k1")
            second = (await take(changes, 1))[0]
            assert (second.revision, second.events[0].kind) == (5, EventKind.DELETE)
