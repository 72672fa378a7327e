"""Walks the tree of a query and gives every node its value at all steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

import numpy as np

from photoncloud.nightlight.core.batch import SampleBatch
from photoncloud.nightlight.core.engine import aggregate, binary, ranking, sets
from photoncloud.nightlight.core.engine.annotations import Annotations
from photoncloud.nightlight.core.engine.calls import call_frame, call_scalar
from photoncloud.nightlight.core.engine.durations import offset_ms, range_ms
from photoncloud.nightlight.core.engine.frame import Frame, with_names_dropped
from photoncloud.nightlight.core.engine.native_operators import negated, without_reset_hints
from photoncloud.nightlight.core.engine.plan import is_step_invariant
from photoncloud.nightlight.core.engine.selector import LatestSamples, Reader
from photoncloud.nightlight.core.engine.steps import Budget, QueryOptions, Steps
from photoncloud.nightlight.core.engine.window import RangeRows, dense_rows
from photoncloud.nightlight.core.promql.ast import (
    Aggregate,
    Binary,
    Call,
    Edge,
    Expr,
    Matching,
    MatrixSelector,
    NumberLiteral,
    Paren,
    StringLiteral,
    Subquery,
    Timing,
    Unary,
    ValueType,
    VectorSelector,
    without_parens,
)
from photoncloud.nightlight.core.promql.tokens import PARAMETRIC_AGGREGATORS, SET_OPERATORS
from photoncloud.nightlight.core.promql.types import value_type
from photoncloud.nightlight.core.sample import Times, Values


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What all parts of one query share."""

    reader: Reader
    options: QueryOptions
    notes: Annotations
    budget: Budget
    is_range: bool


