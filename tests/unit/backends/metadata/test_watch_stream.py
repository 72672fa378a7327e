from __future__ import annotations

import asyncio

import pytest

from photoncloud.backends.metadata import watch_stream
from photoncloud.backends.metadata.memory import MemoryMetadata
from photoncloud.backends.metadata.mvcc.watchers import WatcherHub
from photoncloud.backends.metadata.port import BackendUnavailable, Batch, Event, EventKind, KeyValue
from photoncloud.backends.metadata.watch_stream import WatchStream


def put(key: bytes, revision: int) -> Event:
    return Event(EventKind.PUT, KeyValue(key, b"", revision, revision, 1))


async def no_history(start: bytes, end: bytes, revision: int, limit: int) -> tuple[list, int]:  # type: ignore[type-arg]
    raise AssertionError("a synced watch reads no history")


async def test_an_idle_watch_learns_how_far_the_store_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_stream, "BOOKMARK_INTERVAL_SEC", 0.01)
    store = MemoryMetadata()
    stream = store.watch(b"k", b"")
    await store.put(b"other", b"")
    assert await anext(stream) == Batch(2, (), bookmark=True)
    await store.put(b"k", b"")
    assert (await anext(stream)).events
    await store.close()


async def test_no_bookmark_without_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_stream, "BOOKMARK_INTERVAL_SEC", 0.001)
    store = MemoryMetadata()
    reader = asyncio.ensure_future(anext(store.watch(b"k", b"")))
    await asyncio.sleep(0.05)
    assert not reader.done()
    await store.put(b"k", b"")
    assert (await reader).revision == 2
    await store.close()


async def test_what_is_pending_is_delivered_before_the_end() -> None:
    hub = WatcherHub(1)
    stream = WatchStream(hub, hub.add(b"k", b"", 0, 1, previous=False), no_history)
    hub.publish(2, (put(b"k", 2),))
    hub.end_all(BackendUnavailable("died", maybe_applied=False))
    assert (await anext(stream)).revision == 2
    with pytest.raises(BackendUnavailable):
        await anext(stream)


async def test_events_published_while_history_is_read_are_not_lost() -> None:
    hub = WatcherHub(5)
    watcher = hub.add(b"k", b"", 3, 5, previous=False)

    async def history(start: bytes, end: bytes, revision: int, limit: int) -> tuple[list, int]:  # type: ignore[type-arg]
        reached = hub.revision
        if reached == 5:
            hub.publish(6, (put(b"k", 6),))
        return [(at, (put(b"k", at),)) for at in range(revision, reached + 1)], reached

    stream = WatchStream(hub, watcher, history)
    assert [(await anext(stream)).revision for _ in range(4)] == [3, 4, 5, 6]


async def test_a_cancelled_wait_can_be_repeated() -> None:
    hub = WatcherHub(1)
    stream = WatchStream(hub, hub.add(b"k", b"", 0, 1, previous=False), no_history)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await anext(stream)
    hub.publish(2, (put(b"k", 2),))
    assert (await anext(stream)).revision == 2
    await stream.aclose()
    assert len(hub) == 0
