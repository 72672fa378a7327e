"""What a metrics page says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from photoncloud.nightlight.core.labels import BUCKET_LABEL, QUANTILE_LABEL, Labels
from photoncloud.nightlight.core.sample import openmetrics_text, parse_float


class MetricType(StrEnum):
    """The types of both formats; `untyped` of the text format is `unknown`."""

    UNKNOWN = "unknown"
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    GAUGE_HISTOGRAM = "gaugehistogram"
    SUMMARY = "summary"
    INFO = "info"
    STATESET = "stateset"


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A sample that stands for others; `time_ms` None = not given."""

    labels: Labels
    value: float
    time_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ExposedSample:
    """One sample line. `labels` include the name; `time_ms` None = the time of the scrape."""

    labels: Labels
    value: float
    time_ms: int | None = None
    exemplar: Exemplar | None = None


@dataclass(slots=True)
class Family:
    """What a page says about a metric family."""

    type: MetricType = MetricType.UNKNOWN
    help: str = ""
    unit: str = ""


@dataclass(slots=True)
class Page:
    samples: list[ExposedSample] = field(default_factory=list)
    families: dict[str, Family] = field(default_factory=dict)

    def family(self, name: str) -> Family:
        return self.families.setdefault(name, Family())


def normalised(name: str, value: str) -> str:
    """The value of a label as it is stored: bounds and quantiles in OpenMetrics' float form, so `1` is `1.0`."""
    if name not in (BUCKET_LABEL, QUANTILE_LABEL):
        return value
    try:
        return openmetrics_text(parse_float(value))
    except ValueError:
        return value
