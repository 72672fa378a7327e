"""What only the reference has: bounded history and cursors that hold it back. The rest is in tests/conformance."""

from __future__ import annotations

import pytest

from photoncloud.backends.metadata.memory import MemoryMetadata, open_memory
from photoncloud.backends.metadata.port import BackendUnavailable, Compacted, Durability, Put
from photoncloud.testkit.clock import SimClock


async def test_history_is_bounded() -> None:
    store = MemoryMetadata(kept_revisions=100)
    for number in range(500):
        await store.put(b"k", b"%d" % number)
    with pytest.raises(Compacted):
        await store.get(b"k", revision=300)
    assert (await store.get(b"k", revision=450)) is not None
    await store.close()


async def test_a_cursor_holds_the_history_it_reads() -> None:
    store = MemoryMetadata()
    for number in range(5):
        await store.put(b"k%d" % number, b"old")
    with store.cursor(b"k", b"l") as cursor:
        for number in range(5):
            await store.put(b"k%d" % number, b"new")
        store.compact(store.published_revision)
        assert [row.value for row in cursor.take(9)] == [b"old"] * 5
    await store.put(b"k0", b"newer")
    store.compact(store.published_revision)
    assert [row.value for row in store.scan_now(b"k", b"l", limit=9).items] == [b"newer"] + [b"new"] * 4
    await store.close()


async def test_a_closed_store_refuses_through_the_future() -> None:
    store = await open_memory()
    await store.close()
    with pytest.raises(BackendUnavailable):
        await store.txn_nowait((), [Put(b"k", b"")], durability=Durability.FSYNC)


async def test_leases_end_in_the_order_of_their_deadlines() -> None:
    clock = SimClock()
    store = await open_memory(clock=clock)
    for ttl in (30, 10, 20):
        lease = await store.grant(ttl)
        await store.put(b"k%d" % ttl, b"", lease=lease.id)
    for left in (3, 2, 1, 0):
        assert (await store.scan(b"k", b"l")).count == left
        await clock.advance(10.5)
    await store.close()
