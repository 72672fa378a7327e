"""Revisions, conditional writes, ranges, limits and capabilities."""

from __future__ import annotations

import asyncio

import pytest

from photoncloud.backends.metadata.port import (
    OPEN_END,
    Compare,
    FutureRevision,
    Get,
    InvalidRequest,
    LimitExceeded,
    MetadataStore,
    Op,
    Page,
    Put,
    Relation,
    RevisionMismatch,
    Target,
    Txn,
    Unsupported,
    Written,
    absent,
    prefix_end,
)
from photoncloud.testkit.metadata_conformance.subject import Subject, Suite, revision_of, row


class WritingSuite(Suite):
    """Single writes and reads."""

    # Revisions

    async def test_a_fresh_store_is_at_revision_one_and_the_first_write_makes_two(self, store: MetadataStore) -> None:
        assert await revision_of(store) == 1
        assert await store.put(b"k", b"v") == Written(2)
        assert await store.get(b"k") == row(b"k", b"v", 2, 2, 1)

    async def test_puts_count_versions_and_keep_the_create_revision(self, store: MetadataStore) -> None:
        await store.put(b"k", b"same")
        for revision in range(3, 80):
            assert await store.put(b"k", b"same") == Written(
                revision, 0, row(b"k", b"same", 2, revision - 1, revision - 2)
            )
        assert await store.get(b"k") == row(b"k", b"same", 2, 79, 78)

    async def test_a_deleted_key_starts_again(self, store: MetadataStore) -> None:
        await store.put(b"k", b"1")
        await store.put(b"k", b"2")
        assert await store.delete(b"k") == Written(4, 1, row(b"k", b"2", 2, 3, 2))
        assert await store.get(b"k") is None
        await store.put(b"k", b"3")
        assert await store.get(b"k") == row(b"k", b"3", 5, 5, 1)

    async def test_deleting_nothing_succeeds_without_a_new_revision(self, store: MetadataStore) -> None:
        await store.put(b"k", b"v")
        assert await store.delete(b"absent") == Written(2)
        assert await revision_of(store) == 2

    async def test_revisions_beyond_every_header_width(self, store: MetadataStore) -> None:
        for _ in range(140):
            await store.txn((), [Put(b"%03d" % number, b"") for number in range(120)])
        last = await store.get(b"007")
        assert last == row(b"007", b"", 2, 141, 140)

    # expected_revision

    async def test_zero_expects_absence(self, store: MetadataStore) -> None:
        assert (await store.put(b"k", b"v", expected_revision=0)).revision == 2
        with pytest.raises(RevisionMismatch) as lost:
            await store.put(b"k", b"w", expected_revision=0)
        assert (lost.value.key, lost.value.expected, lost.value.actual) == (b"k", 0, 2)
        assert await store.get(b"k") == row(b"k", b"v", 2, 2, 1)
        assert await revision_of(store) == 2

    async def test_n_expects_that_mod_revision(self, store: MetadataStore) -> None:
        await store.put(b"k", b"v")
        assert await store.put(b"k", b"w", expected_revision=2) == Written(3, 0, row(b"k", b"v", 2, 2, 1))
        with pytest.raises(RevisionMismatch) as lost:
            await store.delete(b"k", expected_revision=2)
        assert lost.value.actual == 3
        assert (await store.delete(b"k", expected_revision=3)).deleted == 1
        with pytest.raises(RevisionMismatch) as gone:
            await store.put(b"k", b"x", expected_revision=3)
        assert gone.value.actual == 0

    async def test_racing_writers_lose_no_update(self, store: MetadataStore) -> None:
        await store.put(b"counter", b"0")

        async def increment() -> None:
            while True:
                current = await store.get(b"counter")
                assert current is not None
                try:
                    value = b"%d" % (int(current.value) + 1)
                    await store.put(b"counter", value, expected_revision=current.mod_revision)
                except RevisionMismatch:
                    continue
                return

        await asyncio.gather(*[increment() for _ in range(30)])
        assert await store.get(b"counter") == row(b"counter", b"30", 2, 32, 31)

    # Ranges

    async def test_ranges(self, store: MetadataStore) -> None:
        keys = [b"\0", b"\0\0", b"a", b"a\0", b"ab", b"b", b"b\xff", b"c", b"\xff", b"\xff\xff"]
        for key in keys:
            await store.put(key, key)

        async def found(start: bytes, end: bytes) -> list[bytes]:
            page = await store.scan(start, end)
            assert page.count == len(page.items)
            assert not page.more
            return [item.key for item in page.items]

        assert await found(b"\0", OPEN_END) == keys
        assert await found(b"a", b"") == [b"a"]
        assert await found(b"absent", b"") == []
        assert await found(b"a", b"b") == [b"a", b"a\0", b"ab"]
        assert await found(b"a\0", OPEN_END) == keys[3:]
        assert await found(b"b", prefix_end(b"b")) == [b"b", b"b\xff"]
        assert await found(b"\xff", prefix_end(b"\xff")) == [b"\xff", b"\xff\xff"]
        assert await found(b"b", b"a") == []
        assert await found(b"b", b"b") == []

    async def test_scan_options(self, store: MetadataStore) -> None:
        for number in range(5):
            await store.put(b"k%d" % number, b"v%d" % number)
        page = await store.scan(b"k", b"l", limit=2)
        assert [item.key for item in page.items] == [b"k0", b"k1"]
        assert page.more
        assert page.count > 2
        assert page.revision == 6
        keys = await store.scan(b"k", b"l", keys_only=True)
        assert keys.items[3] == row(b"k3", b"", 5, 5, 1)
        assert await store.scan(b"k", b"l", count_only=True) == Page((), False, 5, 6)
        assert await store.scan(b"k", b"l", limit=5) == await store.scan(b"k", b"l")

    async def test_pages_of_one_scan_are_one_snapshot(self, store: MetadataStore) -> None:
        for number in range(10):
            await store.put(b"k%d" % number, b"old")
        page = await store.scan(b"k", b"l", limit=3)
        seen = list(page.items)
        while page.more:
            await store.put(b"k%d" % (len(seen)), b"new")
            await store.put(b"kx%d" % len(seen), b"new")
            await store.delete(b"k9")
            page = await store.scan(seen[-1].key + b"\0", b"l", limit=3, revision=page.revision)
            seen += page.items
        assert [item.key for item in seen] == [b"k%d" % number for number in range(10)]
        assert {item.value for item in seen} == {b"old"}

    async def test_a_read_in_the_future_is_refused(self, store: MetadataStore) -> None:
        with pytest.raises(FutureRevision):
            await store.scan(b"a", b"b", revision=5)
        with pytest.raises(FutureRevision):
            await store.get(b"a", revision=5)

    # Limits

    async def test_what_is_too_large_is_refused_without_effect(self, store: MetadataStore) -> None:
        limits = store.limits
        key = b"k" * limits.key_bytes
        await store.put(key, b"v" * limits.value_bytes)
        with pytest.raises(LimitExceeded):
            await store.put(key + b"k", b"")
        with pytest.raises(LimitExceeded):
            await store.get(key + b"k")
        with pytest.raises(LimitExceeded):
            await store.put(b"k", b"v" * (limits.value_bytes + 1))
        many: list[Op] = [Put(b"%d" % number, b"") for number in range(limits.operations + 1)]
        with pytest.raises(LimitExceeded):
            await store.txn((), many)
        with pytest.raises(LimitExceeded):
            await store.txn([absent(b"a")] * (limits.operations + 1), [])
        with pytest.raises(LimitExceeded):
            await store.txn((), [Txn([], many[: limits.operations])])
        parts = limits.transaction_bytes // limits.value_bytes + 1
        with pytest.raises(LimitExceeded):
            await store.txn((), [Put(b"%d" % number, b"v" * limits.value_bytes) for number in range(parts)])
        assert (await store.txn((), many[:-1])).revision == 3
        assert await revision_of(store) == 3

    async def test_an_empty_key_is_refused(self, store: MetadataStore) -> None:
        for call in (store.get(b""), store.put(b"", b""), store.delete(b""), store.scan(b"", OPEN_END)):
            with pytest.raises(InvalidRequest):
                await call
        with pytest.raises(InvalidRequest):
            await store.txn([absent(b"")], [])
        with pytest.raises(InvalidRequest):
            await store.txn((), [Get(b"")])

    async def test_a_compare_takes_its_own_kind_of_operand(self, store: MetadataStore) -> None:
        with pytest.raises(InvalidRequest):
            await store.txn([Compare(b"k", Target.MOD, Relation.EQUAL, b"1")], [])
        with pytest.raises(InvalidRequest):
            await store.txn([Compare(b"k", Target.VALUE, Relation.EQUAL, 1)], [])

    async def test_only_bytes_are_stored(self, store: MetadataStore) -> None:
        for value in (bytearray(b"v"), memoryview(b"v"), "v"):
            with pytest.raises(InvalidRequest):
                await store.put(b"k", value)  # type: ignore[arg-type]
        assert await revision_of(store) == 1

    # Capabilities

    async def test_missing_capabilities_are_refused_by_name(self, store: MetadataStore) -> None:
        assert store.capabilities <= {"history", "leases", "shared", "durable"}
        if "leases" not in store.capabilities:
            with pytest.raises(Unsupported):
                await store.grant(10)
            with pytest.raises(Unsupported):
                await store.put(b"k", b"v", lease=1)
            with pytest.raises(Unsupported):
                await store.txn((), [Put(b"k", b"v", 1)])
        assert await revision_of(store) == 1

    async def test_a_durable_store_comes_back_as_it_was(self, store: MetadataStore, subject: Subject) -> None:
        if "durable" not in store.capabilities:
            pytest.skip("not durable")
        for number in range(50):
            await store.put(b"k%02d" % (number % 20), b"%d" % number)
        await store.delete(b"k03")
        before = await store.scan(b"\0", OPEN_END)
        again = await subject.reopen()
        assert await again.scan(b"\0", OPEN_END) == before
        assert (await again.put(b"new", b"")).revision == before.revision + 1
