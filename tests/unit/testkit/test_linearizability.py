"""The checker must accept what an atomic register can do and refuse everything else."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.testkit.linearizability import Operation, check


def write(value: str | None, start: float, end: float, certain: bool = True) -> Operation:
    return Operation("write", value, start, end, certain)


def read(value: str | None, start: float, end: float) -> Operation:
    return Operation("read", value, start, end)


@pytest.mark.parametrize(
    "history",
    [
        [],
        [read(None, 0, 1)],
        [write("a", 0, 1), read("a", 2, 3)],
        [write("a", 0, 10), read(None, 1, 2), read("a", 3, 4)],
        [write("a", 0, 10), write("b", 0, 10), read("b", 11, 12), read("b", 13, 14)],
        [write("a", 0, 1), write(None, 2, 3), read(None, 4, 5)],
        [write("a", 0, 1), write("b", 2, 9, certain=False), read("b", 3, 4), read("b", 10, 11)],
        [write("a", 0, 1), write("b", 2, 9, certain=False), read("a", 10, 11)],
        [write("a", 0, 9, certain=False), write("b", 0, 9, certain=False), read("a", 5, 6), read("b", 10, 11)],
    ],
)
def test_possible_histories(history: list[Operation]) -> None:
    assert check(history) is None


@pytest.mark.parametrize(
    "history",
    [
        [read("a", 0, 1)],
        [write("a", 0, 1), read(None, 2, 3)],  # an acknowledged write was lost
        [write("a", 0, 1), write("b", 2, 3), read("a", 4, 5)],  # an older value came back
        [write("a", 0, 10), read("a", 1, 2), read(None, 3, 4)],  # a value was seen and unseen
        [write("a", 0, 1), write(None, 2, 3), read("a", 4, 5)],  # a deleted value came back
        # An operation that could act until 9 may not act after a read that began at 10.
        [write("a", 0, 1), write("b", 2, 9, certain=False), read("a", 10, 11), read("b", 12, 13)],
        [write("a", 0, 10), write("b", 0, 10), read("a", 11, 12), read("b", 13, 14)],
    ],
)
def test_impossible_histories(history: list[Operation]) -> None:
    violation = check(history)
    assert violation is not None
    assert violation.stuck


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_real_runs_are_accepted_and_a_stale_read_is_not(seed: int, length: int) -> None:
    """Operations that took effect at a random instant inside their interval are linearizable by construction."""
    draw = random.Random(seed)
    instants = sorted(draw.random() * 100 for _ in range(length))
    value: str | None = None
    history: list[Operation] = []
    for number, instant in enumerate(instants):
        start, end = instant - draw.random() * 3, instant + draw.random() * 3
        if draw.random() < 0.5:
            value = f"v{number}"
            history.append(write(value, start, end, certain=draw.random() < 0.8))
        else:
            history.append(read(value, start, end))
    draw.shuffle(history)
    assert check(history) is None
    assert check([*history, write("z", 200, 201), read("never written", 202, 203)]) is not None
