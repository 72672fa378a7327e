"""Classic buckets: quantiles, fractions, repairs."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from photoncloud.nightlight.core.engine.classic_histogram import Counts, fractions, made_monotonic, quantiles
from photoncloud.nightlight.core.engine.query import Answer

Load = Callable[[float, str], None]
Ask = Callable[..., Answer]

BOUNDS = np.array([1.0, 2.0, 4.0, math.inf])


@pytest.mark.parametrize(
    ("q", "expected"), [(0.0, 0.0), (0.25, 1.0), (0.5, 2.0), (0.625, 3.0), (0.9, 4.0), (-1, -math.inf), (2, math.inf)]
)
def test_quantiles(q: float, expected: float) -> None:
    counts = np.array([[2.0], [4.0], [6.0], [8.0]])
    assert quantiles(np.array([q]), BOUNDS, counts).tolist() == [expected]


def test_without_a_last_bucket_or_observations() -> None:
    counts = np.array([[2.0], [4.0]])
    assert np.isnan(quantiles(np.array([0.5]), BOUNDS[:2], counts)).all()
    assert np.isnan(quantiles(np.array([0.5]), BOUNDS, np.zeros((4, 1)))).all()


def test_first_bucket_below_zero_is_its_bound() -> None:
    bounds = np.array([-1.0, math.inf])
    assert quantiles(np.array([0.1]), bounds, np.array([[5.0], [5.0]])).tolist() == [-1]


def test_fractions() -> None:
    counts = np.array([[2.0], [4.0], [6.0], [8.0]])
    for low, high, wanted in ((0, 2, 0.5), (-math.inf, math.inf, 1), (1, 3, 0.375), (3, 1, 0), (5, 9, 0)):
        assert fractions(np.array([low]), np.array([high]), BOUNDS, counts).tolist() == [wanted], (low, high)


def test_rounding_is_levelled_and_falls_are_raised() -> None:
    table = Counts(np.array([0, 1]), BOUNDS, np.array([[5.0, 5], [5 - 1e-13, 3], [6, 6], [7, 7]]))
    counts, repair = made_monotonic(table)
    assert counts[:, 0].tolist() == [5, 5, 6, 7]
    assert counts[:, 1].tolist() == [5, 5, 6, 7]
    assert repair.needed.tolist() == [False, True]
    assert (repair.lowest[1], repair.highest[1], repair.difference[1]) == (2, 2, 2)


def test_a_repair_is_told_once_with_its_extent(load: Load, ask: Ask) -> None:
    load(10, 'h_bucket{le="1"} 5 5\nh_bucket{le="2"} 3 2\nh_bucket{le="+Inf"} 6 6')
    answer = ask("histogram_quantile(0.5, h_bucket)", 0, 10, 10)
    assert list(answer.infos) == [
        "PromQL info: input to histogram_quantile needed to be fixed for monotonicity "
        "(see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) "
        'for metric name "h_bucket", from buckets 2 to 2, with a max diff of 3, over 2 samples '
        "from 1970-01-01T00:00:00Z to 1970-01-01T00:00:10Z (1:25)"
    ]


def test_a_bad_bound_is_left_out_with_a_warning(load: Load, ask: Ask) -> None:
    load(10, 'h{le="x"} 5\nh{le="1"} 5\nh{le="+Inf"} 6')
    answer = ask("histogram_quantile(0.5, h)", 0)
    assert answer.series[0].values.tolist() == [pytest.approx(0.6)]
    assert list(answer.warnings) == [
        'PromQL warning: bucket label "le" is missing or has a malformed value of "x" for metric name "h" (1:25)'
    ]
