"""Table: what each function of the language does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from photoncloud.nightlight.core.engine import clock, elementwise, labelling, quantile_functions, range_functions
from photoncloud.nightlight.core.engine.frame import Frame
from photoncloud.nightlight.core.engine.info import InfoSelection, with_info
from photoncloud.nightlight.core.engine.native_summary import SUMMARIES, summarised
from photoncloud.nightlight.core.engine.plan import metric_selectors
from photoncloud.nightlight.core.engine.window import Window
from photoncloud.nightlight.core.labels import EMPTY_LABELS
from photoncloud.nightlight.core.matcher import Matcher
from photoncloud.nightlight.core.promql.ast import (
    NO_TIMING,
    Call,
    Expr,
    MatrixSelector,
    Node,
    ValueType,
    VectorSelector,
    without_parens,
)
from photoncloud.nightlight.core.promql.functions import FUNCTIONS
from photoncloud.nightlight.core.sample import Mask, Values
from photoncloud.nightlight.errors import QueryError

if TYPE_CHECKING:
    from photoncloud.nightlight.core.engine.evaluate import Evaluator

SORT_INEFFECTIVE = "sort is ineffective for range queries since results are always ordered by labels"


def call_scalar(own: Evaluator, call: Call) -> Values:
    """A function that gives a scalar: f64[T]."""
    steps = own.steps
    match call.function:
        case "time":
            return steps.times / 1000.0
        case "pi":
            return np.full(steps.count, np.pi)
        case "start":
            return np.full(steps.count, steps.first_ms / 1000)
        case "end":
            return np.full(steps.count, steps.last_ms / 1000)
        case "step":
            return np.full(steps.count, steps.step_ms / 1000)
        case "range":
            return np.full(steps.count, (steps.last_ms - steps.first_ms) / 1000)
        case "min_of":
            return np.minimum(own.scalar(call.arguments[0]), own.scalar(call.arguments[1]))
        case "max_of":
            return np.maximum(own.scalar(call.arguments[0]), own.scalar(call.arguments[1]))
        case _:
            assert call.function == "scalar"
            return _only_sample(own.frame(call.arguments[0]))


def _only_sample(frame: Frame) -> Values:
    """The value where a vector has exactly one float, else NaN."""
    floats = frame.floats
    return np.where(floats.sum(axis=0) == 1, np.where(floats, frame.values, 0.0).sum(axis=0), np.nan)


def call_frame(own: Evaluator, call: Call) -> Frame:
    """A function that gives an instant vector."""
    if any(kind is ValueType.MATRIX for kind in FUNCTIONS[call.function].arguments):
        return _of_range(own, call)
    if call.function in elementwise.FUNCTIONS:
        frame = own.frame(call.arguments[0]).only_floats()
        return frame.with_values(elementwise.applied(call.function, frame.values)).without_empty_rows()
    if call.function in clock.PARTS:
        return _date(own, call)
    if call.function in SUMMARIES:
        return summarised(call.function, own.frame(call.arguments[0]))
    return SPECIAL[call.function](own, call)


def _of_range(own: Evaluator, call: Call) -> Frame:
    """A function of a range vector and scalars."""
    signature = FUNCTIONS[call.function]
    place = signature.arguments.index(ValueType.MATRIX)
    argument = without_parens(call.arguments[place])
    scalars = [own.scalar(other) for index, other in enumerate(call.arguments) if index != place]
    ranges = own.range(argument)
    if call.function == "absent_over_time":
        return labelling.absent(argument, range_functions.presence(ranges))
    selector = argument.selector if isinstance(argument, MatrixSelector) else None
    edge_rule = ""
    if selector is not None:
        edge_rule = "anchored" if selector.is_anchored else "smoothed" if selector.is_smoothed else ""
    function = range_functions.function_of(call.function, own.steps.times, scalars, edge_rule)
    if call.function == "quantile_over_time":
        is_there = range_functions.presence(ranges)
        quantile_functions.warn_of_quantiles(scalars[0][is_there], _argument(call, 0), own.run.notes)

    def interruptible(window: Window) -> tuple[Values, Mask]:
        own.run.budget.check_time()
        return function(window)

    return range_functions.applied(call.function, ranges, interruptible, argument, own.run.notes)


def _argument(call: Call, index: int) -> Expr:
    """An argument as annotations place it: without parentheses around it."""
    return without_parens(call.arguments[index])


def _date(own: Evaluator, call: Call) -> Frame:
    if not call.arguments:
        return _vector(own, clock.part(call.function, own.steps.times / 1000.0))
    frame = own.frame(call.arguments[0]).only_floats()
    return frame.with_values(clock.part(call.function, frame.values)).without_empty_rows()


def _vector(own: Evaluator, values: Values) -> Frame:
    return Frame.of_floats([EMPTY_LABELS], values[None, :], np.ones((1, own.steps.count), bool))


def _timestamp(own: Evaluator, call: Call) -> Frame:
    """A selector's samples have their own times; anything else has the step's."""
    argument = _argument(call, 0)
    if isinstance(argument, VectorSelector) and not argument.is_smoothed:
        latest = own.latest(argument)
        return replace(latest.frame, histograms=None).with_values(latest.times / 1000.0)
    frame = own.frame(argument)
    times = np.broadcast_to(own.steps.times / 1000.0, frame.values.shape)
    return replace(frame, histograms=None).with_values(times)


def _clamp(own: Evaluator, call: Call) -> Frame:
    frame = own.frame(call.arguments[0]).only_floats()
    bounds = [own.scalar(argument) for argument in call.arguments[1:]]
    low = bounds[0] if call.function != "clamp_max" else np.full(own.steps.count, -np.inf)
    high = bounds[-1] if call.function != "clamp_min" else np.full(own.steps.count, np.inf)
    values = elementwise.clamped(frame.values, low, high)
    return frame.with_values(values).where(~(low > high)[None, :]).without_empty_rows()


def _round(own: Evaluator, call: Call) -> Frame:
    frame = own.frame(call.arguments[0]).only_floats()
    nearest = own.scalar(call.arguments[1]) if len(call.arguments) > 1 else np.ones(own.steps.count)
    return frame.with_values(elementwise.rounded(frame.values, nearest)).without_empty_rows()


def _sort(own: Evaluator, call: Call) -> Frame:
    _warn_of_sorting(own, call)
    frame = own.frame(call.arguments[0]).only_floats().without_empty_rows()
    if own.steps.count > 1:
        return frame
    keys = frame.values[:, 0] if call.function == "sort" else -frame.values[:, 0]
    return frame.rows(np.argsort(keys, kind="stable"))


def _sort_by_label(own: Evaluator, call: Call) -> Frame:
    _warn_of_sorting(own, call)
    names = [own.text(argument) for argument in call.arguments[1:]]
    is_descending = call.function == "sort_by_label_desc"
    return labelling.sorted_by_label(own.frame(call.arguments[0]), names, is_descending=is_descending)


def _warn_of_sorting(own: Evaluator, call: Call) -> None:
    if own.run.is_range:
        own.run.notes.warn(SORT_INEFFECTIVE, call)


def _label_replace(own: Evaluator, call: Call) -> Frame:
    target, template, source, regex = map(own.text, call.arguments[1:])
    return labelling.label_replaced(own.frame(call.arguments[0]), target, template, source, regex)


def _label_join(own: Evaluator, call: Call) -> Frame:
    target, separator, *sources = map(own.text, call.arguments[1:])
    return labelling.label_joined(own.frame(call.arguments[0]), target, separator, sources)


def _absent(own: Evaluator, call: Call) -> Frame:
    frame = own.frame(call.arguments[0])
    return labelling.absent(_argument(call, 0), np.any(frame.present, axis=0))


def _histogram_quantile(own: Evaluator, call: Call) -> Frame:
    q, frame = own.scalar(call.arguments[0]), own.frame(call.arguments[1])
    places = (_argument(call, 0), _argument(call, 1))
    return quantile_functions.histogram_quantile(frame, q, own.steps.times, places, own.run.notes)


def _histogram_quantiles(own: Evaluator, call: Call) -> Frame:
    frame, label = own.frame(call.arguments[0]), own.text(call.arguments[1])
    qs = [own.scalar(argument) for argument in call.arguments[2:]]
    q_places: list[Node] = [without_parens(argument) for argument in call.arguments[2:]]
    places = (q_places, _argument(call, 0))
    return quantile_functions.histogram_quantiles(frame, label, qs, own.steps.times, places, own.run.notes)


def _histogram_fraction(own: Evaluator, call: Call) -> Frame:
    lower, upper = own.scalar(call.arguments[0]), own.scalar(call.arguments[1])
    frame = own.frame(call.arguments[2])
    return quantile_functions.histogram_fraction(frame, lower, upper, _argument(call, 2), own.run.notes)


def _info(own: Evaluator, call: Call) -> Frame:
    """Info series are looked up where the first selector of the first argument looks."""
    matchers: tuple[Matcher, ...] = ()
    if len(call.arguments) > 1:
        chooser = _argument(call, 1)
        matchers = chooser.matchers if isinstance(chooser, VectorSelector) else ()
    selection = InfoSelection.of(matchers)
    selectors = metric_selectors(call.arguments[0])
    timing = selectors[0].timing if selectors else NO_TIMING
    infos = own.latest(VectorSelector("", selection.matchers, timing))
    return with_info(own.frame(call.arguments[0]), infos, selection)


def _not_yet(own: Evaluator, call: Call) -> Frame:
    raise QueryError(f"{call.function}() is not supported yet")


SPECIAL: dict[str, Callable[[Evaluator, Call], Frame]] = {
    "absent": _absent,
    "clamp": _clamp,
    "clamp_max": _clamp,
    "clamp_min": _clamp,
    "histogram_fraction": _histogram_fraction,
    "histogram_quantile": _histogram_quantile,
    "histogram_quantiles": _histogram_quantiles,
    "info": _info,
    "label_join": _label_join,
    "label_replace": _label_replace,
    "round": _round,
    "sort": _sort,
    "sort_by_label": _sort_by_label,
    "sort_by_label_desc": _sort_by_label,
    "sort_desc": _sort,
    "start_timestamp": _not_yet,
    "timestamp": _timestamp,
    "vector": lambda own, call: _vector(own, own.scalar(call.arguments[0])),
}
