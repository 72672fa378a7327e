"""Functions of ranges that hold native histograms, one window at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from photoncloud.nightlight.core.batch import Histograms
from photoncloud.nightlight.core.engine.annotations import Annotations, for_metric
from photoncloud.nightlight.core.engine.counter import GAP_FACTOR
from photoncloud.nightlight.core.engine.native_aggregate import MIXED_SCHEMAS
from photoncloud.nightlight.core.engine.native_operators import remarks
from photoncloud.nightlight.core.engine.window import RangeRows, Window
from photoncloud.nightlight.core.histogram import FloatHistogram, ResetHint, is_equal
from photoncloud.nightlight.core.histogram_arithmetic import added, at_schema, divided, is_reset, scaled, total
from photoncloud.nightlight.core.promql.ast import Node
from photoncloud.nightlight.core.quoting import quote
from photoncloud.nightlight.core.sample import Mask, Values

Value = float | FloatHistogram


@dataclass(frozen=True, slots=True)
class Cell:
    """One window of a series: times in ms and samples of any kind, the window `(start, end]`, and whom to tell."""

    times: Sequence[int]
    samples: Sequence[Value]
    start: int
    end: int
    metric: str
    at: Node
    notes: Annotations

    @property
    def histograms(self) -> list[FloatHistogram]:
        return [sample for sample in self.samples if isinstance(sample, FloatHistogram)]

    @property
    def is_mixed(self) -> bool:
        return len(self.histograms) < len(self.samples)

    def warn(self, text: str) -> None:
        self.notes.warn(text + for_metric(self.metric), self.at)

    def warn_of_mix(self) -> None:
        self.warn("encountered a mix of histograms and floats")

    def warn_of_kind(self, kind: str) -> None:
        name = quote(self.metric)
        self.notes.warn(f"this native histogram metric is not a {kind}: {name}", self.at)

    def inform_of_bounds(self, operation: str) -> None:
        self.notes.inform(f"mismatched custom buckets were reconciled during {operation}", self.at)


def native_cells(
    name: str,
    window: Window,
    row: int,
    target: tuple[Values, Mask, Histograms],
    context: tuple[RangeRows, Node, Annotations],
) -> None:
    """Fill `target` (f64[T], bool[T], object[T]) at the steps whose window holds a histogram."""
    assert window.histograms is not None
    ranges, at, notes = context
    values, present, histograms = target
    metric = ranges.labels[int(window.rows[row])].metric_name
    for step, place in window.cells():
        held = window.histograms[row, place]
        if not any(isinstance(sample, FloatHistogram) for sample in held):
            continue
        present[step] = False
        if ranges.margins != (0, 0):
            continue  # `anchored` and `smoothed` are for floats
        floats = window.values[row, place].tolist()
        samples = [own if own is not None else floats[index] for index, own in enumerate(held)]
        times = window.times[place].tolist()
        cell = Cell(times, samples, int(window.starts[step]), int(window.ends[step]), metric, at, notes)
        result = FUNCTIONS[name](cell)
        if result is None:
            continue
        present[step] = True
        if isinstance(result, FloatHistogram):
            histograms[step] = result
        else:
            values[step] = result


def _sum(cell: Cell) -> Value | None:
    return _total(cell, as_mean=False)


def _mean(cell: Cell) -> Value | None:
    return _total(cell, as_mean=True)


def _total(cell: Cell, *, as_mean: bool) -> Value | None:
    if cell.is_mixed:
        cell.warn_of_mix()
        return None
    summed = total(cell.histograms, as_mean=as_mean)
    if summed is None:
        cell.warn(MIXED_SCHEMAS)
        return None
    warnings, infos = remarks(summed, "aggregation")
    for text in warnings:
        cell.notes.warn(text, cell.at)
    for text in infos:
        cell.notes.inform(text, cell.at)
    return summed.histogram.compacted()


def _changes(cell: Cell) -> Value:
    return float(sum(_differs(one, other) for one, other in _neighbours(cell)))


def _differs(before: Value, after: Value) -> bool:
    if isinstance(before, FloatHistogram) and isinstance(after, FloatHistogram):
        return not is_equal(before, after)
    if isinstance(before, float) and isinstance(after, float):
        return after != before and not (after != after and before != before)
    return True


def _resets(cell: Cell) -> Value:
    return float(sum(_falls(one, other) for one, other in _neighbours(cell)))


def _falls(before: Value, after: Value) -> bool:
    if isinstance(before, FloatHistogram) and isinstance(after, FloatHistogram):
        return is_reset(after, before)
    return after < before if isinstance(before, float) and isinstance(after, float) else True


def _neighbours(cell: Cell) -> list[tuple[Value, Value]]:
    return list(pairwise(cell.samples))


def _change(cell: Cell, *, is_counter: bool, is_rate: bool) -> Value | None:
    """`rate`, `increase`, `delta`: stretched to the window as floats are."""
    if cell.is_mixed:
        cell.warn_of_mix()
        return None
    if len(cell.samples) < 2:
        return None
    change = _difference(cell, is_counter=is_counter)
    if change is None:
        return None
    return scaled(change, _stretch(cell, change, is_counter=is_counter, is_rate=is_rate))


def _difference(cell: Cell, *, is_counter: bool) -> FloatHistogram | None:
    """Last minus first, plus what resets took away."""
    samples = cell.histograms
    if is_counter and any(sample.hint is ResetHint.GAUGE for sample in samples):
        cell.warn_of_kind("counter")
    if not is_counter and not samples[0].hint is samples[-1].hint is ResetHint.GAUGE:
        cell.warn_of_kind("gauge")
    first, last = samples[0], samples[-1]
    if is_counter and is_reset(samples[1], first):
        first = FloatHistogram(schema=samples[1].schema, custom_bounds=samples[1].custom_bounds)
    path = [first, *samples[1:]] if is_counter else [first, last]
    if len({sample.is_custom for sample in path}) > 1:
        cell.warn(MIXED_SCHEMAS)
        return None
    change = at_schema(last, min(sample.schema for sample in path))
    lowered = added(change, first, -1.0)
    assert lowered is not None
    if lowered.reconciled:
        cell.inform_of_bounds("subtraction")
    change = lowered.histogram
    if is_counter:
        for before, after in pairwise(path):
            if is_reset(after, before):
                raised = added(change, before)
                assert raised is not None
                if raised.reconciled:
                    cell.inform_of_bounds("addition")
                change = raised.histogram
    return change.with_hint(ResetHint.GAUGE).compacted()


def _stretch(cell: Cell, change: FloatHistogram, *, is_counter: bool, is_rate: bool) -> float:
    """By how much the sampled change is extrapolated to the window, and per second if `is_rate`."""
    sampled = (cell.times[-1] - cell.times[0]) / 1000
    spacing = sampled / (len(cell.times) - 1)
    to_start = (cell.times[0] - cell.start) / 1000
    to_end = (cell.end - cell.times[-1]) / 1000
    to_start = spacing / 2 if to_start >= spacing * GAP_FACTOR else to_start
    to_end = spacing / 2 if to_end >= spacing * GAP_FACTOR else to_end
    first = cell.histograms[0].count
    if is_counter and change.count > 0 and first >= 0:
        to_start = min(to_start, sampled * (first / change.count))
    factor = (sampled + to_start + to_end) / sampled
    return factor / ((cell.end - cell.start) / 1000) if is_rate else factor


def _instantaneous(cell: Cell, *, is_rate: bool) -> Value | None:
    """`irate`, `idelta`: the last two samples."""
    if len(cell.samples) < 2:
        return None
    before, after = cell.samples[-2:]
    seconds = (cell.times[-1] - cell.times[-2]) / 1000
    if isinstance(before, float) and isinstance(after, float):
        change = after if is_rate and after < before else after - before
        return change / seconds if is_rate else change
    if isinstance(before, float) or isinstance(after, float):
        cell.warn_of_mix()
        return None
    are_gauges = [sample.hint is ResetHint.GAUGE for sample in (before, after)]
    if is_rate and any(are_gauges):
        cell.warn_of_kind("counter")
    if not is_rate and not all(are_gauges):
        cell.warn_of_kind("gauge")
    result = after
    if not is_rate or not is_reset(after, before):
        lowered = added(after, before, -1.0)
        if lowered is None:
            cell.warn(MIXED_SCHEMAS)
            return None
        if lowered.reconciled:
            cell.inform_of_bounds("subtraction")
        result = lowered.histogram
    result = result.with_hint(ResetHint.GAUGE).compacted()
    return divided(result, seconds) if is_rate else result


FUNCTIONS: dict[str, Callable[[Cell], Value | None]] = {
    "sum_over_time": _sum,
    "avg_over_time": _mean,
    "count_over_time": lambda cell: float(len(cell.samples)),
    "present_over_time": lambda cell: 1.0,
    "last_over_time": lambda cell: cell.samples[-1],
    "first_over_time": lambda cell: cell.samples[0],
    "ts_of_first_over_time": lambda cell: cell.times[0] / 1000,
    "ts_of_last_over_time": lambda cell: cell.times[-1] / 1000,
    "changes": _changes,
    "resets": _resets,
    "rate": lambda cell: _change(cell, is_counter=True, is_rate=True),
    "increase": lambda cell: _change(cell, is_counter=True, is_rate=False),
    "delta": lambda cell: _change(cell, is_counter=False, is_rate=False),
    "irate": lambda cell: _instantaneous(cell, is_rate=True),
    "idelta": lambda cell: _instantaneous(cell, is_rate=False),
}
"""Functions whose answer depends on the histograms of a window; the others see its floats only."""
