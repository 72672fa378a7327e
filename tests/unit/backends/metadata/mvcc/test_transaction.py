from __future__ import annotations

import pytest

from photoncloud.backends.metadata.mvcc import transaction
from photoncloud.backends.metadata.mvcc.keyspace import MemoryKeyspace
from photoncloud.backends.metadata.port import (
    Compare,
    Delete,
    EventKind,
    KeyValue,
    LeaseNotFound,
    Put,
    Relation,
    Target,
    Txn,
    TxnResult,
    Written,
    absent,
)


def test_events_come_in_the_order_of_changes() -> None:
    keyspace = MemoryKeyspace()
    outcome = transaction.apply(keyspace, (), [Put(b"b", b""), Put(b"a", b""), Delete(b"b")])
    assert [(event.kind, event.current.key) for event in outcome.events] == [
        (EventKind.PUT, b"b"),
        (EventKind.PUT, b"a"),
        (EventKind.DELETE, b"b"),
    ]


def test_an_error_comes_before_the_first_effect() -> None:
    keyspace = MemoryKeyspace()
    with pytest.raises(LeaseNotFound):
        transaction.apply(keyspace, (), [Put(b"a", b""), Txn((), [Put(b"b", b"", 9)])])
    assert keyspace.get(b"a") is None
    transaction.apply(keyspace, (), [Put(b"a", b""), Txn([absent(b"a")], [], [Put(b"b", b"", 9)])])


def test_revisions_inside_a_transaction() -> None:
    """An answer carries the revision reached so far: nothing changed yet, or this transaction's."""
    keyspace = MemoryKeyspace()
    outcome = transaction.apply(keyspace, (), [Delete(b"x"), Put(b"a", b""), Delete(b"x")])
    assert outcome.result == TxnResult(True, 2, (Written(1), Written(2), Written(2)))


@pytest.mark.parametrize("op", Relation)
def test_a_missing_value_fails_every_relation(op: Relation) -> None:
    assert not transaction.holds_for(None, Compare(b"k", Target.VALUE, op, b""))


def test_lease_and_version_are_compared() -> None:
    row = KeyValue(b"k", b"", 2, 3, 2, 77)
    assert transaction.holds_for(row, Compare(b"k", Target.LEASE, Relation.EQUAL, 77))
    assert transaction.holds_for(row, Compare(b"k", Target.VERSION, Relation.LESS, 3))
