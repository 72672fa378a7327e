"""The value model of native histograms."""

from __future__ import annotations

import math

import pytest

from photoncloud.nightlight.core.histogram import FloatHistogram, ResetHint, exponential_bound, is_equal
from photoncloud.nightlight.core.promql.series_notation import parse_histogram


@pytest.mark.parametrize(
    ("index", "schema", "bound"),
    [
        (0, 0, 1.0),
        (3, 0, 8.0),
        (-1, 0, 0.5),
        (1, 1, math.sqrt(2)),
        (2, -1, 16.0),
        (1024, 0, 1.7976931348623157e308),
        (1025, 0, math.inf),
    ],
)
def test_exponential_bounds(index: int, schema: int, bound: float) -> None:
    assert exponential_bound(index, schema) == pytest.approx(bound)


def test_buckets_from_low_to_high() -> None:
    histogram = parse_histogram("{{schema:0 z_bucket:3 z_bucket_w:0.1 buckets:[1 0 2] n_buckets:[4 5] count:15}}")
    found = [(own.lower, own.upper, own.count) for own in histogram.buckets()]
    assert found == [(-2, -1, 5), (-1, -0.5, 4), (-0.1, 0.1, 3), (0.5, 1, 1), (2, 4, 2)]


def test_custom_bounds() -> None:
    histogram = parse_histogram("{{schema:-53 custom_values:[1 5] buckets:[1 2 3] count:6 sum:9}}")
    assert [(own.lower, own.upper) for own in histogram.buckets()] == [(-math.inf, 1), (1, 5), (5, math.inf)]
    assert str(histogram) == "{count:6, sum:9, [-Inf,1]:1, (1,5]:2, (5,+Inf]:3}"


def test_equality_ignores_hints_and_empty_buckets() -> None:
    left = FloatHistogram(count=1, sum=2, positive={0: 1.0, 1: 0.0})
    assert is_equal(left, FloatHistogram(count=1, sum=2, positive={0: 1.0}, hint=ResetHint.GAUGE))
    assert not is_equal(left, FloatHistogram(count=1, sum=3, positive={0: 1.0}))
    nan = FloatHistogram(sum=math.nan)
    assert is_equal(nan, nan)


def test_compacted_drops_empty_buckets() -> None:
    assert FloatHistogram(positive={0: 0.0, 3: 1.0}).compacted().positive == {3: 1.0}
