from __future__ import annotations

import pytest

from photoncloud.backends.metadata.port import KeyValue, RevisionMismatch, TxnResult, Written
from photoncloud.backends.metadata.single_writes import delete_transaction, put_transaction, written


def test_without_expectation_there_is_no_compare() -> None:
    assert put_transaction(b"k", b"v", None, 0)[0] == ()
    assert delete_transaction(b"k", None)[0] == ()
    assert len(put_transaction(b"k", b"v", 0, 0)[0]) == 1


def test_the_answer_of_a_winner() -> None:
    assert written(TxnResult(True, 5, (Written(5),)), b"k", 3) == Written(5)


@pytest.mark.parametrize(("found", "actual"), [(None, 0), (KeyValue(b"k", b"", 2, 4, 3), 4)])
def test_the_answer_of_a_loser(found: KeyValue | None, actual: int) -> None:
    with pytest.raises(RevisionMismatch) as lost:
        written(TxnResult(False, 5, (found,)), b"k", 3)
    assert (lost.value.key, lost.value.expected, lost.value.actual) == (b"k", 3, actual)
