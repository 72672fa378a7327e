"""Sums of histograms of different layouts, and resets."""

from __future__ import annotations

import math

import pytest

from photoncloud.nightlight.core.histogram import FloatHistogram, ResetHint, is_equal
from photoncloud.nightlight.core.histogram_arithmetic import added, at_schema, divided, is_reset, scaled, total
from photoncloud.nightlight.core.promql.series_notation import parse_histogram as parsed


def test_sum_goes_to_the_lower_resolution() -> None:
    result = added(parsed("{{schema:1 count:4 buckets:[1 1 1 1]}}"), parsed("{{schema:0 count:2 buckets:[1 1]}}"))
    assert result is not None
    assert result.histogram.schema == 0
    assert result.histogram.positive == {0: 2.0, 1: 3.0, 2: 1.0}
    assert result.histogram.count == 6


def test_zero_bucket_widens_until_it_cuts_nothing() -> None:
    wide = parsed("{{z_bucket:1 z_bucket_w:3 count:1}}")
    narrow = parsed("{{z_bucket:2 z_bucket_w:0.5 count:5 buckets:[0 1 1 1]}}")
    result = added(wide, narrow)
    assert result is not None
    assert result.histogram.zero_threshold == 4
    assert result.histogram.zero_count == 5
    assert result.histogram.positive == {3: 1.0}


def test_custom_bounds_meet_at_the_common_ones() -> None:
    result = added(
        parsed("{{schema:-53 custom_values:[1 2 3] buckets:[1 1 1 1] count:4}}"),
        parsed("{{schema:-53 custom_values:[1 3] buckets:[1 1 1] count:3}}"),
    )
    assert result is not None
    assert result.reconciled
    assert result.histogram.custom_bounds == (1, 3)
    assert result.histogram.positive == {0: 2.0, 1: 3.0, 2: 2.0}


def test_exponential_and_custom_do_not_add() -> None:
    assert added(parsed("{{count:1}}"), parsed("{{schema:-53 count:1}}")) is None
    assert total([parsed("{{count:1}}"), parsed("{{schema:-53 count:1}}")]) is None


@pytest.mark.parametrize(
    ("left", "right", "hint", "collides"),
    [
        ("gauge", "reset", "gauge", False),
        ("reset", "not_reset", "unknown", True),
        ("unknown", "reset", "unknown", False),
        ("reset", "reset", "reset", False),
    ],
)
def test_hints_of_a_sum(left: str, right: str, hint: str, collides: bool) -> None:
    result = added(FloatHistogram(hint=ResetHint(left)), FloatHistogram(hint=ResetHint(right)))
    assert result is not None
    assert (result.histogram.hint, result.collides) == (hint, collides)


def test_scaling_and_division() -> None:
    histogram = parsed("{{count:4 sum:8 buckets:[4]}}")
    assert scaled(histogram, -1).hint is ResetHint.GAUGE
    assert scaled(histogram, 0.5).positive == {0: 2.0}
    zero = divided(histogram, 0.0)
    assert zero.positive == {}
    assert zero.count == math.inf
    assert math.isnan(zero.zero_count)
    assert divided(histogram, -0.0).sum == -math.inf


def test_mean_survives_a_sum_that_overflows() -> None:
    huge = FloatHistogram(count=1, sum=1.5e308)
    mean = total([huge, huge], as_mean=True)
    assert mean is not None
    assert mean.histogram.sum == 1.5e308


def test_at_schema_keeps_counts() -> None:
    fine = parsed("{{schema:3 count:8 buckets:[1 1 1 1 1 1 1 1] offset:-3}}")
    assert sum(at_schema(fine, -2).positive.values()) == 8


@pytest.mark.parametrize(
    ("before", "after", "reset"),
    [
        ("{{count:2 buckets:[1 1]}}", "{{count:3 buckets:[2 1]}}", False),
        ("{{count:2 buckets:[1 1]}}", "{{count:3 buckets:[3]}}", True),
        ("{{count:2 buckets:[1 1]}}", "{{count:1 buckets:[1]}}", True),
        ("{{schema:0 count:1 buckets:[1]}}", "{{schema:1 count:2 buckets:[2]}}", True),
        ("{{schema:1 count:1 buckets:[1]}}", "{{schema:0 count:2 buckets:[2]}}", False),
        ("{{z_bucket_w:0.5 count:1 z_bucket:1}}", "{{z_bucket_w:0.1 count:1 z_bucket:1}}", True),
        ("{{count:5}}", "{{count:1 counter_reset_hint:not_reset}}", False),
        ("{{count:1}}", "{{count:5 counter_reset_hint:reset}}", True),
        ("{{count:1}}", "{{schema:-53 count:5}}", True),
    ],
)
def test_resets(before: str, after: str, reset: bool) -> None:
    assert is_reset(parsed(after), parsed(before)) is reset


def test_a_sum_minus_itself_is_empty() -> None:
    histogram = parsed("{{schema:2 count:6 sum:3 z_bucket:1 z_bucket_w:0.01 buckets:[1 2] n_buckets:[2]}}")
    result = added(histogram, histogram, -1.0)
    assert result is not None
    assert is_equal(result.histogram, FloatHistogram(schema=2, zero_threshold=0.01))
