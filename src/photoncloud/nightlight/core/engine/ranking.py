"""Aggregations that choose series: `topk bottomk limitk limit_ratio`. Chosen series keep their labels and values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from photoncloud.nightlight.core.batch import Array
from photoncloud.nightlight.core.engine.aggregate import grouped
from photoncloud.nightlight.core.engine.annotations import Annotations
from photoncloud.nightlight.core.engine.frame import Frame
from photoncloud.nightlight.core.labels import label_hash
from photoncloud.nightlight.core.promql.ast import Aggregate
from photoncloud.nightlight.core.sample import Mask, Values, shortest_text
from photoncloud.nightlight.errors import QueryError

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)


def chosen(expr: Aggregate, frame: Frame, parameter: Values, notes: Annotations, *, is_instant: bool) -> Frame:
    """The frame with only the samples that each group keeps. `parameter` f64[T] is k or the ratio. Raises `QueryError`.

    `topk` and `bottomk` of an instant query come sorted by value within their group, NaN last.
    """
    if expr.op == "limit_ratio":
        return _limit_ratio(expr, frame, parameter, notes)
    counts = _counts(parameter)
    if not len(frame.labels) or not (counts >= 1).any():
        return Frame.empty(frame.steps)
    if expr.op in ("topk", "bottomk"):
        if frame.is_histogram.any():
            notes.inform(f"ignored histogram in {expr.op} aggregation", expr.expr)
        frame = frame.only_floats()
    members = grouped(frame, expr).members()
    if expr.op == "limitk":
        members = [np.array(sorted(rows, key=frame.labels.__getitem__), np.intp) for rows in members]
    if is_instant and expr.op != "limitk":
        ordered = [_best(frame, rows, 0, int(counts[0]), expr.op) for rows in members]
        return frame.rows(np.concatenate(ordered))
    keeps = np.zeros(frame.present.shape, bool)
    for rows in members:
        for step in np.flatnonzero((counts >= 1) & frame.present[rows].any(axis=0)):
            keeps[_best(frame, rows, int(step), int(counts[step]), expr.op), step] = True
    return frame.where(keeps).without_empty_rows()


def _best(frame: Frame, rows: Array, step: int, k: int, op: str) -> Array:
    """The rows a group keeps at a step, best first."""
    there: Array = rows[frame.present[rows, step]]
    if op == "limitk" or not len(there):
        first: Array = there[:k]
        return first
    values = frame.values[there, step]
    keys = -values if op == "topk" else values
    best: Array = there[np.argsort(keys, kind="stable")[:k]]
    return best


def _counts(parameter: Values) -> Array:
    """k per step, truncated to int64."""
    for k in parameter.tolist():
        if k != k:
            raise QueryError("Parameter value is NaN")
        if k > INT64_MAX:
            raise QueryError(f"Scalar value {shortest_text(k)} overflows int64")
        if k < INT64_MIN:
            raise QueryError(f"Scalar value {shortest_text(k)} underflows int64")
    return np.array([min(int(k), INT64_MAX) for k in parameter.tolist()], np.int64)


def _limit_ratio(expr: Aggregate, frame: Frame, ratios: Values, notes: Annotations) -> Frame:
    """A share of the series chosen by their hash, so that r and -(1-r) complement each other."""
    if np.isnan(ratios).any():
        raise QueryError("Ratio value is NaN")
    for ratio in sorted(set(ratios[np.abs(ratios) > 1].tolist())):
        assert expr.parameter is not None
        capped = "1" if ratio > 0 else "-1"
        text = f"ratio value should be between -1 and 1, got {shortest_text(ratio)}, capping to {capped}"
        notes.warn(text, expr.parameter)
    ratios = np.clip(ratios, -1.0, 1.0)
    offsets = np.array([label_hash(labels) / 2**64 for labels in frame.labels])[:, None]
    keeps: Mask = np.where(ratios >= 0, offsets < ratios, offsets >= 1 + ratios)
    return replace(frame, present=frame.present & keeps & (ratios != 0)).without_empty_rows()
