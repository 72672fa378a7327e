"""Pages are bit-exact, small for what is regular, and say when they are damaged."""

from __future__ import annotations

import math
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.sample import STALE
from photoncloud.nightlight.core.tsdb.page import decode_page, encode_page
from photoncloud.nightlight.errors import DamagedRecord


def decompress(packed: bytes, size: int) -> bytes:
    return zlib.decompressobj().decompress(packed, size) if size else b""


def round_trip(values: np.ndarray) -> bytes:
    page = encode_page(values, zlib.compress)
    found = decode_page(page, decompress)
    assert found.tobytes() == np.ascontiguousarray(values, np.float64).tobytes()
    return page


FLOATS = st.one_of(
    st.floats(),
    st.integers(-(2**60), 2**60).map(float),
    st.integers(-(10**9), 10**9).map(lambda own: own / 1000),
    st.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan, STALE, 5e-324, 1.0, 2.0]),
)


@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(FLOATS, min_size=n, max_size=n), min_size=1, max_size=4)))
def test_any_values_are_bit_exact(rows: list[list[float]]) -> None:
    round_trip(np.array(rows))


@given(st.lists(st.one_of(st.integers(0, 1000).map(float), st.sampled_from([STALE, -0.0])), min_size=30, max_size=60))
def test_integers_with_exceptions(row: list[float]) -> None:
    round_trip(np.array([row]))


def test_regular_series_are_small() -> None:
    times = np.arange(1024)
    counters = np.array([times * 15.0 + row for row in range(64)])
    assert len(round_trip(counters)) < counters.size * 0.1
    assert len(round_trip(np.full((64, 1024), 0.1))) < 300
    decimals = np.array([np.round(np.sin(times / 50) * 20, 2) for _ in range(8)])
    assert len(round_trip(decimals)) < decimals.size * 2


def test_damage_is_seen() -> None:
    page = bytearray(encode_page(np.array([[1.0, 2.0, 4.0]]), zlib.compress))
    for place in range(len(page)):
        broken = bytearray(page)
        broken[place] ^= 0x40
        with pytest.raises(DamagedRecord):
            decode_page(bytes(broken), decompress)
    with pytest.raises(DamagedRecord):
        decode_page(b"", decompress)


@pytest.mark.parametrize("shape", [(0, 1), (65, 1), (1, 1025), (1, 0)])
def test_size_of_a_page_is_bounded(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="a page of"):
        encode_page(np.zeros(shape), zlib.compress)
