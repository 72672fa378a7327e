"""Classic histograms: series of cumulative buckets told apart by `le`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from photoncloud.nightlight.core.batch import Array
from photoncloud.nightlight.core.engine.annotations import Annotations, for_metric
from photoncloud.nightlight.core.engine.frame import Frame
from photoncloud.nightlight.core.labels import BUCKET_LABEL, Labels
from photoncloud.nightlight.core.promql.ast import Node
from photoncloud.nightlight.core.quoting import quote
from photoncloud.nightlight.core.sample import Mask, Times, Values, parse_float

TOLERANCE = 1e-12
"""Counts that differ by less, relatively, differ by rounding only."""
SMALLEST_NORMAL = 2.2250738585072014e-308


@dataclass(frozen=True, slots=True, eq=False)
class ClassicGroup:
    """Buckets of one histogram, sorted by bound: bounds f64[b], and their rows in the frame, int[b]."""

    labels: Labels
    drops_name: bool
    bounds: Values
    rows: Array


def classic_groups(frame: Frame, at: Node, notes: Annotations) -> list[ClassicGroup]:
    """The histograms in a vector; a bucket without a usable `le` is left out with a warning at `at`."""
    found: dict[Labels, list[tuple[float, int]]] = {}
    for row, labels in enumerate(frame.labels):
        if not frame.floats[row].any():
            continue
        text = labels.get(BUCKET_LABEL)
        try:
            bound = parse_float(text)
        except ValueError:
            malformed = f'bucket label "le" is missing or has a malformed value of {quote(text)}'
            notes.warn(malformed + for_metric(labels.metric_name), at)
            continue
        found.setdefault(labels.without((BUCKET_LABEL,)), []).append((bound, row))
    groups = []
    for labels, buckets in found.items():
        buckets.sort()
        rows = np.array([row for _, row in buckets], np.intp)
        bounds = np.array([bound for bound, _ in buckets])
        groups.append(ClassicGroup(labels, True, bounds, rows))
    return groups


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Histograms of one group at the steps (int[t]) where the same buckets are there: bounds f64[b], counts f64[b,
    t]."""

    steps: Array
    bounds: Values
    counts: Values


def count_tables(frame: Frame, group: ClassicGroup) -> Iterator[Counts]:
    """The group's counts, equal bounds added up, cut by which buckets are there."""
    present = frame.floats[group.rows]
    patterns: dict[bytes, list[int]] = {}
    for step in np.flatnonzero(present.any(axis=0)):
        patterns.setdefault(present[:, step].tobytes(), []).append(int(step))
    for steps in patterns.values():
        mask = present[:, steps[0]]
        bounds = group.bounds[mask]
        counts = frame.values[group.rows[mask]][:, steps]
        unique, places = np.unique(bounds, return_inverse=True)
        table = np.zeros((len(unique), len(steps)))
        np.add.at(table, places, counts)
        yield Counts(np.array(steps), unique, table)


@dataclass(frozen=True, slots=True, eq=False)
class Repair:
    """Which steps needed real repairs, bool[t], between which bounds and by how much, f64[t]."""

    needed: Mask
    lowest: Values
    highest: Values
    difference: Values


def made_monotonic(table: Counts) -> tuple[Values, Repair]:
    """Counts that never fall: rounding differences are levelled silently, real falls are raised and reported."""
    counts = table.counts.copy()
    previous = counts[0].copy()
    steps = counts.shape[1]
    needed = np.zeros(steps, bool)
    lowest, highest, difference = np.full(steps, np.inf), np.full(steps, -np.inf), np.zeros(steps)
    with np.errstate(all="ignore"):
        for bucket in range(1, len(counts)):
            current = counts[bucket]
            is_level = nearly_equal(previous, current)
            falls = ~is_level & (current < previous)
            needed |= falls
            bound = table.bounds[bucket]
            lowest = np.where(falls, np.minimum(lowest, bound), lowest)
            highest = np.where(falls, np.maximum(highest, bound), highest)
            difference = np.where(falls, np.maximum(difference, previous - current), difference)
            counts[bucket] = np.where(is_level | falls, previous, current)
            previous = counts[bucket]
    return counts, Repair(needed, lowest, highest, difference)


