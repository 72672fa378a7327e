"""Arithmetic, comparison and trimming between scalars and vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from photoncloud.nightlight.core.batch import Array, Histograms
from photoncloud.nightlight.core.engine import matching as match
from photoncloud.nightlight.core.engine.annotations import Annotations
from photoncloud.nightlight.core.engine.frame import Frame, merged
from photoncloud.nightlight.core.engine.native_operators import Outcome, combine
from photoncloud.nightlight.core.promql.ast import Binary, Cardinality, Matching
from photoncloud.nightlight.core.promql.tokens import COMPARISONS, TRIMS
from photoncloud.nightlight.core.sample import Mask, Values

OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,
    "^": np.power,
    "atan2": np.arctan2,
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def scalars(op: str, left: Values, right: Values) -> Values:
    """Two scalars per step; a comparison gives 0 or 1."""
    with np.errstate(all="ignore"):
        return np.asarray(OPERATIONS[op](left, right), np.float64)


def with_scalar(expr: Binary, frame: Frame, scalar: Values, notes: Annotations, *, is_left: bool) -> Frame:
    """A vector and a scalar (f64[T]); `is_left`: the scalar stands left of the operator. A filter keeps the vector's
    value."""
    op, floats = expr.op, frame.floats
    others = np.broadcast_to(scalar, frame.values.shape)
    left, right = (others, frame.values) if is_left else (frame.values, others)
    if op in TRIMS:
        values, keeps = frame.values, np.zeros(frame.values.shape, bool)
        if floats.any():
            _inform(notes, expr, "float", "float")
    else:
        values, keeps = _applied(op, left, right, frame.values, returns_bool=expr.returns_bool)
    present = floats & keeps
    drops = (
        np.ones(len(frame.labels), bool) if expr.returns_bool or op not in (COMPARISONS | TRIMS) else frame.drops_name
    )
    result = Frame(frame.labels, values, present, drops)
    cells = np.argwhere(frame.is_histogram)
    if not len(cells) or frame.histograms is None:
        return result

    def outcomes() -> Any:
        for row, step in cells:
            held = frame.histograms[row, step]  # type: ignore[index]
            number = float(scalar[step])
            yield row, step, combine(op, number, held) if is_left else combine(op, held, number)

    return _with_outcomes(result, outcomes(), expr, notes)


def vectors(expr: Binary, left: Frame, right: Frame, notes: Annotations) -> Frame:
    """Two vectors, matched; the result has the series of the many side. Raises `QueryError`."""
    matching = expr.matching or Matching()
    is_swapped = matching.cardinality is Cardinality.ONE_TO_MANY
    sides = match.filled(match.sides(left, right, matching), matching)
    match.check_one_side(sides, matching)
    match.check_many_side(sides, matching)
    rows, partners = match.pairs(sides)
    many, one = sides.many.rows(rows), sides.one.rows(partners)
    both = many.present & one.present
    is_filter = expr.op in COMPARISONS | TRIMS and not expr.returns_bool
    drops_name = expr.op not in COMPARISONS | TRIMS
    labels = [
        match.result_labels(many.labels[pair], one.labels[pair], matching, drops_name=drops_name)
        for pair in range(len(rows))
    ]
    _check_unique(labels, both)
    own, other = (one, many) if is_swapped else (many, one)
    if expr.op in TRIMS:
        values, keeps = own.values, np.zeros(both.shape, bool)
    else:
        values, keeps = _applied(expr.op, own.values, other.values, own.values, returns_bool=expr.returns_bool)
    if is_filter and is_swapped:
        values = many.values if expr.op not in COMPARISONS else np.where(keeps, own.values, 0.0)
    are_floats = both & own.floats & other.floats
    flags = many.drops_name if is_filter else np.full(len(rows), expr.returns_bool) | many.drops_name
    if drops_name:
        flags = np.zeros(len(rows), bool)
    result = Frame(labels, values, are_floats & keeps, flags)
    cells: Array | list[Array] = (
        np.argwhere(both & ~are_floats) if own.histograms is not None or other.histograms is not None else []
    )
    if expr.op in TRIMS:
        cells = np.argwhere(both)
    if len(cells):

        def outcomes() -> Any:
            for row, step in cells:
                yield row, step, combine(expr.op, _cell(own, row, step), _cell(other, row, step))

        result = _with_outcomes(result, outcomes(), expr, notes)
    return merged(result.without_empty_rows(), match.NOT_UNIQUE)


def _check_unique(labels: list[Any], both: Mask) -> None:
    """Two pairs of one name at one step are an error, even where a filter drops them."""
    if len(set(labels)) < len(labels):
        merged(Frame.of_floats(labels, np.zeros(both.shape), both), match.NOT_UNIQUE)


def _cell(frame: Frame, row: int, step: int) -> Any:
    """The histogram or float of a cell."""
    held = None if frame.histograms is None else frame.histograms[row, step]
    return float(frame.values[row, step]) if held is None else held


def _applied(op: str, left: Values, right: Values, kept: Values, *, returns_bool: bool) -> tuple[Values, Mask]:
    """Result values, and which cells stay: a comparison without `bool` filters and keeps `kept`."""
    with np.errstate(all="ignore"):
        found = OPERATIONS[op](left, right)
    if op in COMPARISONS and not returns_bool:
        return kept, found
    return np.asarray(found, np.float64), np.ones(found.shape, bool)


def _with_outcomes(frame: Frame, outcomes: Any, expr: Binary, notes: Annotations) -> Frame:
    """Cells with histograms, computed one by one, laid over the floats."""
    values, present = frame.values.copy(), frame.present.copy()
    histograms: Histograms = np.full(values.shape, None, object)
    for row, step, outcome in outcomes:
        _note(outcome, expr, notes)
        kept = outcome.value
        if expr.op in COMPARISONS and expr.returns_bool and outcome.verdict is not None:
            kept = 1.0 if outcome.verdict else 0.0
        if kept is None:
            continue
        present[row, step] = True
        if isinstance(kept, float):
            values[row, step] = kept
        else:
            histograms[row, step] = kept
    return replace(frame, values=values, present=present, histograms=histograms)


def _note(outcome: Outcome, expr: Binary, notes: Annotations) -> None:
    if outcome.mismatch is not None:
        _inform(notes, expr, *outcome.mismatch)
    for text in outcome.infos:
        notes.inform(text, expr)
    for text in outcome.warnings:
        notes.warn(text, expr)


def _inform(notes: Annotations, expr: Binary, left: str, right: str) -> None:
    notes.inform(
        f'incompatible sample types encountered for binary operator "{expr.op}": {left} {expr.op} {right}', expr
    )
