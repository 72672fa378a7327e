from __future__ import annotations

import pytest

from photoncloud.backends.metadata.mvcc.request import check_range, check_transaction
from photoncloud.backends.metadata.port import (
    OPEN_END,
    Delete,
    Get,
    InvalidRequest,
    LimitExceeded,
    Limits,
    Op,
    Put,
    Range,
    Txn,
    absent,
)

SMALL = Limits(key_bytes=8, value_bytes=10, transaction_bytes=40, operations=3)


def test_bytes_are_counted_over_everything() -> None:
    check_transaction((), [Put(b"12345678", b"0123456789"), Put(b"k", b"")], [Put(b"12345678", b"0123456789")], SMALL)
    with pytest.raises(LimitExceeded):
        check_transaction([absent(b"k" * 8)] * 3, [], [], SMALL)
    with pytest.raises(LimitExceeded):
        check_transaction((), [Txn((), [Put(b"k", b"0" * 10)], [Put(b"k", b"0" * 10)]), Put(b"x", b"0" * 10)],
                          [Put(b"y", b"0" * 10)], SMALL)  # fmt: skip


@pytest.mark.parametrize(
    ("outer", "inner", "fits"), [(1, 2, True), (1, 3, False), (2, 1, True), (2, 2, False), (3, 0, True), (3, 1, False)]
)
def test_nested_transactions_share_the_budget(outer: int, inner: int, fits: bool) -> None:
    operations: list[Op] = [Get(b"%d" % number) for number in range(outer - 1)]
    operations.append(Txn((), [Get(b"x")] * inner))
    if fits:
        check_transaction((), operations, (), SMALL)
    else:
        with pytest.raises(LimitExceeded):
            check_transaction((), operations, (), SMALL)


def test_the_widest_list_counts() -> None:
    check_transaction([absent(b"a")] * 3, [Get(b"a")] * 3, [Get(b"a")] * 3, Limits()._replace(operations=3))


@pytest.mark.parametrize(
    "operations",
    [
        [Delete(b"k", OPEN_END), Put(b"x", b"")],  # an open delete is not expanded ...
        [Delete(b"k", b"a"), Put(b"b", b"")],  # ... nor an empty one
        [Txn((), [Put(b"k", b"")]), Txn((), [Delete(b"k")])],  # later siblings may delete what earlier ones put
        [Txn((), [Put(b"k", b"")], [Put(b"k", b"")])],
        [Range(b"a", b"z"), Put(b"k", b""), Range(b"a", OPEN_END)],
    ],
)
def test_allowed(operations: list[Op]) -> None:
    check_transaction((), operations, (), Limits())


@pytest.mark.parametrize(
    "operations",
    [
        [Delete(b"k", OPEN_END), Put(b"k", b"")],
        [Txn((), [Txn((), [Put(b"k", b"")])]), Put(b"k", b"")],
        [Txn((), [Delete(b"a", b"z")]), Put(b"k", b"")],
        [Txn((), [], [Delete(b"k")]), Txn((), [Put(b"k", b"")])],
    ],
)
def test_refused(operations: list[Op]) -> None:
    with pytest.raises(InvalidRequest):
        check_transaction((), operations, (), Limits())
    with pytest.raises(InvalidRequest):
        check_transaction((), (), operations, Limits())


def test_what_is_no_operation() -> None:
    with pytest.raises(InvalidRequest):
        check_transaction((), [("put", b"k")], (), Limits())  # type: ignore[list-item]


def test_range_bounds_may_be_one_byte_longer_than_a_key() -> None:
    """A scan continues at last key + 0x00."""
    check_range(b"k" * 8 + b"\0", b"l" * 9, SMALL)
    with pytest.raises(LimitExceeded):
        check_range(b"k" * 10, b"l", SMALL)
    with pytest.raises(LimitExceeded):
        check_range(b"k", b"l" * 10, SMALL)
