"""What strict OpenMetrics asks of the samples of one family, by its type."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

from photoncloud.nightlight.core.exposition.page import MetricType
from photoncloud.nightlight.core.exposition.strict_line import StrictSample
from photoncloud.nightlight.core.labels import BUCKET_LABEL, QUANTILE_LABEL
from photoncloud.nightlight.core.sample import parse_float
from photoncloud.nightlight.errors import InvalidExposition

SUFFIXES: dict[MetricType, tuple[str, ...]] = {
    MetricType.UNKNOWN: ("",),
    MetricType.GAUGE: ("",),
    MetricType.STATESET: ("",),
    MetricType.COUNTER: ("_total", "_created"),
    MetricType.INFO: ("_info",),
    MetricType.SUMMARY: ("", "_sum", "_count", "_created"),
    MetricType.HISTOGRAM: ("_bucket", "_sum", "_count", "_created"),
    MetricType.GAUGE_HISTOGRAM: ("_bucket", "_gsum", "_gcount"),
}
WITH_EXEMPLARS = frozenset(("_total", "_bucket"))
NEVER_NEGATIVE = {
    MetricType.COUNTER: ("_total",),
    MetricType.SUMMARY: ("_sum", "_count"),
    MetricType.HISTOGRAM: ("_bucket", "_sum", "_count"),
    MetricType.GAUGE_HISTOGRAM: ("_bucket", "_gcount"),
}
WITHOUT_UNIT = frozenset((MetricType.INFO, MetricType.STATESET))

Key = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class HistogramPoint:
    """The samples of one histogram at one time."""

    bounds: list[float] = field(default_factory=list)
    last_count: float = 0.0
    count: float | None = None
    sum: float | None = None

    def check(self, number: int, *, is_gauge: bool) -> None:
        if not self.bounds or not math.isinf(self.bounds[-1]):
            raise InvalidExposition("a histogram has no +Inf bucket", number)
        if (self.count is None) != (self.sum is None):
            raise InvalidExposition("a histogram has a sum or a count, but not both", number)
        if self.count is not None and self.count != self.last_count:
            raise InvalidExposition("the count of a histogram differs from its +Inf bucket", number)
        has_negative_bound = self.bounds[0] < 0
        if self.sum is not None and has_negative_bound and not is_gauge:
            raise InvalidExposition("a histogram with negative bounds has a sum", number)
        if self.sum is not None and self.sum < 0 and not has_negative_bound:
            raise InvalidExposition("a negative sum without negative bounds", number)


class FamilyCheck:
    """Samples of a family in the order of the page. Every method raises `InvalidExposition`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.type = MetricType.UNKNOWN
        self.metadata: dict[str, str] = {}
        self.has_samples = False
        self._seen: set[Key] = set()
        self._metric: Key | None = None
        self._time: Fraction | None = None
        self._point: HistogramPoint | None = None

    def takes(self, sample_name: str) -> bool:
        return any(sample_name == self.name + suffix for suffix in SUFFIXES[self.type])

    def sample(self, sample: StrictSample, number: int) -> None:
        if not self.takes(sample.name):
            raise InvalidExposition(f"{sample.name!r} is no sample of a {self.type}", number)
        self.has_samples = True
        suffix = sample.name[len(self.name) :]
        self._order(sample, suffix, number)
        if sample.has_exemplar and suffix not in WITH_EXEMPLARS:
            raise InvalidExposition(f"an exemplar on {sample.name!r}", number)
        value = sample.value
        if suffix in NEVER_NEGATIVE.get(self.type, ()) and not value >= 0:
            raise InvalidExposition("a count or sum is negative or NaN", number)
        match self.type:
            case MetricType.INFO if value != 1:
                raise InvalidExposition("the value of an info is not 1", number)
            case MetricType.STATESET:
                self._state(sample, number)
            case MetricType.SUMMARY if not suffix:
                _quantile(sample, number)
            case MetricType.HISTOGRAM | MetricType.GAUGE_HISTOGRAM:
                self._histogram(sample, suffix, number)
            case _:
                pass

    def end(self, number: int) -> None:
        """No more samples of this family."""
        self._end_point(number)
        unit = self.metadata.get("UNIT", "")
        if unit and not self.name.endswith("_" + unit):
            raise InvalidExposition(f"unit {unit!r} is no suffix of {self.name!r}", number)
        if unit and self.type in WITHOUT_UNIT:
            raise InvalidExposition(f"a {self.type} has no unit", number)

    def _end_point(self, number: int) -> None:
        if self._point is not None:
            self._point.check(number, is_gauge=self.type is MetricType.GAUGE_HISTOGRAM)
        self._point = None

    def _order(self, sample: StrictSample, suffix: str, number: int) -> None:
        """Metrics are together, their times are given for all or none and never fall."""
        own = {
            MetricType.HISTOGRAM: BUCKET_LABEL,
            MetricType.GAUGE_HISTOGRAM: BUCKET_LABEL,
            MetricType.SUMMARY: QUANTILE_LABEL,
            MetricType.STATESET: self.name,
        }.get(self.type)
        metric = tuple(sorted(pair for pair in sample.labels.items() if pair[0] != own))
        if metric != self._metric:
            if metric in self._seen:
                raise InvalidExposition("samples of one metric are not together", number)
            self._seen.add(metric)
            self._end_point(number)
        elif (sample.time is None) != (self._time is None):
            raise InvalidExposition("some samples of a metric have timestamps, some have none", number)
        elif sample.time is not None and self._time is not None:
            if sample.time < self._time:
                raise InvalidExposition("timestamps of a metric fall", number)
            if sample.time != self._time:
                self._end_point(number)
        self._metric, self._time = metric, sample.time

    def _state(self, sample: StrictSample, number: int) -> None:
        if self.name not in sample.labels:
            raise InvalidExposition(f"a state without its label {self.name!r}", number)
        if sample.value not in (0, 1):
            raise InvalidExposition("the value of a state is neither 0 nor 1", number)

    def _histogram(self, sample: StrictSample, suffix: str, number: int) -> None:
        if suffix == "_created":
            return
        if self._point is None:
            self._point = HistogramPoint()
        point = self._point
        if suffix == "_bucket":
            if point.count is not None or point.sum is not None:
                raise InvalidExposition("a bucket after the sum or count", number)
            bound = _bound(sample, number)
            if point.bounds and bound <= point.bounds[-1]:
                raise InvalidExposition("bounds of buckets do not rise", number)
            if sample.value < point.last_count:
                raise InvalidExposition("counts of buckets fall", number)
            point.bounds.append(bound)
            point.last_count = sample.value
        elif suffix in ("_count", "_gcount"):
            point.count = sample.value
        else:
            if math.isnan(sample.value):
                raise InvalidExposition("the sum of a histogram is NaN", number)
            point.sum = sample.value


def _bound(sample: StrictSample, number: int) -> float:
    text = sample.labels.get(BUCKET_LABEL)
    bound = _float_label(text, number)
    if math.isnan(bound) or (math.isinf(bound) and text != "+Inf"):
        raise InvalidExposition(f"invalid bound {text!r}", number)
    return bound


def _quantile(sample: StrictSample, number: int) -> None:
    quantile = _float_label(sample.labels.get(QUANTILE_LABEL), number)
    if not 0 <= quantile <= 1:
        raise InvalidExposition("a quantile outside of [0, 1]", number)
    if sample.value < 0:
        raise InvalidExposition("the value of a quantile is negative", number)


def _float_label(text: str | None, number: int) -> float:
    try:
        return parse_float(text or "")
    except ValueError as error:
        raise InvalidExposition(f"label is missing or no number: {text!r}", number) from error
