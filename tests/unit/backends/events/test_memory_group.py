from __future__ import annotations

from photoncloud.backends.events.memory_group import NANOSECONDS, Group
from photoncloud.backends.events.subjects import compile_pattern

SECOND = NANOSECONDS


def group(capacity: int = 100) -> Group:
    return Group(compile_pattern("photon.>"), ack_wait_sec=10, max_attempts=3, capacity=capacity)


def test_a_subject_with_an_unanswered_event_waits() -> None:
    one = group()
    for position, subject in enumerate(["photon.a", "photon.a", "photon.b"], start=1):
        assert one.offer(position, subject)
    assert not one.offer(4, "other.a")
    assert one.next(0) == (1, 1)
    assert one.next(0) == (3, 1)
    assert one.next(0) is None
    assert one.settle(1)
    assert one.next(0) == (2, 1)


def test_what_is_not_answered_comes_again() -> None:
    one = group()
    one.offer(1, "photon.a")
    assert one.next(0) == (1, 1)
    assert one.next_due_ns() == 10 * SECOND
    assert one.next(10 * SECOND - 1) is None
    assert one.next(10 * SECOND) == (1, 2)
    one.retry(1, 1, 0)  # the answer to the first attempt is late and counts no more
    assert one.next(11 * SECOND) is None
    one.retry(1, 2, 12 * SECOND)
    assert one.next(12 * SECOND) == (1, 3)


def test_an_answer_counts_once() -> None:
    one = group()
    one.offer(1, "photon.a")
    one.next(0)
    assert one.settle(1)
    assert not one.settle(1)
    assert one.in_flight() == 0


def test_what_does_not_fit_is_a_gap() -> None:
    one = group(capacity=2)
    for position in range(1, 4):
        one.offer(position, f"photon.s{position}")
    assert one.has_gap
    assert one.next(0) == (2, 1)


def test_forgetting_what_was_handed_out_is_no_gap() -> None:
    one = group()
    one.offer(1, "photon.a")
    one.next(0)
    one.forget(1)
    assert not one.has_gap
