"""History and leases, for the adapters that have them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from photoncloud.backends.metadata.list_then_watch import list_then_watch
from photoncloud.backends.metadata.mvcc.watchers import MAX_PENDING_BATCHES
from photoncloud.backends.metadata.port import (
    OPEN_END,
    Compacted,
    Compare,
    EventKind,
    FutureRevision,
    InvalidRequest,
    LeaseNotFound,
    MetadataStore,
    Put,
    Relation,
    Target,
    Txn,
    exists,
)
from photoncloud.testkit.metadata_conformance.subject import Subject, Suite, revision_of, row, take


class HistorySuite(Suite):
    """Capability `history`."""

    async def test_reads_at_old_revisions(self, store: MetadataStore) -> None:
        await store.put(b"a", b"1")
        await store.put(b"b", b"1")
        await store.put(b"a", b"2")
        await store.delete(b"b")
        assert await store.get(b"a", revision=1) is None
        assert await store.get(b"a", revision=3) == row(b"a", b"1", 2, 2, 1)
        assert await store.get(b"b", revision=4) == row(b"b", b"1", 3, 3, 1)
        assert await store.get(b"b", revision=5) is None
        page = await store.scan(b"a", b"c", revision=3)
        assert [item.value for item in page.items] == [b"1", b"1"]
        assert page.revision == 3
        assert (await store.scan(b"a", b"c", revision=5)).count == 1

    async def test_compaction(self, store: MetadataStore, subject: Subject) -> None:
        for number in range(5):
            await store.put(b"k", b"%d" % number)
        await store.put(b"gone", b"")
        await store.delete(b"gone")
        await subject.compact(store, 4)
        with pytest.raises(Compacted) as gone:
            await store.get(b"k", revision=3)
        assert gone.value.compact_revision == 4
        with pytest.raises(Compacted):
            await store.scan(b"k", b"l", revision=2)
        assert await store.get(b"k", revision=4) == row(b"k", b"2", 2, 4, 3)
        assert await store.get(b"k", revision=5) == row(b"k", b"3", 2, 5, 4)
        with pytest.raises(Compacted):
            await take(store.watch(b"k", b"", from_revision=3), 1)
        assert [b.revision for b in await take(store.watch(b"k", b"", from_revision=4), 3)] == [4, 5, 6]
        await subject.compact(store, 8)
        assert await store.get(b"k") == row(b"k", b"4", 2, 6, 5)
        assert await store.get(b"gone", revision=8) is None
        assert [b.revision for b in await take(store.watch(b"gone", b"", from_revision=8), 1)] == [8]

    async def test_compaction_goes_forward_only(self, store: MetadataStore, subject: Subject) -> None:
        await store.put(b"k", b"")
        await subject.compact(store, 2)
        with pytest.raises(Compacted):
            await subject.compact(store, 2)
        with pytest.raises(FutureRevision):
            await subject.compact(store, 3)

    async def test_a_watch_behind_a_compaction_ends_and_list_then_watch_starts_over(
        self, store: MetadataStore, subject: Subject
    ) -> None:
        await store.put(b"k", b"0")
        async with aclosing(list_then_watch(store, b"k", b"l")) as changes:  # type: ignore[type-var]
            await anext(changes)
            stream = store.watch(b"k", b"", from_revision=2)
            for number in range(MAX_PENDING_BATCHES + 10):
                await store.put(b"k", b"%d" % number)
            await store.put(b"k2", b"")
            current = await revision_of(store)
            await subject.compact(store, current)
            with pytest.raises(Compacted):
                await take(stream, 1)
            resync = None
            async with asyncio.timeout(10):
                while resync is None or not resync.resync:
                    resync = await anext(changes)
            assert [event.current.key for event in resync.events] == [b"k", b"k2"]
            assert resync.revision == current


class LeaseSuite(Suite):
    """Capability `leases`."""

    async def test_expiry_deletes_all_keys_in_one_revision(self, store: MetadataStore, subject: Subject) -> None:
        lease = await store.grant(10)
        assert lease.ttl_sec == 10
        for key in (b"b", b"a", b"c"):
            await store.put(key, b"v", lease=lease.id)
        assert await store.get(b"a") == row(b"a", b"v", 3, 3, 1, lease.id)
        stream = store.watch(b"\0", OPEN_END)
        await subject.advance(9)
        assert await lease.remaining() == 1
        assert await lease.keep_alive() == 10
        await subject.advance(9.5)
        assert await lease.remaining() == 0
        assert await store.get(b"a") is not None
        await subject.advance(1.5)
        batch = (await take(stream, 1))[0]
        assert batch.revision == 5
        assert [(event.kind, event.current.key) for event in batch.events] == [
            (EventKind.DELETE, key) for key in (b"a", b"b", b"c")
        ]
        assert await lease.remaining() == -1
        assert await lease.keep_alive() == 0

    async def test_revoke(self, store: MetadataStore) -> None:
        lease = await store.grant(60)
        await store.put(b"k", b"v", lease=lease.id)
        await lease.revoke()
        assert await store.get(b"k") is None
        assert await revision_of(store) == 3
        with pytest.raises(LeaseNotFound):
            await lease.revoke()

    async def test_a_lease_without_keys_ends_without_a_revision(self, store: MetadataStore) -> None:
        await (await store.grant(60)).revoke()
        assert await revision_of(store) == 1

    async def test_a_key_moves_between_leases(self, store: MetadataStore) -> None:
        one, two = await store.grant(60), await store.grant(60)
        assert one.id != two.id
        await store.put(b"moved", b"", lease=one.id)
        await store.put(b"moved", b"", lease=two.id)
        await store.put(b"detached", b"", lease=one.id)
        await store.put(b"detached", b"")
        await store.put(b"recreated", b"", lease=one.id)
        await store.delete(b"recreated")
        await store.put(b"recreated", b"")
        await one.revoke()
        assert (await store.scan(b"\0", OPEN_END, count_only=True)).count == 3
        await two.revoke()
        assert [item.key for item in (await store.scan(b"\0", OPEN_END)).items] == [b"detached", b"recreated"]

    async def test_an_unknown_lease_changes_nothing(self, store: MetadataStore) -> None:
        with pytest.raises(LeaseNotFound):
            await store.put(b"k", b"v", lease=4711)
        with pytest.raises(LeaseNotFound):
            await store.txn((), [Put(b"a", b""), Txn([], [Put(b"k", b"v", 4711)])])
        assert await revision_of(store) == 1
        assert (await store.txn([exists(b"a")], [Put(b"k", b"v", 4711)])).succeeded is False

    async def test_short_leases_are_raised_and_endless_ones_refused(self, store: MetadataStore) -> None:
        assert (await store.grant(0)).ttl_sec == 2
        with pytest.raises(InvalidRequest):
            await store.grant(9_000_000_001)

    async def test_compare_of_the_lease(self, store: MetadataStore) -> None:
        lease = await store.grant(60)
        await store.put(b"k", b"v", lease=lease.id)
        assert (await store.txn([Compare(b"k", Target.LEASE, Relation.EQUAL, lease.id)], [])).succeeded
        assert (await store.txn([Compare(b"z", Target.LEASE, Relation.EQUAL, 0)], [])).succeeded

    async def test_a_durable_lease_keeps_its_keys_over_a_restart(self, store: MetadataStore, subject: Subject) -> None:
        if "durable" not in store.capabilities:
            pytest.skip("not durable")
        lease = await store.grant(10)
        await store.put(b"k", b"v", lease=lease.id)
        await subject.advance(8)
        again = await subject.reopen()
        await subject.advance(3)
        assert await again.get(b"k") == row(b"k", b"v", 2, 2, 1, lease.id)
        await subject.advance(9)
        assert await again.get(b"k") is None
