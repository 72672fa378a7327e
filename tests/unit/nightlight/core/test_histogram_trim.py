"""`</` and `>/`: what is below and what is above make the whole."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.histogram_trim import trimmed
from photoncloud.nightlight.core.promql.series_notation import parse_histogram as parsed

HISTOGRAM = parsed("{{count:10 sum:12 z_bucket:2 z_bucket_w:0.1 buckets:[1 2 1] n_buckets:[3 1]}}")


@given(st.floats(-10, 10))
def test_both_sides_add_up(at: float) -> None:
    below = trimmed(HISTOGRAM, at, keeps_below=True)
    above = trimmed(HISTOGRAM, at, keeps_below=False)
    assert below.count + above.count == pytest.approx(10)


def test_everything_and_nothing() -> None:
    assert trimmed(HISTOGRAM, 100, keeps_below=True) is HISTOGRAM
    nothing = trimmed(HISTOGRAM, -100, keeps_below=True).compacted()
    assert (nothing.count, nothing.sum, nothing.positive) == (0, 0, {})
    assert trimmed(HISTOGRAM, math.nan, keeps_below=True).count == 0


def test_cut_bucket_is_interpolated() -> None:
    histogram = parsed("{{schema:-53 custom_values:[2 4] buckets:[2 2] count:4 sum:8}}")
    below = trimmed(histogram, 3, keeps_below=True)
    assert below.positive == {0: 2.0, 1: 1.0}
    assert below.sum == pytest.approx(2 * 1 + 2.5)
