"""The entrance: a query, a source of samples, an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from photoncloud.nightlight.core.batch import Histograms, Select
from photoncloud.nightlight.core.engine.annotations import Annotations
from photoncloud.nightlight.core.engine.evaluate import Evaluator, Run
from photoncloud.nightlight.core.engine.frame import SAME_LABELS, Frame, with_names_dropped
from photoncloud.nightlight.core.engine.selector import Reader
from photoncloud.nightlight.core.engine.steps import Budget, QueryOptions, Steps
from photoncloud.nightlight.core.engine.window import RangeRows
from photoncloud.nightlight.core.labels import EMPTY_LABELS, METRIC_NAME, Labels
from photoncloud.nightlight.core.promql.ast import Expr, ValueType
from photoncloud.nightlight.core.promql.parser import parse
from photoncloud.nightlight.core.promql.printer import to_text
from photoncloud.nightlight.core.promql.types import value_type
from photoncloud.nightlight.core.sample import Times, Values
from photoncloud.nightlight.errors import InvalidQuery, QueryError


@dataclass(frozen=True, slots=True, eq=False)
class AnswerSeries:
    """One series: times int64[n], values f64[n], histograms object[n] or None (floats only)."""

    labels: Labels
    times: Times
    values: Values
    histograms: Histograms | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave. An instant vector and a scalar have one sample a series; `text` only for strings.

    `samples_peak` is the most samples that were in memory at once.
    """

    type: ValueType
    series: Sequence[AnswerSeries]
    text: str
    warnings: Sequence[str]
    infos: Sequence[str]
    samples_peak: int


def never_interrupted() -> str | None:
    return None


def instant_query(
    query: str | Expr,
    time_ms: int,
    select: Select,
    options: QueryOptions | None = None,
    interruption: Callable[[], str | None] = never_interrupted,
) -> Answer:
    """The value of an expression at a time. Raises `ParseError` and `QueryError`."""
    steps = Steps.instant(time_ms)
    return _bounded(query, steps, select, options or QueryOptions(), interruption, is_range=False)


def range_query(
    query: str | Expr,
    times: tuple[int, int, int],
    select: Select,
    options: QueryOptions | None = None,
    interruption: Callable[[], str | None] = never_interrupted,
) -> Answer:
    """The value at every step of `times` = (start, end, step) in milliseconds. Raises `ParseError` and `QueryError`."""
    start_ms, end_ms, step_ms = times
    if step_ms <= 0:
        raise InvalidQuery("zero or negative query resolution step widths are not accepted. Try a positive integer")
    if end_ms < start_ms:
        raise InvalidQuery("end timestamp must not be before start time")
    steps = Steps.range(start_ms, end_ms, step_ms)
    return _bounded(query, steps, select, options or QueryOptions(), interruption, is_range=True)


def _bounded(
    query: str | Expr,
    steps: Steps,
    select: Select,
    options: QueryOptions,
    interruption: Callable[[], str | None],
    *,
    is_range: bool,
) -> Answer:
    """An answer, also where the process allows less depth than the parser."""
    try:
        return _answer(query, steps, select, options, interruption, is_range=is_range)
    except RecursionError as error:
        raise QueryError("expression too deeply nested") from error


def _answer(
    query: str | Expr,
    steps: Steps,
    select: Select,
    options: QueryOptions,
    interruption: Callable[[], str | None],
    *,
    is_range: bool,
) -> Answer:
    text = query if isinstance(query, str) else to_text(query)
    expr = parse(text, is_experimental=options.is_experimental) if isinstance(query, str) else query
    kind = value_type(expr)
    if is_range and kind not in (ValueType.SCALAR, ValueType.VECTOR):
        raise InvalidQuery(f'invalid expression type "{kind}" for range query, must be Scalar or instant Vector')
    notes = Annotations(text)
    budget = Budget(options.samples_max, options.series_max, interruption)
    evaluator = Evaluator(Run(Reader(select, budget), options, notes, budget, steps.count > 1), steps)
    string = ""
    with np.errstate(all="ignore"):
        match kind:
            case ValueType.STRING:
                string, series = evaluator.text(expr), []
            case ValueType.SCALAR:
                series = [AnswerSeries(EMPTY_LABELS, steps.times, evaluator.scalar(expr))]
            case ValueType.MATRIX:
                series = _series_of_range(evaluator.range(expr))
            case _:
                frame = with_names_dropped(evaluator.frame(expr), with_metadata=options.has_metadata_labels)
                series = series_of_frame(frame, steps.times)
    if is_range:
        series.sort(key=lambda own: own.labels)
    shown = ValueType.MATRIX if is_range else kind
    return Answer(shown, series, string, notes.warnings, notes.infos, budget.peak)


def series_of_frame(frame: Frame, times: Times) -> list[AnswerSeries]:
    """The series that have samples, in the order of the frame."""
    found = []
    for row in np.flatnonzero(frame.present.any(axis=1)).tolist():
        own = frame.present[row]
        histograms = None if frame.histograms is None else frame.histograms[row, own]
        found.append(AnswerSeries(frame.labels[row], times[own], frame.values[row, own], histograms))
    return found


def _series_of_range(ranges: RangeRows) -> list[AnswerSeries]:
    """The raw samples of the only window, sorted by labels."""
    found: list[AnswerSeries] = []
    for window in ranges.windows():
        cell = slice(int(window.low[0]), int(window.high[0]))
        if cell.start == cell.stop:
            continue
        for place, row in enumerate(window.rows):
            labels = ranges.labels[row]
            if ranges.drops_name[row]:
                labels = labels.without((METRIC_NAME,))
            histograms = None if window.histograms is None else window.histograms[place, cell]
            found.append(AnswerSeries(labels, window.times[cell], window.values[place, cell], histograms))
    if len({own.labels for own in found}) < len(found):
        raise QueryError(SAME_LABELS)
    return sorted(found, key=lambda own: own.labels)