class Evaluator:
    """Values of expressions at `steps`."""

    def __init__(self, run: Run, steps: Steps) -> None:
        self.run = run
        self.steps = steps

    def frame(self, expr: Expr) -> Frame:
        """An instant vector at every step; samples it holds count until the caller is done."""
        if self.steps.count > 1 and is_step_invariant(expr):
            return self._once().frame(expr).at_every(self.steps.count)
        self.run.budget.check_time()
        before = self.run.budget.held
        frame = self._frame(expr)
        if not self.run.options.delays_name_removal:
            frame = with_names_dropped(frame, with_metadata=self.run.options.has_metadata_labels)
        self.run.budget.held = before
        self.run.budget.hold(frame.cells)
        return frame

    def scalar(self, expr: Expr) -> Values:
        """A number per step, f64[T]."""
        match expr:
            case NumberLiteral():
                return np.full(self.steps.count, expr.value)
            case Paren():
                return self.scalar(expr.expr)
            case Unary():
                value = self.scalar(expr.expr)
                return -value if expr.op == "-" else value
            case Binary():
                return binary.scalars(expr.op, self.scalar(expr.left), self.scalar(expr.right))
            case Call():
                return call_scalar(self, expr)
            case _:
                raise TypeError(f"{type(expr).__name__} is no scalar")

    def text(self, expr: Expr) -> str:
        inner = without_parens(expr)
        assert isinstance(inner, StringLiteral)
        return inner.value

    def range(self, expr: Expr) -> RangeRows:
        """The windows of a range selector or subquery."""
        inner = without_parens(expr)
        if isinstance(inner, Subquery):
            rows = self._subquery(inner)
        else:
            assert isinstance(inner, MatrixSelector)
            rows = self._matrix(inner)
        self.run.budget.check_cells(len(rows.labels) * self.steps.count)
        self.run.budget.hold(_samples_at_once(rows))
        return rows

    def _once(self) -> Evaluator:
        """The same query at one step only."""
        return Evaluator(self.run, self.steps.at(self.steps.times[:1], self.steps.interval_ms))

    def _frame(self, expr: Expr) -> Frame:
        match expr:
            case Paren():
                return self._frame(expr.expr)
            case VectorSelector():
                return self._selector(expr)
            case Unary():
                return self._unary(expr)
            case Binary():
                return self._binary(expr)
            case Aggregate():
                return self._aggregate(expr)
            case Call():
                return call_frame(self, expr)
            case NumberLiteral() | StringLiteral() | MatrixSelector() | Subquery():
                raise TypeError(f"{type(expr).__name__} is no instant vector")
            case _:
                assert_never(expr)

    def _times(self, timing: Timing) -> Times:
        """Where a selector looks at each step: `@` pins it, `offset` moves it back."""
        times = self.steps.times
        if timing.at is not None:
            edges = {Edge.START: self.steps.first_ms, Edge.END: self.steps.last_ms}
            pinned = edges[timing.at] if isinstance(timing.at, Edge) else timing.at
            times = np.full(len(times), pinned, np.int64)
        return times - offset_ms(timing.offset, self.steps)

    def _selector(self, expr: VectorSelector) -> Frame:
        if expr.is_smoothed:
            return self.run.reader.neighbours(expr.matchers, self._times(expr.timing), self.run.options.lookback_ms)
        return self.latest(expr).frame

    def latest(self, expr: VectorSelector) -> LatestSamples:
        """An instant selector with the times of its samples."""
        return self.run.reader.newest(expr.matchers, self._times(expr.timing), self.run.options.lookback_ms)

    def _matrix(self, expr: MatrixSelector) -> RangeRows:
        selector = expr.selector
        ends = self._times(selector.timing)
        lookback = self.run.options.lookback_ms
        before = lookback if selector.is_anchored or selector.is_smoothed else 0
        after = lookback if selector.is_smoothed else 0
        starts = ends - range_ms(expr.range, self.steps)
        return self.run.reader.range_rows(selector.matchers, starts, ends, (before, after))

    def _subquery(self, expr: Subquery) -> RangeRows:
        """The inner expression on the absolute grid of the step, cut into windows."""
        ends = self._times(expr.timing)
        starts = ends - range_ms(expr.range, self.steps)
        step = range_ms(expr.step, self.steps) if expr.step is not None else self.run.options.subquery_step_ms
        first = (int(starts.min()) // step + 1) * step
        self.run.budget.check_cells((int(ends.max()) - first) // step)
        times = np.arange(first, int(ends.max()) + 1, step, dtype=np.int64)
        if not len(times):
            return RangeRows((), np.empty(0, bool), (), starts, ends)
        inner = Evaluator(self.run, self.steps.at(times, step)).frame(expr.expr)
        batch = SampleBatch(inner.labels, times, inner.values, inner.present, without_reset_hints(inner))
        return RangeRows(inner.labels, inner.drops_name, dense_rows(batch, 0, drops_stale=False), starts, ends)

    def _unary(self, expr: Unary) -> Frame:
        frame = self.frame(expr.expr)
        if expr.op == "+":
            return frame
        return replace(frame.with_values(-frame.values), histograms=negated(frame))

    def _binary(self, expr: Binary) -> Frame:
        left_is_scalar = value_type(expr.left) is ValueType.SCALAR
        right_is_scalar = value_type(expr.right) is ValueType.SCALAR
        if left_is_scalar or right_is_scalar:
            vector, scalar = (expr.right, expr.left) if left_is_scalar else (expr.left, expr.right)
            frame = self.frame(vector)
            return binary.with_scalar(expr, frame, self.scalar(scalar), self.run.notes, is_left=left_is_scalar)
        left, right = self.frame(expr.left), self.frame(expr.right)
        if expr.op in SET_OPERATORS:
            return sets.combined(expr.op, left, right, expr.matching or Matching())
        return binary.vectors(expr, left, right, self.run.notes)

    def _aggregate(self, expr: Aggregate) -> Frame:
        frame = self.frame(expr.expr)
        if expr.op == "count_values":
            assert expr.parameter is not None
            return aggregate.counted_values(expr, frame, self.text(expr.parameter))
        parameter = self.scalar(expr.parameter) if expr.parameter is not None else None
        if expr.op in PARAMETRIC_AGGREGATORS and expr.op != "quantile":
            assert parameter is not None
            return ranking.chosen(expr, frame, parameter, self.run.notes, is_instant=self.steps.count == 1)
        return aggregate.reduced(expr, frame, parameter, self.run.notes)


def _samples_at_once(rows: RangeRows) -> int:
    """The most samples that the windows of one step hold."""
    totals = np.zeros(len(rows.starts), np.int64)
    for dense in rows.dense:
        low = np.searchsorted(dense.times, rows.starts - rows.margins[0], "right")
        high = np.searchsorted(dense.times, rows.ends + rows.margins[1], "right")
        totals += (high - low) * len(dense.rows)
    return int(totals.max(initial=0))
