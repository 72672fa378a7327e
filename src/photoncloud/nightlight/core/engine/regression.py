"""Trends over a window: least squares and double exponential smoothing."""

from __future__ import annotations

import numpy as np

from photoncloud.nightlight.core import kernels
from photoncloud.nightlight.core.engine.window import Window
from photoncloud.nightlight.core.sample import Mask, Times, Values
from photoncloud.nightlight.errors import QueryError


def slopes(window: Window) -> tuple[Values, Mask]:
    """`deriv`: the slope per second, relative to the first sample of each window."""
    first = window.times[np.minimum(window.low, len(window.times) - 1)]
    slope, _ = _line(window, first)
    return slope, np.broadcast_to(window.counts >= 2, slope.shape)


def predictions(window: Window, now: Times, ahead: Values) -> tuple[Values, Mask]:
    """`predict_linear`: the value `ahead` seconds (f64[T]) after the evaluation times `now` (int64[T])."""
    slope, intercept = _line(window, now)
    with np.errstate(all="ignore"):
        return slope * ahead + intercept, np.broadcast_to(window.counts >= 2, slope.shape)


def _line(window: Window, origin: Times) -> tuple[Values, Values]:
    """Slope per second and value at `origin` (int64[T]) of the least-squares line, sums compensated."""
    shape = window.shape
    last = len(window.times) - 1
    first = window.values[:, np.minimum(window.low, last)]
    pairs = [
        ((window.times[np.minimum(window.low + k, last)] - origin) / 1000.0, x, active)
        for k, (x, active) in enumerate(window.in_order())
    ]
    with np.errstate(all="ignore"):
        sum_x = kernels.compensated_sum(((t, a) for t, _, a in pairs), shape[1:])
        sum_xx = kernels.compensated_sum(((t * t, a) for t, _, a in pairs), shape[1:])
        sum_y = kernels.compensated_sum(((x, a) for _, x, a in pairs), shape)
        sum_xy = kernels.compensated_sum(((t * x, a) for t, x, a in pairs), shape)
        n = window.counts.astype(np.float64)
        covariance = sum_xy - sum_x * sum_y / n
        variance = sum_xx - sum_x * sum_x / n
        slope = covariance / variance
        intercept = sum_y / n - slope * sum_x / n
        is_constant = np.ones(shape, bool)
        for _, x, active in pairs:
            is_constant &= ~active | (x == first)
        slope = np.where(is_constant, np.where(np.isinf(first), np.nan, 0.0), slope)
        intercept = np.where(is_constant, np.where(np.isinf(first), np.nan, first), intercept)
    return slope, intercept


def smoothed(window: Window, level: Values, trend: Values) -> tuple[Values, Mask]:
    """`double_exponential_smoothing`; factors f64[T] strictly between 0 and 1. Raises `QueryError`."""
    steps = window.counts > 0
    _check_factors("smoothing", level[steps], "sf")
    _check_factors("trend", trend[steps], "tf")
    last = len(window.times) - 1
    current = window.values[:, np.minimum(window.low, last)]
    slope = window.values[:, np.minimum(window.low + 1, last)] - current
    before = current
    with np.errstate(all="ignore"):
        for k, (x, active) in enumerate(window.in_order()):
            if k == 0:
                continue
            drift = slope
            if k > 1:
                drift = np.where(active, trend * (current - before) + (1 - trend) * slope, slope)
            after = level * x + (1 - level) * (current + drift)
            before, slope = current, drift
            current = np.where(active, after, current)
    return current, np.broadcast_to(window.counts >= 2, current.shape)


def _check_factors(name: str, factors: Values, short: str) -> None:
    for factor in factors:
        if not 0 < factor < 1:
            raise QueryError(f"invalid {name} factor. Expected: 0 < {short} < 1, got: {factor:f}")
