from __future__ import annotations

import pytest

from photoncloud.backends.metadata.mvcc.leases import MAX_TTL_SEC, MIN_TTL_SEC, NANOSECONDS, LeaseTable
from photoncloud.backends.metadata.port import InvalidRequest, LeaseNotFound

SECOND = NANOSECONDS


def test_a_lease_is_due_at_its_deadline_and_not_before() -> None:
    table = LeaseTable()
    assert table.grant(1, 10, 0) == 10
    assert table.due(10 * SECOND - 1) == []
    assert table.remaining_sec(1, 10 * SECOND - 1) == 0
    assert table.due(10 * SECOND) == [1]


def test_a_renewed_lease_is_not_due_at_the_old_deadline() -> None:
    table = LeaseTable()
    table.grant(1, 10, 0)
    assert table.renew(1, 9 * SECOND) == 10
    assert table.due(18 * SECOND) == []
    assert table.due(19 * SECOND) == [1]


def test_an_expired_lease_cannot_be_renewed() -> None:
    table = LeaseTable()
    table.grant(1, 10, 0)
    assert table.renew(1, 10 * SECOND) == 0
    assert table.renew(2, 0) == 0


def test_next_deadline_is_never_late() -> None:
    table = LeaseTable()
    assert table.next_deadline_ns() is None
    table.grant(1, 10, 0)
    table.grant(2, 5, 0)
    table.renew(2, 1 * SECOND)
    assert table.next_deadline_ns() == 5 * SECOND
    assert table.due(5 * SECOND) == []
    assert table.next_deadline_ns() == 6 * SECOND


def test_keys_follow_their_lease() -> None:
    table = LeaseTable()
    table.grant(1, 10, 0)
    table.grant(2, 10, 0)
    table.attach(b"b", 1)
    table.attach(b"a", 1)
    table.attach(b"c", 2)
    table.attach(b"c", 1)
    assert table.keys_of(1) == [b"a", b"b", b"c"]
    assert table.keys_of(2) == []
    table.attach(b"b", 0)
    assert table.keys_of(1) == [b"a", b"c"]
    table.drop(1)
    with pytest.raises(LeaseNotFound):
        table.keys_of(1)
    table.attach(b"a", 2)
    assert table.keys_of(2) == [b"a"]
    assert 1 not in table
    assert len(table) == 1


def test_bounds_of_the_time_to_live() -> None:
    table = LeaseTable()
    assert table.grant(1, -5, 0) == MIN_TTL_SEC
    assert table.grant(2, MAX_TTL_SEC, 0) == MAX_TTL_SEC
    with pytest.raises(InvalidRequest):
        table.grant(3, MAX_TTL_SEC + 1, 0)
    assert table.remaining_sec(3, 0) == -1
