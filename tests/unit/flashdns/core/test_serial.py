"""RFC 1982 arithmetic; a served serial never goes back (invariant 5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.flashdns.core.serial import after, is_newer, served

SERIAL = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(
    ("one", "other", "newer"),
    [
        (1, 0, True), (0, 1, False), (5, 5, False), (0, 2**32 - 1, True), (2**31 - 1, 0, True), (2**31, 0, False),
        (0, 2**31, False), (44, 0, True), (100, 2**32 - 100, True),
    ],
)  # fmt: skip
def test_order(one: int, other: int, newer: bool) -> None:
    assert is_newer(one, other) is newer


@given(SERIAL, SERIAL)
def test_never_both(one: int, other: int) -> None:
    assert not (is_newer(one, other) and is_newer(other, one))
    assert is_newer(after(one), one)


@given(SERIAL, SERIAL, SERIAL, st.sampled_from(["increment", "unixtime"]))
def test_served_serials_never_go_back(source: int, last: int, now_sec: int, policy: str) -> None:
    """Whatever the file, the clock and the past say."""
    assert is_newer(served(policy, source, last, now_sec), last)


def test_wishes_are_granted_when_they_advance() -> None:
    assert served("increment", 10, 5, 0) == 10
    assert served("increment", 5, 5, 0) == 6
    assert served("increment", 5, None, 0) == 5
    assert served("unixtime", 5, 100, 1_750_000_000) == 1_750_000_000
    assert served("keep", 5, 9, 0) == 5
    assert served("increment", 0, 2**32 - 1, 0) == 0
