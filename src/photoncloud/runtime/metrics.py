"""One registry an App, and the metrics every component has (config.md §4.17).

    requests = app.metrics.counter("requests_total", "Requests.", ("op", "code"))  # <component>_requests_total
    requests.labels("GetObject", "200").inc()

Labels never carry names that users choose (bucket, zone, path): every label has a bounded set of values.
"""

from __future__ import annotations

import itertools
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

__all__ = ["Counter", "Distribution", "Gauge", "Histogram", "ProcessMetrics", "Registry"]

DURATION_BUCKETS_SEC = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LAG_BUCKETS_SEC = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)


class Registry:
    """Makes metrics named `<prefix>_<name>` and renders all of them; nothing is registered anywhere else."""

    def __init__(self, component: str) -> None:
        self._prefix = component.replace("-", "_")
        self.collectors = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.collectors)

    def counter(self, name: str, text: str, labels: Sequence[str] = (), *, prefix: str = "") -> Counter:
        return Counter(self._named(name, prefix), text, labels, registry=self.collectors)

    def gauge(self, name: str, text: str, labels: Sequence[str] = (), *, prefix: str = "") -> Gauge:
        return Gauge(self._named(name, prefix), text, labels, registry=self.collectors)

    def histogram(
        self,
        name: str,
        text: str,
        labels: Sequence[str] = (),
        *,
        prefix: str = "",
        buckets: Sequence[float] = DURATION_BUCKETS_SEC,
    ) -> Histogram:
        return Histogram(self._named(name, prefix), text, labels, registry=self.collectors, buckets=buckets)

    def computed(
        self,
        name: str,
        text: str,
        labels: Sequence[str],
        read: Callable[[], Mapping[tuple[str, ...], float]],
        *,
        prefix: str = "",
        counter: bool = False,
    ) -> None:
        """A gauge (or counter) whose values are read when somebody scrapes: `read()` -> label values -> number.

        Scrapes run in a thread (2,000 series take longer than the loop may be held): `read` copies what it walks.
        """
        family = CounterMetricFamily if counter else GaugeMetricFamily
        self.collectors.register(_Computed(lambda: family(self._named(name, prefix), text, labels=labels), read))

    def computed_histogram(
        self,
        name: str,
        text: str,
        labels: Sequence[str],
        read: Callable[[], Mapping[tuple[str, ...], Distribution]],
        *,
        prefix: str = "",
    ) -> None:
        """A histogram somebody else counts: `read()` -> label values -> Distribution. Like `computed` otherwise."""
        full_name = self._named(name, prefix)
        self.collectors.register(_Computed(lambda: HistogramMetricFamily(full_name, text, labels=labels), read))

    def _named(self, name: str, prefix: str) -> str:
        return f"{prefix or self._prefix}_{name}"

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """(body, content type): OpenMetrics when `accept` asks for it, else the Prometheus text format."""
        encoder, content_type = choose_encoder(accept)
        return encoder(self.collectors), content_type


@dataclass(frozen=True, slots=True)
class Distribution:
    """`counts[i]`: observations above bounds[i-1] up to bounds[i]; one more than `bounds`, the last without bound."""

    bounds: Sequence[float]
    counts: Sequence[int]
    sum: float

    def cumulative(self) -> list[tuple[str, float]]:
        """(upper bound, observations up to it) as the exposition wants it."""
        names = [*(floatToGoString(bound) for bound in self.bounds), "+Inf"]  # type: ignore[no-untyped-call]
        return list(zip(names, itertools.accumulate(self.counts), strict=True))


class _Computed(Collector):
    def __init__(
        self,
        empty_family: Callable[[], CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily],
        read: Callable[[], Mapping[tuple[str, ...], Any]],
    ) -> None:
        self._empty_family = empty_family
        self._read = read

    def describe(self) -> Iterable[Metric]:
        return [self._empty_family()]

    def collect(self) -> Iterable[Metric]:
        family = self._empty_family()
        for values, value in self._read().items():
            if isinstance(family, HistogramMetricFamily):
                family.add_metric(values, value.cumulative(), value.sum)
            else:
                family.add_metric(values, value)
        return [family]


class ProcessMetrics:
    """The `photon_*` metrics of every component."""

    def __init__(self, registry: Registry, component: str, version: str) -> None:
        def gauge(name: str, text: str, labels: Sequence[str] = ()) -> Gauge:
            return registry.gauge(name, text, labels, prefix="photon")

        def counter(name: str, text: str, labels: Sequence[str] = ()) -> Counter:
            return registry.counter(name, text, labels, prefix="photon")

        self.build_info = gauge("build_info", "What runs here.", ("component", "version", "python"))
        self.build_info.labels(component, version, platform.python_version()).set(1)
        self.mode_info = gauge("mode_info", "The resolved mode and why.", ("mode", "stage", "reason"))
        self.health_status = gauge("health_status", "1 for the current status.", ("status",))
        self.capability_state = gauge(
            "capability_state", "1 for the current state.", ("capability", "backend", "state")
        )
        self.events_dropped = counter("events_dropped_total", "Events that did not fit into the spool.")
        self.config_hash = gauge("config_hash_info", "Hash of the effective configuration.", ("hash",))
        self.config_reloads = counter("config_reload_total", "Reloads by result.", ("result",))
        self.config_reloaded_at = gauge("config_last_reload_timestamp_seconds", "When the last good load happened.")
        self.loop_lag = registry.histogram(
            "loop_lag_seconds", "How late the event loop runs.", prefix="photon", buckets=LAG_BUCKETS_SEC
        )
        self.request_duration = registry.histogram(
            "request_duration_seconds", "Requests by listener.", ("listener", "method", "code"), prefix="photon"
        )
        self.lease_remaining = gauge("lease_remaining_seconds", "Time left of a held lease.", ("role",))

    def show_status(self, status: str) -> None:
        for name in ("healthy", "degraded", "unhealthy"):
            self.health_status.labels(name).set(name == status)
