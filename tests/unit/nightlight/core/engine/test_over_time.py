"""Reductions over time against plain Python over each window."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.engine.over_time import REDUCTIONS, quantiles
from photoncloud.nightlight.core.engine.window import Window

LOOPS: dict[str, Callable[[list[float], list[float]], float]] = {
    "sum_over_time": lambda x, t: math.fsum(x),
    "avg_over_time": lambda x, t: math.fsum(x) / len(x),
    "stdvar_over_time": lambda x, t: statistics.pvariance(x),
    "stddev_over_time": lambda x, t: statistics.pstdev(x),
    "max_over_time": lambda x, t: max(x),
    "min_over_time": lambda x, t: min(x),
    "count_over_time": lambda x, t: len(x),
    "present_over_time": lambda x, t: 1,
    "last_over_time": lambda x, t: x[-1],
    "first_over_time": lambda x, t: x[0],
    "mad_over_time": lambda x, t: statistics.median(abs(own - statistics.median(x)) for own in x),
    "ts_of_first_over_time": lambda x, t: t[0],
    "ts_of_last_over_time": lambda x, t: t[-1],
    "ts_of_max_over_time": lambda x, t: max(zip(x, t, strict=True))[1],
    "ts_of_min_over_time": lambda x, t: max((-own, time) for own, time in zip(x, t, strict=True))[1],
}


def windows(samples: list[list[float]], width: int) -> Window:
    times = np.arange(len(samples[0]), dtype=np.int64) * 1000
    ends = times.copy()
    starts = ends - width * 1000
    low, high = np.searchsorted(times, starts, "right"), np.searchsorted(times, ends, "right")
    return Window(np.arange(len(samples)), times, np.array(samples), low, high, starts, ends)


def test_every_reduction_has_a_loop() -> None:
    assert set(LOOPS) == set(REDUCTIONS)


@pytest.mark.parametrize("name", sorted(REDUCTIONS))
@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 9)), min_size=1, max_size=12), st.integers(1, 6))
def test_equals_a_loop(name: str, pairs: list[tuple[int, int]], width: int) -> None:
    samples = [[float(own[side]) for own in pairs] for side in (0, 1)]
    window = windows(samples, width)
    found = REDUCTIONS[name](window)
    for step, cell in window.cells():
        for row in (0, 1):
            wanted = LOOPS[name](samples[row][cell], (window.times[cell] / 1000).tolist())
            assert found[row, step] == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def test_quantile_per_step() -> None:
    found = quantiles(windows([[1.0, 2.0, 3.0]], 3), np.array([0.0, 0.5, 2.0]))
    assert found.tolist() == [[1.0, 1.5, math.inf]]


def test_nan_is_never_the_extreme_unless_alone() -> None:
    window = windows([[math.nan, 1.0, math.nan]], 1)
    assert np.isnan(REDUCTIONS["max_over_time"](window)[0]).tolist() == [True, False, True]
    assert REDUCTIONS["min_over_time"](windows([[math.nan, 1.0, math.nan]], 3))[0].tolist()[1:] == [1.0, 1.0]
