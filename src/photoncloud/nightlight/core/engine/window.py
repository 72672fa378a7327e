"""Ranges: for every series and step, the samples of a window.

Rows that share their times share the edges of their windows, so one search serves them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from photoncloud.nightlight.core.batch import Array, Histograms, SampleBatch, holds_histogram
from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.core.sample import Mask, Times, Values, stale_mask

BLOCK_ROWS = 64
"""Rows worked on at once: the arrays of one block stay in the processor's cache."""


RECTANGLE_CELLS = 1 << 20
"""Samples copied at once where windows are sorted: 8 MiB."""


@dataclass(frozen=True, slots=True, eq=False)
class DenseRows:
    """Series whose samples stand at exactly the same times: rows int[r] into the labels, times int64[n], values f64[r,
    n], histograms object[r, n] or None."""

    rows: Array
    times: Times
    values: Values
    histograms: Histograms | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RangeRows:
    """A range vector: labels[S] in label order, their samples, and the window `(starts, ends]` of every step,
    int64[T]."""

    labels: Sequence[Labels]
    drops_name: Mask
    dense: Sequence[DenseRows]
    starts: Times
    ends: Times
    margins: tuple[int, int] = (0, 0)
    """Milliseconds by which windows hold samples before their start and after their end (`anchored`, `smoothed`)."""

    @property
    def samples(self) -> int:
        return sum(dense.values.size for dense in self.dense)

    def windows(self) -> Iterator[Window]:
        """Blocks of rows with the edges of their windows; rows with histograms come apart from rows of floats."""
        for dense in self.dense:
            low = np.searchsorted(dense.times, self.starts - self.margins[0], "right")
            high = np.searchsorted(dense.times, self.ends + self.margins[1], "right")
            for first in range(0, len(dense.rows), BLOCK_ROWS):
                block = slice(first, first + BLOCK_ROWS)
                histograms = None if dense.histograms is None else dense.histograms[block]
                yield Window(
                    dense.rows[block], dense.times, dense.values[block], low, high, self.starts, self.ends, histograms
                )


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """r series of common times and, for each of T steps, the samples `[low, high)` in `(starts, ends]`."""

    rows: Array
    times: Times
    values: Values
    low: Array
    high: Array
    starts: Times
    ends: Times
    histograms: Histograms | None = None

    @property
    def counts(self) -> Array:
        """Samples in each window, int[T]."""
        return self.high - self.low

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), len(self.low)

    def cells(self) -> Iterator[tuple[int, slice]]:
        """Every step that has samples, with their place."""
        for step in np.flatnonzero(self.counts > 0):
            yield int(step), slice(int(self.low[step]), int(self.high[step]))

    def rectangles(self) -> Iterator[tuple[Array, Values]]:
        """Steps whose windows hold equally many samples, together: steps int[t] and their samples f64[r, t, n]; a
        bounded number of cells at a time."""
        for count in np.unique(self.counts[self.counts > 0]).tolist():
            steps = np.flatnonzero(self.counts == count)
            width = max(1, RECTANGLE_CELLS // (count * len(self.rows)))
            for first in range(0, len(steps), width):
                chosen = steps[first : first + width]
                yield chosen, self.values[:, self.low[chosen][:, None] + np.arange(count)]

    def in_order(self) -> Iterator[tuple[Values, Mask]]:
        """The k-th sample of every window at once, k = 0, 1, …: f64[r, T] and which steps have one, bool[T]."""
        last = len(self.times) - 1
        for k in range(int(self.counts.max(initial=0))):
            index = self.low + k
            yield self.values[:, np.minimum(index, last)], index < self.high


def dense_rows(batch: SampleBatch, first_row: int, *, drops_stale: bool) -> list[DenseRows]:
    """The batch cut into groups without gaps; its series are numbered from `first_row`."""
    if not len(batch.times):
        return []
    rows = np.arange(first_row, first_row + len(batch.labels))
    present = batch.present
    if drops_stale:
        stale = stale_mask(batch.values)
        if stale.any():
            present = ~stale if present is None else present & ~stale
    if present is None or present.all():
        return _by_kind(DenseRows(rows, batch.times, batch.values, batch.histograms))
    groups: dict[bytes, list[int]] = {}
    for row in range(len(rows)):
        groups.setdefault(present[row].tobytes(), []).append(row)
    found: list[DenseRows] = []
    for members in groups.values():
        mask = present[members[0]]
        histograms = None if batch.histograms is None else batch.histograms[members][:, mask]
        found += _by_kind(DenseRows(rows[members], batch.times[mask], batch.values[members][:, mask], histograms))
    return [dense for dense in found if len(dense.times)]


def _by_kind(dense: DenseRows) -> list[DenseRows]:
    """Rows of floats apart from rows that hold histograms."""
    if dense.histograms is None:
        return [dense]
    holds = holds_histogram(dense.histograms).any(axis=1)
    floats, mixed = np.flatnonzero(~holds), np.flatnonzero(holds)
    parts = []
    if len(floats):
        parts.append(DenseRows(dense.rows[floats], dense.times, dense.values[floats]))
    if len(mixed):
        parts.append(DenseRows(dense.rows[mixed], dense.times, dense.values[mixed], dense.histograms[mixed]))
    return parts
