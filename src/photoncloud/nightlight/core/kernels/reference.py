"""Order-sensitive reductions in numpy, equal bit for bit to Prometheus' sequential loops.

Input is a sequence of layers: the k-th sample of every cell at once (`x` f64[...]) and which cells have one (`active`,
broadcastable). A cell's samples arrive in its own order; all cells advance together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Layers = Iterable[tuple[Floats, Flags]]


def _add(increment: Floats, total: Floats, lost: Floats) -> tuple[Floats, Floats]:
    """One step of Neumaier's summation: the new total and what it lost; nothing is lost once it is infinite."""
    new = total + increment
    gained = np.where(np.abs(total) >= np.abs(increment), (total - new) + increment, (increment - new) + total)
    return new, np.where(np.isinf(new), 0.0, lost + gained)


def group_counts(groups: NDArray[Any], flags: Flags, count: int) -> NDArray[np.int64]:
    """How many of a group's rows are set at each step: `groups` int[S] below `count`, `flags` bool[S, T] -> [count,
    T]."""
    counts = np.zeros((count, flags.shape[1]), np.int64)
    if not len(groups):
        return counts
    order = np.argsort(groups, kind="stable")
    numbers, starts = np.unique(groups[order], return_index=True)
    if len(numbers) == len(groups):
        counts[groups] = flags
    else:
        counts[numbers] = np.add.reduceat(flags[order], starts, axis=0, dtype=np.int64)
    return counts


def compensated_sum(layers: Layers, shape: tuple[int, ...]) -> Floats:
    """Neumaier sum of every cell; 0 where a cell has no sample."""
    total, lost = np.zeros(shape), np.zeros(shape)
    with np.errstate(all="ignore"):
        for x, active in layers:
            new, new_lost = _add(x, total, lost)
            total, lost = np.where(active, new, total), np.where(active, new_lost, lost)
        return np.where(np.isinf(total), total, total + lost)


def compensated_mean(layers: Layers, shape: tuple[int, ...]) -> Floats:
    """Neumaier sum divided by the count; from the step on where the sum would overflow, a compensated running mean."""
    total, lost, mean, count = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape)
    is_running = np.zeros(shape, bool)
    with np.errstate(all="ignore"):
        for x, active in layers:
            new_count = count + active
            new_total, new_lost = _add(x, total, lost)
            overflows = active & ~is_running & np.isinf(new_total) & (count > 0)
            mean = np.where(overflows, total / count, mean)
            lost = np.where(overflows, lost / count, lost)
            is_running = is_running | overflows
            if is_running.any():
                share = (new_count - 1) / new_count
                new_mean, mean_lost = _add(x / new_count, share * mean, share * lost)
                mean = np.where(active & is_running, new_mean, mean)
                new_lost = np.where(is_running, mean_lost, new_lost)
            total = np.where(active & ~is_running, new_total, total)
            lost = np.where(active, new_lost, lost)
            count = new_count
        return np.where(is_running, mean + lost, total / count + lost / count)


def compensated_variance(layers: Layers, shape: tuple[int, ...]) -> Floats:
    """Population variance, Welford with both sums compensated (`stdvar_over_time`)."""
    mean, mean_lost, squares, squares_lost, count = (np.zeros(shape) for _ in range(5))
    with np.errstate(all="ignore"):
        for x, active in layers:
            new_count = count + active
            delta = x - (mean + mean_lost)
            new_mean, new_mean_lost = _add(delta / new_count, mean, mean_lost)
            product = delta * (x - (new_mean + new_mean_lost))
            new_squares, new_squares_lost = _add(product, squares, squares_lost)
            mean, mean_lost = np.where(active, new_mean, mean), np.where(active, new_mean_lost, mean_lost)
            squares = np.where(active, new_squares, squares)
            squares_lost = np.where(active, new_squares_lost, squares_lost)
            count = new_count
        return (squares + squares_lost) / count


def welford_variance(layers: Layers, shape: tuple[int, ...]) -> Floats:
    """Population variance, plain Welford; NaN when a cell's first sample is not finite (`stdvar`)."""
    mean, squares, count = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    with np.errstate(all="ignore"):
        for x, active in layers:
            is_first = active & (count == 0)
            new_count = count + active
            delta = x - mean
            new_mean = np.where(is_first, x, mean + delta / new_count)
            first_square = np.where(np.isfinite(x), 0.0, np.nan)
            new_squares = np.where(is_first, first_square, squares + delta * (x - new_mean))
            mean, squares = np.where(active, new_mean, mean), np.where(active, new_squares, squares)
            count = new_count
        return squares / count


def extreme(layers: Layers, shape: tuple[int, ...], *, largest: bool) -> Floats:
    """Largest or smallest sample; NaN only when all are."""
    found = np.full(shape, np.nan)
    pick: Any = np.fmax if largest else np.fmin
    for x, active in layers:
        found = np.where(active, pick(found, x), found)
    return found


def quantile(q: Floats | float, values: Floats, counts: NDArray[Any] | int) -> Floats:
    """The q-quantile along the last axis, linear between ranks, NaN counting as smallest.

    The first `counts` of each row's *sorted* values are its samples; cells that are none must be +Inf. NaN for no
    samples or q = NaN, -Inf below q = 0, +Inf above 1.
    """
    ordered = -np.flip(np.sort(-values, axis=-1), axis=-1)  # numpy sorts NaN last: mirrored, it comes first
    counts = np.asarray(counts)
    with np.errstate(all="ignore"):
        rank = np.asarray(q) * (counts - 1)
        usable = np.isfinite(rank) & (counts > 0)
        lower = np.clip(np.where(usable, np.floor(rank), 0), 0, np.maximum(counts - 1, 0)).astype(np.intp)
        upper = np.minimum(lower + 1, np.maximum(counts - 1, 0)).astype(np.intp)
        weight = rank - np.floor(rank)
        low = np.take_along_axis(ordered, np.broadcast_to(lower, ordered.shape[:-1])[..., None], -1)[..., 0]
        high = np.take_along_axis(ordered, np.broadcast_to(upper, ordered.shape[:-1])[..., None], -1)[..., 0]
        between = low * (1 - weight) + high * weight
    q = np.asarray(q)
    result = np.where(np.isnan(q) | (counts == 0), np.nan, between)
    has = counts > 0
    result = np.where(has & (q < 0), -np.inf, result)
    return np.asarray(np.where(has & (q > 1), np.inf, result), np.float64)
