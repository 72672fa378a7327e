"""`rate` and its family: what a window of counter or gauge samples says about change."""

from __future__ import annotations

import numpy as np

from photoncloud.nightlight.core.batch import Array
from photoncloud.nightlight.core.engine.window import Window
from photoncloud.nightlight.core.sample import Mask, Values

GAP_FACTOR = 1.1
"""A window edge nearer to a sample than so many mean spacings counts as covered."""


def extrapolated(window: Window, *, is_counter: bool, is_rate: bool) -> tuple[Values, Mask]:
    """`rate`, `increase`, `delta`: the change between first and last sample, stretched to the window."""
    has_two = window.counts >= 2
    last_index = np.maximum(window.high - 1, 0)
    first_index = np.minimum(window.low, len(window.times) - 1)
    first = window.values[:, first_index]
    with np.errstate(all="ignore"):
        change = window.values[:, last_index] - first
        if is_counter:
            change = change + reset_corrections(window, has_two)
        sampled = (window.times[last_index] - window.times[first_index]) / 1000.0
        spacing = sampled / np.maximum(window.counts - 1, 1)
        to_start = np.broadcast_to((window.times[first_index] - window.starts) / 1000.0, change.shape)
        to_end = (window.ends - window.times[last_index]) / 1000.0
        to_end = np.where(to_end >= spacing * GAP_FACTOR, spacing / 2, to_end)
        to_start = np.where(to_start >= spacing * GAP_FACTOR, spacing / 2, to_start)
        if is_counter:
            to_zero = np.where((change > 0) & (first >= 0), sampled * (first / change), to_start)
            to_start = np.minimum(to_start, to_zero)
        factor = (sampled + to_start + to_end) / sampled
        if is_rate:
            factor = factor / ((window.ends - window.starts) / 1000.0)
        return change * factor, np.broadcast_to(has_two, change.shape)


def reset_corrections(window: Window, steps: Mask) -> Values:
    """The values lost to resets inside each window, f64[r, T]; computed for `steps` only."""
    before, after = window.values[:, :-1], window.values[:, 1:]
    drops = np.where(after < before, before, 0.0)
    if not drops.any():
        return np.zeros(window.shape)
    low = np.minimum(window.low, len(window.times) - 1)
    high = np.maximum(window.high - 1, low)
    total = np.concatenate([np.zeros((len(drops), 1)), np.cumsum(drops, axis=1)], axis=1)
    corrections = total[:, high] - total[:, low]
    is_exact = np.isfinite(total[:, -1])
    for row in np.flatnonzero(~is_exact):
        for step in np.flatnonzero(steps):
            corrections[row, step] = drops[row, low[step] : high[step]].sum()
    resets = np.concatenate([np.zeros((len(drops), 1), int), np.cumsum(drops != 0, axis=1)], axis=1)
    return np.where(resets[:, high] > resets[:, low], corrections, 0.0)


def instantaneous(window: Window, *, is_rate: bool) -> tuple[Values, Mask]:
    """`irate`, `idelta`: the last two samples."""
    last = np.maximum(window.high - 1, 0)
    before = np.maximum(window.high - 2, 0)
    elapsed = (window.times[last] - window.times[before]) / 1000.0
    with np.errstate(all="ignore"):
        new, old = window.values[:, last], window.values[:, before]
        change = new - old
        if is_rate:
            change = np.where(new < old, new, change) / elapsed
    return change, np.broadcast_to((window.counts >= 2) & (elapsed > 0), change.shape)


def counted(window: Window, *, only_falls: bool) -> tuple[Values, Mask]:
    """`resets` (falls) and `changes` (any other value; NaN after NaN is none)."""
    before, after = window.values[:, :-1], window.values[:, 1:]
    if only_falls:
        events = after < before
    else:
        events = (after != before) & ~(np.isnan(after) & np.isnan(before))
    total = np.concatenate([np.zeros((len(events), 1), int), np.cumsum(events, axis=1)], axis=1)
    low = np.minimum(window.low, len(window.times) - 1)
    found = (total[:, np.maximum(window.high - 1, low)] - total[:, low]).astype(np.float64)
    return found, np.broadcast_to(window.counts > 0, found.shape)


def at_edges(window: Window, *, is_smoothed: bool, is_counter: bool, is_rate: bool) -> tuple[Values, Mask]:
    """`anchored` and `smoothed` change: from edge to edge of the window, nothing extrapolated.

    The window has been widened: before the start by the lookback, for `smoothed` also after the end; `starts` and
    `ends` are the true edges.
    """
    result, present = np.zeros(window.shape), np.zeros(window.shape, bool)
    for step, cell in window.cells():
        times = window.times[cell]
        start, end = int(window.starts[step]), int(window.ends[step])
        first, last = edge_indexes(times, start, end, is_smoothed=is_smoothed)
        if times[last] <= start:
            continue
        x = window.values[:, cell]
        left, right = x[:, first], x[:, last]
        if is_smoothed and times[first] < start and first + 1 < len(times):
            left = _on_line(x, times, first, start, is_counter=is_counter, is_left=True)
        if is_smoothed and last > 0 and times[last] > end:
            right = _on_line(x, times, last - 1, end, is_counter=is_counter, is_left=False)
        change = right - left
        if is_counter:
            inside = x[:, first + (times[first] <= start) : last + (times[last] < end)]
            change = change + _resets_between(left, inside, right)
        result[:, step] = change / ((end - start) / 1000.0) if is_rate else change
        present[:, step] = True
    return result, present


def edge_indexes(times: Array, start: int, end: int, *, is_smoothed: bool) -> tuple[int, int]:
    """The samples that stand for the edges: the newest at or before the start (else the first), the last or, smoothed,
    the first at or after the end."""
    last = len(times) - 1
    first = max(0, int(np.searchsorted(times[:last], start, "right")) - 1)
    if is_smoothed:
        last = int(np.searchsorted(times[:last], end, "left"))
    return first, last


def _on_line(x: Values, times: Array, index: int, at: int, *, is_counter: bool, is_left: bool) -> Values:
    """The value at `at` between samples `index` and `index + 1`; a counter that fell there starts from 0."""
    before, after = x[:, index], x[:, index + 1]
    if is_counter:
        falls = after < before
        after = after if is_left else np.where(falls, after + before, after)
        before = np.where(falls, 0.0, before) if is_left else before
    return before + (after - before) * float(at - times[index]) / float(times[index + 1] - times[index])


def _resets_between(left: Values, inside: Values, right: Values) -> Values:
    path = np.concatenate([left[:, None], inside, right[:, None]], axis=1)
    lost: Values = np.where(path[:, 1:] < path[:, :-1], path[:, :-1], 0.0).sum(axis=1)
    return lost


def counted_from_edge(window: Window, *, only_falls: bool) -> tuple[Values, Mask]:
    """`anchored` changes and resets: counting starts at the sample that stands for the window's start."""
    result, present = np.zeros(window.shape), np.zeros(window.shape, bool)
    for step, cell in window.cells():
        times = window.times[cell]
        first, last = edge_indexes(times, int(window.starts[step]), int(window.ends[step]), is_smoothed=False)
        if times[last] <= window.starts[step]:
            continue
        x = window.values[:, cell][:, first:]
        before, after = x[:, :-1], x[:, 1:]
        differs = (after != before) & ~(np.isnan(after) & np.isnan(before))
        result[:, step] = (after < before if only_falls else differs).sum(axis=1)
        present[:, step] = True
    return result, present
