"""Quantile, fraction, variance of one native histogram."""

from __future__ import annotations

import math

import pytest

from photoncloud.nightlight.core.histogram_statistics import average, fraction, quantile, variance
from photoncloud.nightlight.core.promql.series_notation import parse_histogram as parsed


def silent(text: str) -> None:
    raise AssertionError(text)


def test_quantile_is_exponential_inside_a_bucket() -> None:
    histogram = parsed("{{count:4 sum:6 buckets:[0 4]}}")
    assert quantile(0.5, histogram, silent) == pytest.approx(math.sqrt(2))
    assert quantile(0, histogram, silent) == 1
    assert quantile(1, histogram, silent) == 2


def test_zero_bucket_is_one_sided_when_the_other_side_is_empty() -> None:
    assert quantile(0, parsed("{{count:2 z_bucket:1 z_bucket_w:0.5 buckets:[0 1]}}"), silent) == 0
    assert quantile(1, parsed("{{count:2 z_bucket:1 z_bucket_w:0.5 n_buckets:[0 1]}}"), silent) == 0


@pytest.mark.parametrize(("q", "expected"), [(-1, -math.inf), (2, math.inf)])
def test_outside_of_the_unit_interval(q: float, expected: float) -> None:
    assert quantile(q, parsed("{{count:1 buckets:[1]}}"), silent) == expected


def test_empty_histogram_has_no_quantile() -> None:
    assert math.isnan(quantile(0.5, parsed("{{}}"), silent))
    assert math.isnan(fraction(0, 1, parsed("{{}}"), silent))
    assert math.isnan(variance(parsed("{{}}")))
    assert math.isnan(average(parsed("{{}}")))


def test_nan_observations_are_told() -> None:
    histogram = parsed("{{count:4 sum:NaN buckets:[2]}}")
    told: list[str] = []
    assert math.isnan(quantile(0.9, histogram, told.append))
    assert quantile(0.1, histogram, told.append) < 1
    fraction(0, 1, histogram, told.append)
    assert [text.split(", ", 1)[1] for text in told] == [
        "result is NaN",
        "result is skewed higher",
        "which are excluded from all fractions",
    ]


def test_fraction_of_custom_buckets_is_linear() -> None:
    histogram = parsed("{{schema:-53 custom_values:[1 2] buckets:[2 2] count:4 sum:4}}")
    assert fraction(-math.inf, 1.5, histogram, silent) == pytest.approx(0.75)
    assert fraction(2, 1, histogram, silent) == 0


def test_fraction_of_negative_exponential_buckets() -> None:
    histogram = parsed("{{count:2 sum:-3 n_buckets:[0 2]}}")
    assert fraction(-math.sqrt(2), 0, histogram, silent) == pytest.approx(0.5)


def test_variance_of_one_point_is_small() -> None:
    assert variance(parsed("{{count:2 sum:2.8284271247461903 buckets:[0 2]}}")) == pytest.approx(0)
