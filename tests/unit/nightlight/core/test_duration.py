"""Durations: every notation in, the largest units out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.duration import format_duration, parse_duration
from photoncloud.nightlight.errors import InvalidDuration


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0", 0),
        ("5m", 300_000),
        ("1h30m", 5_400_000),
        ("1y", 31_536_000_000),
        ("1w2d3h4m5s6ms", 788_645_006),
        ("7ms", 7),
    ],
)
def test_parse(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize("text", ["", "1", "m", "1s1m", "1m1m", "-1m", "1.5h", "1 m", "1M", "300y"])
def test_refuses(text: str) -> None:
    with pytest.raises(InvalidDuration):
        parse_duration(text)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0s"), (5_400_000, "1h30m"), (129_600_000, "1d12h"), (604_800_000, "1w"), (691_200_000, "8d"), (1, "1ms")],
)
def test_format(milliseconds: int, text: str) -> None:
    assert format_duration(milliseconds) == text


@given(st.integers(1, 10**12))
def test_round_trip(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds)) == milliseconds
