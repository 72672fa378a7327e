"""Reads the samples of selectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photoncloud.nightlight.core.batch import SampleBatch, Select
from photoncloud.nightlight.core.engine.frame import Frame
from photoncloud.nightlight.core.engine.steps import Budget
from photoncloud.nightlight.core.engine.window import DenseRows, RangeRows, dense_rows
from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.core.matcher import Matcher
from photoncloud.nightlight.core.sample import Times, Values, stale_mask

Loaded = tuple[Sequence[Labels], Sequence[DenseRows]]


class Reader:
    """Storage as one query sees it: equal requests are read once."""

    def __init__(self, select: Select, budget: Budget) -> None:
        self._select = select
        self._budget = budget
        self._known: dict[tuple[tuple[Matcher, ...], int, int], Sequence[SampleBatch]] = {}

    def range_rows(
        self, matchers: tuple[Matcher, ...], starts: Times, ends: Times, margins: tuple[int, int]
    ) -> RangeRows:
        """The windows `(starts, ends]`; `margins` are milliseconds to read before and after them as well."""
        labels, dense = self._load(matchers, int(starts.min()) + 1 - margins[0], int(ends.max()) + margins[1], True)
        return RangeRows(labels, np.zeros(len(labels), bool), dense, starts, ends, margins)

    def newest(self, matchers: tuple[Matcher, ...], times: Times, lookback_ms: int) -> LatestSamples:
        """The newest sample in `(t - lookback, t]` of every series and time; nothing where that is a stale marker."""
        labels, dense = self._load(matchers, int(times.min()) - lookback_ms + 1, int(times.max()), False)
        self._budget.check_cells(len(labels) * len(times))
        return _newest(labels, dense, times, lookback_ms)

    def neighbours(self, matchers: tuple[Matcher, ...], times: Times, lookback_ms: int) -> Frame:
        """`smoothed`: the value at each time on the line between the samples around it."""
        first, last = int(times.min()) - lookback_ms + 1, int(times.max()) + lookback_ms
        labels, dense = self._load(matchers, first, last, True)
        self._budget.check_cells(len(labels) * len(times))
        return _interpolated(labels, dense, times, lookback_ms)

    def _load(self, matchers: tuple[Matcher, ...], first_ms: int, last_ms: int, drops_stale: bool) -> Loaded:
        key = (matchers, first_ms, last_ms)
        if key not in self._known:
            self._budget.check_time()
            self._known[key] = self._select(matchers, first_ms, last_ms)
        batches = self._known[key]
        unsorted = [labels for batch in batches for labels in batch.labels]
        self._budget.check_series(len(unsorted))
        order = sorted(range(len(unsorted)), key=unsorted.__getitem__)
        rank = np.empty(len(order), np.intp)
        rank[order] = np.arange(len(order))
        dense: list[DenseRows] = []
        first_row = 0
        for batch in batches:
            for group in dense_rows(batch, first_row, drops_stale=drops_stale):
                dense.append(DenseRows(rank[group.rows], group.times, group.values, group.histograms))
            first_row += len(batch.labels)
        return [unsorted[row] for row in order], dense


@dataclass(frozen=True, slots=True, eq=False)
class LatestSamples:
    """A frame and the times of its samples, int64[S, T]."""

    frame: Frame
    times: Times


def _newest(labels: Sequence[Labels], dense: Sequence[DenseRows], times: Times, lookback_ms: int) -> LatestSamples:
    shape = (len(labels), len(times))
    values, present, at = np.zeros(shape), np.zeros(shape, bool), np.zeros(shape, np.int64)
    histograms = np.full(shape, None, object) if any(group.histograms is not None for group in dense) else None
    for group in dense:
        index = np.searchsorted(group.times, times, "right") - 1
        found = (index >= 0) & (group.times[np.maximum(index, 0)] > times - lookback_ms)
        index = np.maximum(index, 0)
        taken: Values = group.values[:, index]
        values[group.rows] = taken
        present[group.rows] = found[None, :] & ~stale_mask(taken)
        at[group.rows] = group.times[index]
        if histograms is not None and group.histograms is not None:
            histograms[group.rows] = group.histograms[:, index]
    frame = Frame(labels, values, present, np.zeros(len(labels), bool), histograms)
    used = np.flatnonzero(present.any(axis=1))
    return LatestSamples(frame.rows(used), at[used])


def _interpolated(labels: Sequence[Labels], dense: Sequence[DenseRows], times: Times, lookback_ms: int) -> Frame:
    """Between two samples the line, without a right neighbour the last value; without a left one nothing."""
    shape = (len(labels), len(times))
    values, present = np.zeros(shape), np.zeros(shape, bool)
    for group in dense:
        if group.histograms is not None:
            continue
        left = np.searchsorted(group.times, times, "right") - 1
        found = (left >= 0) & (group.times[np.maximum(left, 0)] > times - lookback_ms)
        left = np.maximum(left, 0)
        right = np.minimum(left + 1, len(group.times) - 1)
        gap = group.times[right] - group.times[left]
        has_right = (gap > 0) & (group.times[right] <= times + lookback_ms)
        share = np.where(has_right, (times - group.times[left]) / np.where(gap > 0, gap, 1), 0.0)
        before, after = group.values[:, left], group.values[:, right]
        on_line = before + (after - before) * share
        values[group.rows] = np.where(has_right & (times > group.times[left]), on_line, before)
        present[group.rows] = found
    return Frame.of_floats(labels, values, present).without_empty_rows()
