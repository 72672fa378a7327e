"""`*_over_time`: reductions of the floats of a window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from photoncloud.nightlight.core import kernels
from photoncloud.nightlight.core.engine.window import Window
from photoncloud.nightlight.core.sample import Values

Reduction = Callable[[Window], Values]
"""f64[r, T]; cells of windows without samples are ignored."""


def sums(window: Window) -> Values:
    return kernels.compensated_sum(window.in_order(), window.shape)


def means(window: Window) -> Values:
    return kernels.compensated_mean(window.in_order(), window.shape)


def variances(window: Window) -> Values:
    return kernels.compensated_variance(window.in_order(), window.shape)


def deviations(window: Window) -> Values:
    with np.errstate(invalid="ignore"):
        return np.sqrt(variances(window))


def largest(window: Window) -> Values:
    return kernels.extreme(window.in_order(), window.shape, largest=True)


def smallest(window: Window) -> Values:
    return kernels.extreme(window.in_order(), window.shape, largest=False)


def counts(window: Window) -> Values:
    return np.broadcast_to(window.counts.astype(np.float64), window.shape)


def ones(window: Window) -> Values:
    return np.ones(window.shape)


def newest(window: Window) -> Values:
    return window.values[:, np.maximum(window.high - 1, 0)]


def oldest(window: Window) -> Values:
    return window.values[:, np.minimum(window.low, len(window.times) - 1)]


def newest_times(window: Window) -> Values:
    return np.broadcast_to(window.times[np.maximum(window.high - 1, 0)] / 1000.0, window.shape)


def oldest_times(window: Window) -> Values:
    return np.broadcast_to(window.times[np.minimum(window.low, len(window.times) - 1)] / 1000.0, window.shape)


def largest_times(window: Window) -> Values:
    return _extreme_times(window, np.greater_equal)


def smallest_times(window: Window) -> Values:
    return _extreme_times(window, np.less_equal)


def _extreme_times(window: Window, is_better: Any) -> Values:
    """When the extreme was last reached, in seconds."""
    best, at = np.full(window.shape, np.nan), np.zeros(window.shape)
    last = len(window.times) - 1
    for k, (x, active) in enumerate(window.in_order()):
        with np.errstate(invalid="ignore"):
            better = active & (is_better(x, best) | np.isnan(best))
        best = np.where(better, x, best)
        at = np.where(better, window.times[np.minimum(window.low + k, last)] / 1000.0, at)
    return at


def median_deviations(window: Window) -> Values:
    """Median of the distances to the median; a NaN sample makes it NaN."""
    result = np.full(window.shape, np.nan)
    with np.errstate(invalid="ignore"):
        for steps, x in window.rectangles():
            median = kernels.quantile(0.5, x, x.shape[2])
            found = kernels.quantile(0.5, np.abs(x - median[..., None]), x.shape[2])
            result[:, steps] = np.where(np.isnan(x).any(axis=2), np.nan, found)
    return result


def quantiles(window: Window, q: Values) -> Values:
    """`q` f64[T]: its value at each step."""
    result = np.full(window.shape, np.nan)
    for steps, x in window.rectangles():
        result[:, steps] = kernels.quantile(q[steps], x, x.shape[2])
    return result


REDUCTIONS: dict[str, Reduction] = {
    "sum_over_time": sums,
    "avg_over_time": means,
    "stdvar_over_time": variances,
    "stddev_over_time": deviations,
    "max_over_time": largest,
    "min_over_time": smallest,
    "count_over_time": counts,
    "present_over_time": ones,
    "last_over_time": newest,
    "first_over_time": oldest,
    "mad_over_time": median_deviations,
    "ts_of_first_over_time": oldest_times,
    "ts_of_last_over_time": newest_times,
    "ts_of_max_over_time": largest_times,
    "ts_of_min_over_time": smallest_times,
}