def nearly_equal(left: Values, right: Values) -> Mask:
    """Equal but for rounding."""
    total = np.abs(left) + np.abs(right)
    distance = np.abs(left - right)
    with np.errstate(all="ignore"):
        tiny = (left == 0) | (right == 0) | (total < SMALLEST_NORMAL)
        near = np.where(tiny, distance < TOLERANCE * SMALLEST_NORMAL, distance / np.minimum(total, 1.7e308) < TOLERANCE)
    return np.asarray((left == right) | near)


def quantiles(q: Values, bounds: Values, counts: Values) -> Values:
    """The q-quantile (f64[t]) of every column of monotonic counts f64[b, t]."""
    if len(bounds) < 2 or not np.isposinf(bounds[-1]):
        found = np.full(counts.shape[1], np.nan)
    else:
        found = _interpolated(q, bounds, counts)
    found = np.where(q < 0, -np.inf, np.where(q > 1, np.inf, found))
    return np.where(np.isnan(q), np.nan, found)


def _interpolated(q: Values, bounds: Values, counts: Values) -> Values:
    with np.errstate(all="ignore"):
        total = counts[-1]
        rank = q * total
        reaches = counts[:-1] >= rank
        bucket = np.where(reaches.any(axis=0), reaches.argmax(axis=0), len(bounds) - 1)
        columns = np.arange(counts.shape[1])
        before = np.maximum(bucket - 1, 0)
        is_first = bucket == 0
        start = np.where(is_first, 0.0, bounds[before])
        below = np.where(is_first, 0.0, counts[before, columns])
        inside = counts[bucket, columns] - below
        found = start + (bounds[bucket] - start) * ((rank - below) / inside)
    found = np.where(is_first & (bounds[0] <= 0), bounds[0], found)
    found = np.where(bucket == len(bounds) - 1, bounds[-2], found)
    return np.where((total == 0) | np.isnan(total), np.nan, found)


def fractions(lower: Values, upper: Values, bounds: Values, counts: Values) -> Values:
    """The share of observations between `lower` and `upper` (f64[t]) in every column."""
    if len(bounds) < 1 or not np.isposinf(bounds[-1]):
        return np.full(counts.shape[1], np.nan)
    total = counts[-1]
    with np.errstate(all="ignore"):
        share = (_rank(upper, bounds, counts) - _rank(lower, bounds, counts)) / total
    share = np.where(lower >= upper, 0.0, share)
    return np.where((total == 0) | np.isnan(total) | np.isnan(lower) | np.isnan(upper), np.nan, share)


def _rank(value: Values, bounds: Values, counts: Values) -> Values:
    """How many observations are below `value`; a first bucket without a lower bound is below every finite value."""
    columns = np.arange(counts.shape[1])
    bucket = np.searchsorted(bounds, value, "right")
    bucket = np.minimum(
        np.where((bucket > 0) & (bounds[np.maximum(bucket - 1, 0)] == value), bucket - 1, bucket), len(bounds) - 1
    )
    below = np.where(bucket > 0, counts[np.maximum(bucket - 1, 0), columns], 0.0)
    start = np.where(bucket > 0, bounds[np.maximum(bucket - 1, 0)], 0.0 if bounds[0] > 0 else -np.inf)
    with np.errstate(all="ignore"):
        width = bounds[bucket] - start
        share = np.where(np.isinf(width), np.isneginf(start) & (value > start), (value - start) / width)
    share = np.where(value >= bounds[bucket], 1.0, np.clip(share, 0.0, 1.0))
    return below + (counts[bucket, columns] - below) * share


def warn_of_repairs(
    group: ClassicGroup, table: Counts, repair: Repair, times: Times, at: Node, notes: Annotations
) -> None:
    for column in np.flatnonzero(repair.needed):
        bounds = (float(repair.lowest[column]), float(repair.highest[column]))
        time_ms = int(times[table.steps[column]])
        notes.repaired(group.labels.metric_name, at, time_ms, bounds, float(repair.difference[column]))


def stacked_rows(rows: Sequence[tuple[Labels, Values, Mask]], steps: int) -> Frame:
    """A frame of computed series, their names flagged to go."""
    if not rows:
        return Frame.empty(steps)
    values = np.stack([values for _, values, _ in rows])
    present = np.stack([present for _, _, present in rows])
    return Frame.of_floats([labels for labels, _, _ in rows], values, present, np.ones(len(rows), bool))
