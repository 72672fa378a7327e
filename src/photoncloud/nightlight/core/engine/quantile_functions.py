"""`histogram_quantile`, `histogram_quantiles`, `histogram_fraction` over classic and native histograms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from photoncloud.nightlight.core import histogram_statistics
from photoncloud.nightlight.core.engine import classic_histogram as classic
from photoncloud.nightlight.core.engine.annotations import Annotations, for_metric
from photoncloud.nightlight.core.engine.frame import Frame, stacked
from photoncloud.nightlight.core.histogram import FloatHistogram
from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.core.promql.ast import Node
from photoncloud.nightlight.core.sample import Mask, Times, Values, openmetrics_text, shortest_text

Classic = Callable[[classic.ClassicGroup, classic.Counts], Values]
"""A number per column of a count table, f64[t]."""
Native = Callable[[FloatHistogram, int, str], float]
"""A number for a histogram at a step of a metric."""


def histogram_quantile(frame: Frame, q: Values, times: Times, places: tuple[Node, Node], notes: Annotations) -> Frame:
    """`q` f64[T]; `places` are the quantile argument and the vector argument."""
    q_at, at = places
    warn_of_quantiles(q, q_at, notes)

    def of_classic(group: classic.ClassicGroup, table: classic.Counts) -> Values:
        counts, repair = classic.made_monotonic(table)
        classic.warn_of_repairs(group, table, repair, times, at, notes)
        return classic.quantiles(q[table.steps], table.bounds, counts)

    def of_native(histogram: FloatHistogram, step: int, name: str) -> float:
        return histogram_statistics.quantile(
            float(q[step]), histogram, lambda text: notes.inform(text + for_metric(name), at)
        )

    return _by_kind(frame, of_classic, of_native, at, notes)


def histogram_quantiles(
    frame: Frame, label: str, qs: list[Values], times: Times, places: tuple[list[Node], Node], notes: Annotations
) -> Frame:
    """One series per quantile, told apart by `label`."""
    parts = []
    for q, q_at in zip(qs, places[0], strict=True):
        part = histogram_quantile(frame, q, times, (q_at, places[1]), notes)
        for value in dict.fromkeys(map(openmetrics_text, q.tolist())):
            steps = np.array([openmetrics_text(own) == value for own in q.tolist()])
            labels = [own.with_label(label, value) for own in part.labels]
            parts.append(part.where(steps).relabelled(labels))
    return stacked(parts).without_empty_rows()


def histogram_fraction(frame: Frame, lower: Values, upper: Values, at: Node, notes: Annotations) -> Frame:
    def of_classic(group: classic.ClassicGroup, table: classic.Counts) -> Values:
        return classic.fractions(lower[table.steps], upper[table.steps], table.bounds, table.counts)

    def of_native(histogram: FloatHistogram, step: int, name: str) -> float:
        bounds = float(lower[step]), float(upper[step])
        return histogram_statistics.fraction(*bounds, histogram, lambda text: notes.inform(text + for_metric(name), at))

    return _by_kind(frame, of_classic, of_native, at, notes)


def warn_of_quantiles(q: Values, at: Node, notes: Annotations) -> None:
    """One warning per value outside of [0, 1]."""
    for value in dict.fromkeys(map(shortest_text, q[~((q >= 0) & (q <= 1))].tolist())):
        notes.warn(f"quantile value should be between 0 and 1, got {value}", at)


def _by_kind(frame: Frame, of_classic: Classic, of_native: Native, at: Node, notes: Annotations) -> Frame:
    """Classic groups and native series, side by side; a name that is both at one step gives nothing there."""
    rows: list[tuple[Labels, Values, Mask]] = []
    natives = {labels: row for row, labels in enumerate(frame.labels) if frame.is_histogram[row].any()}
    for group in classic.classic_groups(frame, at, notes):
        values, present = np.zeros(frame.steps), np.zeros(frame.steps, bool)
        for table in classic.count_tables(frame, group):
            values[table.steps] = of_classic(group, table)
            present[table.steps] = True
        twin = natives.get(group.labels)
        if twin is not None and (present & frame.is_histogram[twin]).any():
            mixed = "vector contains a mix of classic and native histograms"
            notes.warn(mixed + for_metric(group.labels.metric_name), at)
            present &= ~frame.is_histogram[twin]
            frame = frame.where(~_row_mask(frame, twin, group.rows))
        rows.append((group.labels, values, present))
    for labels, row in natives.items():
        rows.append(_native_row(frame, labels, row, of_native))
    return classic.stacked_rows(rows, frame.steps).without_empty_rows()


def _row_mask(frame: Frame, row: int, buckets: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Mask:
    mask = np.zeros(frame.present.shape, bool)
    mask[row] = frame.floats[buckets].any(axis=0)
    return mask


def _native_row(frame: Frame, labels: Labels, row: int, of_native: Native) -> tuple[Labels, Values, Mask]:
    values, present = np.zeros(frame.steps), frame.is_histogram[row]
    assert frame.histograms is not None
    for step in np.flatnonzero(present):
        values[step] = of_native(frame.histograms[row, step], int(step), labels.metric_name)
    return labels, values, present
