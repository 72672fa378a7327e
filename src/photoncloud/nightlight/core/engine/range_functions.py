"""Functions of range vectors: each computes a block of series at all steps."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from photoncloud.nightlight.core.batch import holds_histogram
from photoncloud.nightlight.core.engine import counter, native_range, over_time, regression
from photoncloud.nightlight.core.engine.annotations import Annotations, for_metric
from photoncloud.nightlight.core.engine.frame import Frame
from photoncloud.nightlight.core.engine.window import RangeRows, Window
from photoncloud.nightlight.core.promql.ast import Node
from photoncloud.nightlight.core.quoting import quote
from photoncloud.nightlight.core.sample import Mask, Times, Values

Function = Callable[[Window], tuple[Values, Mask]]
COUNTER_SUFFIXES = ("_total", "_sum", "_count", "_bucket")
KEEP_NAME = frozenset(("last_over_time", "first_over_time"))


def function_of(name: str, now: Times, scalars: list[Values], edge_rule: str) -> Function:
    """The function of windows. `now` int64[T] are the evaluation times, `scalars` f64[T] its other arguments,
    `edge_rule` is "", `anchored` or `smoothed`."""
    match name:
        case "rate" | "increase" | "delta" if edge_rule:
            return partial(
                counter.at_edges,
                is_smoothed=edge_rule == "smoothed",
                is_counter=name != "delta",
                is_rate=name == "rate",
            )
        case "rate" | "increase" | "delta":
            return partial(counter.extrapolated, is_counter=name != "delta", is_rate=name == "rate")
        case "irate" | "idelta":
            return partial(counter.instantaneous, is_rate=name == "irate")
        case "changes" | "resets":
            count = counter.counted_from_edge if edge_rule else counter.counted
            return partial(count, only_falls=name == "resets")
        case "deriv":
            return regression.slopes
        case "predict_linear":
            return partial(regression.predictions, now=now, ahead=scalars[0])
        case "double_exponential_smoothing":
            return partial(regression.smoothed, level=scalars[0], trend=scalars[1])
        case "quantile_over_time":
            return _reduction(partial(over_time.quantiles, q=scalars[0]))
        case _:
            return _reduction(over_time.REDUCTIONS[name])


def _reduction(reduce: over_time.Reduction) -> Function:
    def function(window: Window) -> tuple[Values, Mask]:
        return reduce(window), np.broadcast_to(window.counts > 0, window.shape)

    return function


def applied(name: str, ranges: RangeRows, function: Function, at: Node, notes: Annotations) -> Frame:
    """The function of every series at every step; annotations name the range argument `at`."""
    shape = (len(ranges.labels), len(ranges.starts))
    values, present = np.zeros(shape), np.zeros(shape, bool)
    histograms = np.full(shape, None, object) if any(d.histograms is not None for d in ranges.dense) else None
    for window in ranges.windows():
        if window.histograms is None:
            values[window.rows], present[window.rows] = function(window)
            continue
        for row in range(len(window.rows)):
            place = window.rows[row]
            _float_cells(name, window, row, function, (values, present), (ranges, at, notes))
            if name in native_range.FUNCTIONS and histograms is not None:
                target = values[place], present[place], histograms[place]
                native_range.native_cells(name, window, row, target, (ranges, at, notes))
    keeps_name = name in KEEP_NAME
    drops = ranges.drops_name if keeps_name else np.ones(shape[0], bool)
    frame = Frame(ranges.labels, values, present, drops, histograms)
    if name in ("rate", "increase"):
        _inform_of_gauges(frame, at, notes)
    return frame.without_empty_rows()


def _float_cells(
    name: str,
    window: Window,
    row: int,
    function: Function,
    target: tuple[Values, Mask],
    context: tuple[RangeRows, Node, Annotations],
) -> None:
    """The floats of a row that also has histograms, by the function for floats."""
    assert window.histograms is not None
    ranges, at, notes = context
    is_float = ~holds_histogram(window.histograms[row])
    edges = np.concatenate([[0], np.cumsum(is_float)])
    low, high = edges[window.low], edges[window.high]
    if name not in native_range.FUNCTIONS and ((high > low) & (high - low < window.counts)).any():
        metric = for_metric(ranges.labels[int(window.rows[row])].metric_name)
        notes.inform(f"ignored histograms in a range containing both floats and histograms{metric}", at)
    if not is_float.any():
        return
    place = window.rows[row : row + 1]
    floats = Window(
        place, window.times[is_float], window.values[row : row + 1, is_float], low, high, window.starts, window.ends
    )
    target[0][place], target[1][place] = function(floats)


def _inform_of_gauges(frame: Frame, at: Node, notes: Annotations) -> None:
    for row in np.flatnonzero(frame.floats.any(axis=1)).tolist():
        name = frame.labels[row].metric_name
        if name and not name.endswith(COUNTER_SUFFIXES):
            text = "metric might not be a counter, name does not end in _total/_sum/_count/_bucket"
            notes.inform(f"{text}: {quote(name)}", at)


def presence(ranges: RangeRows) -> Mask:
    """At which steps any series has a sample in its window, bool[T]."""
    found = np.zeros(len(ranges.starts), bool)
    for window in ranges.windows():
        found |= window.counts > 0
    return found
