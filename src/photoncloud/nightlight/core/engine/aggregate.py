"""Aggregations that reduce the series of a group to one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from photoncloud.nightlight.core import kernels
from photoncloud.nightlight.core.batch import Array
from photoncloud.nightlight.core.engine.annotations import Annotations
from photoncloud.nightlight.core.engine.frame import Frame
from photoncloud.nightlight.core.engine.native_aggregate import reduced_histograms
from photoncloud.nightlight.core.engine.quantile_functions import warn_of_quantiles
from photoncloud.nightlight.core.labels import METRIC_NAME, Labels, is_valid_name
from photoncloud.nightlight.core.promql.ast import Aggregate
from photoncloud.nightlight.core.quoting import quote
from photoncloud.nightlight.core.sample import Mask, Values, plain_text
from photoncloud.nightlight.errors import QueryError

IGNORE_HISTOGRAMS = frozenset(("min", "max", "stddev", "stdvar", "quantile"))


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The group of each series, int[S], and the labels and name flag of each group."""

    of: Array
    labels: list[Labels]
    drops_name: Mask

    def members(self) -> list[Array]:
        """The rows of each group in the order of the series."""
        order = np.argsort(self.of, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.of, minlength=len(self.labels)))[:-1])


def grouped(frame: Frame, expr: Aggregate) -> Groups:
    """By the listed labels, or by all but them and the name."""
    numbers: dict[Labels, int] = {}
    of = np.empty(len(frame.labels), np.intp)
    for row, labels in enumerate(frame.labels):
        key = labels.without((METRIC_NAME, *expr.grouping)) if expr.is_without else labels.only(expr.grouping)
        of[row] = numbers.setdefault(key, len(numbers))
    drops = np.zeros(len(numbers), bool)
    np.logical_or.at(drops, of, frame.drops_name)
    return Groups(of, list(numbers), drops)


def reduced(expr: Aggregate, frame: Frame, parameter: Values | None, notes: Annotations) -> Frame:
    """`sum avg min max count group stddev stdvar quantile`; `parameter` f64[T] is the quantile."""
    groups = grouped(frame, expr)
    if not groups.labels:
        return Frame.empty(frame.steps)
    if expr.op in IGNORE_HISTOGRAMS and frame.is_histogram.any():
        notes.inform(f"ignored histogram in {expr.op} aggregation", expr.expr)
    floats = frame.only_floats() if expr.op not in ("count", "group") else frame
    shape = (len(groups.labels), frame.steps)
    present = kernels.group_counts(groups.of, floats.present, shape[0]) > 0
    if expr.op == "quantile":
        assert parameter is not None
        assert expr.parameter is not None
        warn_of_quantiles(parameter, expr.parameter, notes)
        values = _quantiles(floats, groups, parameter, shape)
    else:
        values = _reduction(expr.op, floats, groups, shape)
    result = Frame(groups.labels, values, present, groups.drops_name)
    if expr.op in ("sum", "avg") and frame.histograms is not None:
        result = reduced_histograms(expr, frame, groups.members(), result, notes)
    return result.without_empty_rows()


def _layers(frame: Frame, groups: Groups) -> Iterator[tuple[Values, Mask]]:
    """The k-th series of every group at once."""
    members = groups.members()
    for k in range(max(map(len, members))):
        rows = np.array([rows[k] if k < len(rows) else -1 for rows in members], np.intp)
        yield frame.values[rows], frame.present[rows] & (rows >= 0)[:, None]


def _reduction(op: str, frame: Frame, groups: Groups, shape: tuple[int, int]) -> Values:
    match op:
        case "count":
            return kernels.group_counts(groups.of, frame.present, shape[0]).astype(np.float64)
        case "group":
            return np.ones(shape)
        case "sum":
            return kernels.compensated_sum(_layers(frame, groups), shape)
        case "avg":
            return kernels.compensated_mean(_layers(frame, groups), shape)
        case "stdvar":
            return kernels.welford_variance(_layers(frame, groups), shape)
        case "stddev":
            with np.errstate(invalid="ignore"):
                return np.sqrt(kernels.welford_variance(_layers(frame, groups), shape))
        case _:
            return kernels.extreme(_layers(frame, groups), shape, largest=op == "max")


def _quantiles(frame: Frame, groups: Groups, q: Values, shape: tuple[int, int]) -> Values:
    found = np.zeros(shape)
    for number, rows in enumerate(groups.members()):
        present = frame.present[rows].T
        values = np.where(present, frame.values[rows].T, np.inf)
        found[number] = kernels.quantile(q, values, present.sum(axis=1))
    return found


def counted_values(expr: Aggregate, frame: Frame, label: str) -> Frame:
    """`count_values`: how often each value occurs in a group, the value as a label. Raises `QueryError`."""
    if not is_valid_name(label):
        raise QueryError(f"invalid label name {quote(label)}")
    kept = {label, *expr.grouping}
    gone = {METRIC_NAME, *expr.grouping}
    counts: dict[Labels, Values] = {}
    flags: dict[Labels, bool] = {}
    for row, own in enumerate(frame.labels):
        for text, steps in _value_steps(frame, row):
            enriched = own.with_label(label, text)
            group = enriched.without(gone) if expr.is_without else enriched.only(kept)
            counts.setdefault(group, np.zeros(frame.steps))[steps] += 1
            flags[group] = flags.get(group, False) or bool(frame.drops_name[row])
    if not counts:
        return Frame.empty(frame.steps)
    values = np.stack(list(counts.values()))
    return Frame.of_floats(list(counts), values, values > 0, np.array(list(flags.values())))


def _value_steps(frame: Frame, row: int) -> Iterator[tuple[str, Array]]:
    """The text of each value of a row and the steps that have it."""
    steps = np.flatnonzero(frame.floats[row])
    unique, places = np.unique(frame.values[row, steps], return_inverse=True)
    for place, value in enumerate(unique.tolist()):
        yield plain_text(value), steps[places == place]
    if frame.histograms is not None:
        for step in np.flatnonzero(frame.is_histogram[row]):
            yield str(frame.histograms[row, step]), np.array([step])
