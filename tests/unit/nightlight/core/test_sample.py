"""Number texts as Go writes them, numbers as Go reads them, stale bits."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.sample import (
    ORDINARY_NAN,
    STALE,
    api_text,
    general_text,
    is_stale,
    openmetrics_text,
    parse_float,
    plain_text,
    seconds_text,
    shortest_text,
    stale_mask,
)


def test_stale_is_one_nan_among_others() -> None:
    assert is_stale(STALE)
    assert not is_stale(ORDINARY_NAN)
    assert not is_stale(float("nan"))
    assert struct.pack(">d", STALE).hex() == "7ff0000000000002"
    assert stale_mask(np.array([[1.0, STALE], [ORDINARY_NAN, STALE]])).tolist() == [[False, True], [False, True]]


@pytest.mark.parametrize(
    ("value", "plain", "shortest", "api"),
    [
        (0.0, "0", "0", "0"),
        (-0.0, "-0", "-0", "-0"),
        (1e6, "1000000", "1e+06", "1000000"),
        (123456.0, "123456", "123456", "123456"),
        (1e16, "10000000000000000", "1e+16", "10000000000000000"),
        (1e21, "1000000000000000000000", "1e+21", "1e+21"),
        (1e-4, "0.0001", "0.0001", "0.0001"),
        (1e-5, "0.00001", "1e-05", "0.00001"),
        (1.5e-7, "0.00000015", "1.5e-07", "1.5e-07"),
        (0.1, "0.1", "0.1", "0.1"),
        (math.inf, "+Inf", "+Inf", "+Inf"),
        (-math.inf, "-Inf", "-Inf", "-Inf"),
        (math.nan, "NaN", "NaN", "NaN"),
    ],
)
def test_texts(value: float, plain: str, shortest: str, api: str) -> None:
    assert (plain_text(value), shortest_text(value), api_text(value)) == (plain, shortest, api)


def test_other_texts() -> None:
    assert [openmetrics_text(own) for own in (1.0, 0.5, 1e6, math.inf)] == ["1.0", "0.5", "1e+06", "+Inf"]
    assert general_text(1234567.0, 2) == "1.2e+06"
    assert [seconds_text(own) for own in (0, 1500, -1500, 1, 60_000)] == ["0", "1.5", "-1.5", "0.001", "60"]


@pytest.mark.parametrize(
    ("text", "value"), [("1", 1.0), (".5", 0.5), ("5.", 5.0), ("+1e3", 1000.0), ("0x1p-2", 0.25), ("-inf", -math.inf)]
)
def test_parse(text: str, value: float) -> None:
    assert parse_float(text) == value


@pytest.mark.parametrize("text", ["", "1_0", "0x10", "1e", "e1", "--1", "-nan", "1 ", "1e999", "0b1", "١"])
def test_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"invalid|range"):
        parse_float(text)


@given(st.floats(allow_nan=False))
def test_every_text_reads_back_exactly(value: float) -> None:
    for text in (plain_text(value), shortest_text(value), api_text(value)):
        assert struct.pack("<d", parse_float(text)) == struct.pack("<d", value)
