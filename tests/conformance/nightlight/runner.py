"""Runs PromQL test files: loads series into memory, evaluates, compares by the rules of the conformance suite."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from nightlight_script import Clear, Condition, Eval, Load, parse_script

from photoncloud.nightlight.core.engine.query import Answer, AnswerSeries, instant_query, range_query
from photoncloud.nightlight.core.engine.steps import QueryOptions
from photoncloud.nightlight.core.histogram import FloatHistogram, ResetHint
from photoncloud.nightlight.core.labels import BUCKET_LABEL, METRIC_NAME, Labels
from photoncloud.nightlight.core.memory_series import MemorySeries
from photoncloud.nightlight.core.promql.ast import (
    Aggregate,
    Binary,
    Call,
    Expr,
    MatrixSelector,
    Paren,
    Subquery,
    Unary,
    ValueType,
    VectorSelector,
    walk,
)
from photoncloud.nightlight.core.promql.functions import TIME_DEPENDENT
from photoncloud.nightlight.core.promql.parser import parse
from photoncloud.nightlight.core.promql.printer import to_text
from photoncloud.nightlight.core.promql.selector_parser import with_timing
from photoncloud.nightlight.core.sample import is_stale, parse_float
from photoncloud.nightlight.errors import NightlightError

EPSILON = 1e-6
SMALLEST_NORMAL = 2.2250738585072014e-308
OPTIONS = QueryOptions(subquery_step_ms=60_000, samples_max=10_000)


class Mismatch(Exception):
    """An evaluation that did not give what its file says."""


def run_file(path: Path) -> dict[int, str]:
    """Line of each failed evaluation -> what went wrong."""
    return {own.line: reason for own, reason in outcomes(path) if reason}


def outcomes(path: Path) -> Iterator[tuple[Eval, str]]:
    """Every evaluation of a file with its failure, empty when it passed."""
    source = MemorySeries()
    for command in parse_script(path.read_text("utf-8")):
        match command:
            case Clear():
                source = MemorySeries()
            case Load():
                load(source, command)
            case Eval():
                try:
                    check_eval(source, command)
                    yield command, ""
                except Mismatch as error:
                    yield command, str(error)
                except NightlightError as error:
                    yield command, f"{type(error).__name__}: {error}"


def load(source: MemorySeries, command: Load) -> None:
    for series in command.series:
        for place, value in enumerate(series.values):
            if value is not None:
                source.append(series.labels, place * command.step_ms, value)
    if command.with_nhcb:
        for labels, time_ms, histogram in converted(command):
            source.append(labels, time_ms, histogram)


def converted(command: Load) -> Iterator[tuple[Labels, int, FloatHistogram]]:
    """Classic bucket series as histograms with custom bounds, one per base name and time."""
    groups: dict[Labels, dict[int, dict[str, Any]]] = {}
    for series in command.series:
        name = series.labels.metric_name
        for suffix in ("_bucket", "_count", "_sum"):
            if not name.endswith(suffix):
                continue
            base = series.labels.with_label(METRIC_NAME, name.removesuffix(suffix)).without((BUCKET_LABEL,))
            for place, value in enumerate(series.values):
                if isinstance(value, float):
                    parts = groups.setdefault(base, {}).setdefault(place * command.step_ms, {"buckets": {}})
                    if suffix == "_bucket":
                        try:
                            parts["buckets"][parse_float(series.labels.get(BUCKET_LABEL))] = value
                        except ValueError:
                            continue
                    else:
                        parts[suffix] = value
    for labels, times in groups.items():
        for time_ms, parts in sorted(times.items()):
            if parts["buckets"]:
                yield labels, time_ms, _custom(parts)


def _custom(parts: dict[str, Any]) -> FloatHistogram:
    bounds = sorted(parts["buckets"])
    cumulative = [parts["buckets"][bound] for bound in bounds]
    for place in range(1, len(cumulative)):
        cumulative[place] = max(cumulative[place], cumulative[place - 1])
    total = parts.get("_count", cumulative[-1])
    if not math.isinf(bounds[-1]):
        bounds, cumulative = [*bounds, math.inf], [*cumulative, total]
    counts = [count - (cumulative[place - 1] if place else 0.0) for place, count in enumerate(cumulative)]
    return FloatHistogram(
        schema=-53,
        count=total,
        sum=parts.get("_sum", 0.0),
        positive=dict(enumerate(counts)),
        custom_bounds=tuple(bounds[:-1]),
    )


def check_eval(source: MemorySeries, own: Eval) -> None:
    _check(own, source, own.query, own.times, is_original=True)
    if own.is_range:
        return
    at = own.times[0]
    variants = [(own.query, at)]
    if not own.fails:
        expr = parse(own.query)
        if not any(isinstance(node, Call) and node.function in TIME_DEPENDENT for node in walk(expr)):
            pinned = to_text(pinned_at(expr, at))
            times = (-10 * at, 0, at // 5, at, 10 * at) if at else (-1000, 0, 1000)
            variants += [(pinned, time) for time in times]
    for query, time in variants[1:]:
        _check(own, source, query, (time, time, 1), is_original=False)
    is_plain = not own.is_ordered and own.string is None and own.matrix_times is None
    has_edges = any(f"{word}()" in own.query.lower() for word in ("start", "end", "step", "range"))
    if is_plain and not has_edges:
        for query, time in variants:
            _check_middle(own, source, query, time)


def pinned_at(expr: Expr, at_ms: int) -> Expr:
    """The expression with `@` on every selector and subquery that has none, the inside of subqueries left alone."""
    match expr:
        case VectorSelector():
            return expr if expr.timing.at is not None else with_timing(expr, replace(expr.timing, at=at_ms))
        case MatrixSelector():
            timing = expr.selector.timing
            return expr if timing.at is not None else with_timing(expr, replace(timing, at=at_ms))
        case Subquery():
            return expr if expr.timing.at is not None else with_timing(expr, replace(expr.timing, at=at_ms))
        case Paren() | Unary():
            return replace(expr, expr=pinned_at(expr.expr, at_ms))
        case Binary():
            return replace(expr, left=pinned_at(expr.left, at_ms), right=pinned_at(expr.right, at_ms))
        case Aggregate():
            parameter = pinned_at(expr.parameter, at_ms) if expr.parameter is not None else None
            return replace(expr, expr=pinned_at(expr.expr, at_ms), parameter=parameter)
        case Call():
            return replace(expr, arguments=tuple(pinned_at(argument, at_ms) for argument in expr.arguments))
        case _:
            return expr


def _check(own: Eval, source: MemorySeries, query: str, times: tuple[int, int, int], *, is_original: bool) -> None:
    try:
        if own.is_range:
            answer = range_query(query, times, source.select, OPTIONS)
        else:
            answer = instant_query(query, times[0], source.select, OPTIONS)
    except NightlightError as error:
        if not own.fails:
            raise Mismatch(f"{query}: {type(error).__name__}: {error}") from error
        if not all(condition.accepts(str(error)) for condition in own.fails):
            raise Mismatch(f"{query}: wrong error: {error}") from error
        return
    if own.fails:
        raise Mismatch(f"{query}: succeeded")
    check_annotations(own, answer, positions_hold=is_original)
    check_answer(own, answer, query)


def _check_middle(own: Eval, source: MemorySeries, query: str, time: int) -> None:
    """The middle step of a short range query equals the instant query."""
    try:
        answer = range_query(query, (time - 60_000, time + 60_000, 60_000), source.select, OPTIONS)
    except NightlightError as error:
        if own.fails:
            return
        raise Mismatch(f"range of {query}: {error}") from error
    if own.fails:
        return
    middle = [_at(series, time) for series in answer.series if time in series.times]
    if own.scalar is None:
        compare_series(
            own, middle, [(labels, [(time, items)]) for labels, items in _instants(own)], f"range of {query}"
        )
    elif not equal_values(own.scalar, float(middle[0].values[0])):
        raise Mismatch(f"range of {query}: {middle[0].values[0]} instead of {own.scalar}")


def _at(series: AnswerSeries, time: int) -> AnswerSeries:
    mask = series.times == time
    histograms = None if series.histograms is None else series.histograms[mask]
    return AnswerSeries(series.labels, series.times[mask], series.values[mask], histograms)


def check_annotations(own: Eval, answer: Answer, *, positions_hold: bool) -> None:
    for kind, conditions, actual in (("warn", own.warnings, answer.warnings), ("info", own.infos, answer.infos)):
        if kind in own.forbidden and actual:
            raise Mismatch(f"unexpected {kind}: {actual}")
        if not conditions:
            continue
        if not actual:
            raise Mismatch(f"no {kind}")
        if not positions_hold:
            continue
        for condition in conditions:
            if not any(map(condition.accepts, actual)):
                raise Mismatch(f"no {kind} {condition}: {actual}")
        for text in actual:
            if not any(condition.accepts(text) for condition in conditions):
                raise Mismatch(f"surplus {kind}: {text}")


def check_answer(own: Eval, answer: Answer, query: str) -> None:
    if own.string is not None:
        if answer.type is not ValueType.STRING or answer.text != own.string:
            raise Mismatch(f"{query}: {answer.text!r}")
        return
    if own.scalar is not None:
        if answer.type is not ValueType.SCALAR or not equal_values(own.scalar, float(answer.series[0].values[0])):
            raise Mismatch(f"{query}: {answer.series} instead of {own.scalar}")
        return
    if own.matrix_times is not None or own.is_range:
        start, end, step = own.matrix_times or own.times
        times = range(start, end + 1, step)
        expected = [
            (s.labels, [(t, v) for t, v in zip(times, s.values, strict=False) if v is not None]) for s in own.series
        ]
        if [s.labels for s in answer.series] != sorted(s.labels for s in answer.series):
            raise Mismatch(f"{query}: not sorted")
    else:
        expected = [(labels, [(None, item)]) for labels, item in _instants(own)]
        if own.is_ordered and [s.labels for s in answer.series] != [labels for labels, _ in expected]:
            raise Mismatch(f"{query}: order {[str(s.labels) for s in answer.series]}")
    compare_series(own, list(answer.series), expected, query)


def _instants(own: Eval) -> list[tuple[Labels, Any]]:
    return [(series.labels, series.values[0]) for series in own.series]


def compare_series(own: Eval, actual: list[AnswerSeries], expected: list[tuple[Labels, Any]], query: str) -> None:
    wanted = {labels: points for labels, points in expected if points}
    found = {series.labels: series for series in actual}
    if len(found) != len(actual):
        raise Mismatch(f"{query}: repeated series")
    if set(wanted) != set(found):
        missing = [str(labels) for labels in set(wanted) - set(found)]
        surplus = [str(labels) for labels in set(found) - set(wanted)]
        raise Mismatch(f"{query}: missing {missing}, surplus {surplus}")
    for labels, points in wanted.items():
        compare_points(labels, points, found[labels], query)


def compare_points(labels: Labels, points: list[tuple[int | None, Any]], series: AnswerSeries, query: str) -> None:
    if len(points) != len(series.times):
        raise Mismatch(
            f"{query}: {labels} has {list(zip(series.times, series.values, strict=True))} instead of {points}"
        )
    for place, (time, wanted) in enumerate(points):
        held = None if series.histograms is None else series.histograms[place]
        actual = float(series.values[place]) if held is None else held
        if time is not None and time != series.times[place]:
            raise Mismatch(f"{query}: {labels} at {series.times[place]} instead of {time}")
        if not equal_samples(wanted, actual):
            raise Mismatch(f"{query}: {labels} @ {series.times[place]}: {actual} instead of {wanted}")


def equal_samples(wanted: Any, actual: Any) -> bool:
    if isinstance(wanted, float) and isinstance(actual, float):
        return equal_values(wanted, actual)
    if isinstance(wanted, FloatHistogram) and isinstance(actual, FloatHistogram):
        return equal_histograms(wanted, actual)
    return False


def equal_values(left: float, right: float) -> bool:
    if is_stale(left) or is_stale(right):
        return is_stale(left) and is_stale(right)
    if left != left or right != right:
        return left != left and right != right
    if left == right:
        return True
    total, distance = abs(left) + abs(right), abs(left - right)
    if left == 0 or right == 0 or total < SMALLEST_NORMAL:
        return distance < EPSILON * SMALLEST_NORMAL
    return distance / min(total, 1.7976931348623157e308) < EPSILON


def equal_histograms(wanted: FloatHistogram, actual: FloatHistogram) -> bool:
    left, right = wanted.compacted(), actual.compacted()
    numbers = zip(
        (left.zero_threshold, left.zero_count, left.count, left.sum, *left.custom_bounds),
        (right.zero_threshold, right.zero_count, right.count, right.sum, *right.custom_bounds),
        strict=False,
    )
    return (
        left.schema == right.schema
        and len(left.custom_bounds) == len(right.custom_bounds)
        and all(equal_values(one, other) for one, other in numbers)
        and _equal_buckets(left.positive, right.positive)
        and _equal_buckets(left.negative, right.negative)
        and (wanted.hint is ResetHint.UNKNOWN or wanted.hint is actual.hint)
    )


def _equal_buckets(left: Any, right: Any) -> bool:
    return set(left) == set(right) and all(equal_values(left[index], right[index]) for index in left)


__all__ = ["Condition", "Mismatch", "outcomes", "run_file"]
