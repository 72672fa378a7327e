"""Transactions: branches, compares, nesting, overlaps."""

from __future__ import annotations

import asyncio

import pytest

from photoncloud.backends.metadata.port import (
    OPEN_END,
    Compare,
    Delete,
    Get,
    InvalidRequest,
    MetadataStore,
    Op,
    Page,
    Put,
    Range,
    Relation,
    Target,
    Txn,
    TxnResult,
    Written,
    absent,
    exists,
    modified_at,
)
from photoncloud.testkit.metadata_conformance.subject import Suite, revision_of, row


class TransactionSuite(Suite):
    """Transactions of A4."""

    # Transactions

    async def test_success_and_failure_branches(self, store: MetadataStore) -> None:
        first = await store.txn([absent(b"a")], [Put(b"a", b"1"), Put(b"b", b"1")], [Get(b"a")])
        assert first == TxnResult(True, 2, (Written(2), Written(2)))
        second = await store.txn([absent(b"a")], [Put(b"a", b"2")], [Get(b"a"), Get(b"z")])
        assert second == TxnResult(False, 2, (row(b"a", b"1", 2, 2, 1), None))
        third = await store.txn([exists(b"a"), modified_at(b"b", 2)], [Delete(b"a", previous=True), Delete(b"z")])
        assert third == TxnResult(True, 3, (Written(3, 1, row(b"a", b"1", 2, 2, 1)), Written(3)))

    async def test_a_transaction_is_one_revision_and_sees_itself(self, store: MetadataStore) -> None:
        await store.put(b"k1", b"old")
        result = await store.txn(
            (),
            [
                Put(b"k1", b"new", previous=True),
                Get(b"k1"),
                Put(b"k2", b"x"),
                Range(b"k", b"l"),
                Delete(b"j", b"k"),
                Range(b"k", b"l", limit=1),
                Range(b"k", b"l", count_only=True),
                Range(b"k", b"l", keys_only=True),
            ],
        )
        one, two = row(b"k1", b"new", 2, 3, 2), row(b"k2", b"x", 3, 3, 1)
        assert result.responses[:4] == (
            Written(3, 0, row(b"k1", b"old", 2, 2, 1)),
            one,
            Written(3),
            Page((one, two), False, 2, 3),
        )
        assert result.responses[4] == Written(3, 0)
        assert result.responses[5] == Page((one,), True, 2, 3)
        assert result.responses[6] == Page((), False, 2, 3)
        assert result.responses[7] == Page((one._replace(value=b""), two._replace(value=b"")), False, 2, 3)

    async def test_a_transaction_without_change_makes_no_revision(self, store: MetadataStore) -> None:
        assert (await store.txn((), [Get(b"a"), Delete(b"a"), Delete(b"a", b"z")])).revision == 1
        assert await store.txn([exists(b"a")], [Put(b"a", b"")]) == TxnResult(False, 1, ())
        assert await revision_of(store) == 1

    async def test_deleting_a_range(self, store: MetadataStore) -> None:
        for key in (b"a", b"b", b"c", b"d"):
            await store.put(key, key)
        result = await store.txn((), [Delete(b"b", b"d"), Range(b"a", OPEN_END, count_only=True)])
        assert result.responses == (Written(6, 2), Page((), False, 2, 6))
        assert (await store.txn((), [Delete(b"\0", OPEN_END)])).responses == (Written(7, 2),)

    @pytest.mark.parametrize(
        ("compare", "holds"),
        [
            (Compare(b"k", Target.VERSION, Relation.EQUAL, 2), True),
            (Compare(b"k", Target.CREATE, Relation.EQUAL, 2), True),
            (Compare(b"k", Target.MOD, Relation.EQUAL, 3), True),
            (Compare(b"k", Target.MOD, Relation.EQUAL, 2), False),
            (Compare(b"k", Target.MOD, Relation.NOT_EQUAL, 2), True),
            (Compare(b"k", Target.MOD, Relation.GREATER, 2), True),
            (Compare(b"k", Target.MOD, Relation.GREATER, 3), False),
            (Compare(b"k", Target.MOD, Relation.LESS, 4), True),
            (Compare(b"k", Target.LEASE, Relation.EQUAL, 0), True),
            (Compare(b"k", Target.VALUE, Relation.EQUAL, b"two"), True),
            (Compare(b"k", Target.VALUE, Relation.NOT_EQUAL, b"two"), False),
            (Compare(b"k", Target.VALUE, Relation.GREATER, b"twn"), True),
            (Compare(b"k", Target.VALUE, Relation.LESS, b"twp"), True),
            (Compare(b"none", Target.VERSION, Relation.EQUAL, 0), True),
            (Compare(b"none", Target.CREATE, Relation.LESS, 1), True),
            (Compare(b"none", Target.MOD, Relation.NOT_EQUAL, 0), False),
            (Compare(b"none", Target.VALUE, Relation.EQUAL, b""), False),
            (Compare(b"none", Target.VALUE, Relation.NOT_EQUAL, b"x"), False),
            (Compare(b"k", Target.MOD, Relation.GREATER, 2, b"l"), True),
            (Compare(b"j", Target.MOD, Relation.GREATER, 2, b"l"), False),
            (Compare(b"x", Target.MOD, Relation.EQUAL, 0, b"z"), True),
            (Compare(b"x", Target.VALUE, Relation.EQUAL, b"", b"z"), False),
            (Compare(b"\0", Target.VERSION, Relation.LESS, 3, OPEN_END), True),
        ],
    )
    async def test_compares(self, store: MetadataStore, compare: Compare, holds: bool) -> None:
        await store.txn((), [Put(b"k", b"one"), Put(b"j", b"one")])
        await store.put(b"k", b"two")
        assert (await store.txn([compare], [])).succeeded is holds

    async def test_every_compare_must_hold(self, store: MetadataStore) -> None:
        assert (await store.txn([absent(b"a"), absent(b"b")], [])).succeeded
        assert not (await store.txn([absent(b"a"), exists(b"b")], [])).succeeded
        assert (await store.txn([], [])).succeeded

    async def test_nested_transactions_judge_the_state_before_all(self, store: MetadataStore) -> None:
        result = await store.txn(
            (),
            [
                Put(b"a", b"1"),
                Txn([absent(b"a")], [Put(b"b", b"then")], [Put(b"b", b"else")]),
                Txn([exists(b"a")], [Put(b"c", b"then")], [Txn([], [Get(b"b"), Get(b"a")])]),
            ],
        )
        a, b = row(b"a", b"1", 2, 2, 1), row(b"b", b"then", 2, 2, 1)
        assert result.responses == (
            Written(2),
            TxnResult(True, 2, (Written(2),)),
            TxnResult(False, 2, (TxnResult(True, 2, (b, a)),)),
        )

    async def test_a_nested_delete_after_a_nested_put(self, store: MetadataStore) -> None:
        """One key changes twice in one revision: allowed for an earlier and a later sibling."""
        await store.txn((), [Txn([], [Put(b"k", b"v")]), Txn([], [Delete(b"k")])])
        assert await store.get(b"k") is None
        assert await revision_of(store) == 2

    @pytest.mark.parametrize(
        "operations",
        [
            [Put(b"k", b"1"), Put(b"k", b"2")],
            [Delete(b"k"), Put(b"k", b"2")],
            [Put(b"k", b"2"), Delete(b"j", b"l")],
            [Put(b"k", b"1"), Txn([], [Put(b"k", b"2")])],
            [Put(b"k", b"1"), Txn([], [], [Put(b"k", b"2")])],
            [Txn([], [Put(b"k", b"1")]), Txn([], [Put(b"k", b"2")])],
            [Txn([], [Delete(b"k")]), Txn([], [Put(b"k", b"2")])],
            [Delete(b"a", b"z"), Txn([], [Put(b"k", b"2")])],
        ],
    )
    async def test_one_key_changes_once(self, store: MetadataStore, operations: list[Op]) -> None:
        with pytest.raises(InvalidRequest):
            await store.txn((), [Put(b"other", b""), *operations])
        assert await revision_of(store) == 1

    async def test_what_may_overlap(self, store: MetadataStore) -> None:
        await store.txn((), [Txn([], [Put(b"k", b"1")], [Put(b"k", b"2")]), Delete(b"a", b"c"), Delete(b"b", b"d")])
        await store.txn((), [Get(b"k"), Put(b"k", b"3"), Range(b"k", b"l"), Get(b"k")])
        await store.txn([absent(b"z")], [Put(b"k", b"4")], [Put(b"k", b"5")])
        assert await store.get(b"k") == row(b"k", b"4", 2, 4, 3)

    async def test_concurrent_transactions_are_atomic(self, store: MetadataStore) -> None:
        async def move(number: int) -> None:
            await store.txn((), [Put(b"x", b"%d" % number), Put(b"y", b"%d" % number)])

        await asyncio.gather(*[move(number) for number in range(40)])
        page = await store.scan(b"x", b"z")
        assert page.items[0].value == page.items[1].value
        assert page.items[0].mod_revision == page.items[1].mod_revision
        assert page.revision == 41
