"""What the store counts, as Prometheus metrics read at the scrape."""

from __future__ import annotations

from collections.abc import Mapping

from photoncloud.lightningstor.service.traffic import LATENCY_BOUNDS_SEC, Traffic
from photoncloud.runtime.metrics import Distribution, Registry

COMMIT_OPS_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class CommitMetrics:
    """How many transactions share a commit, and how long its fsync takes."""

    def __init__(self, metrics: Registry) -> None:
        self._operations = metrics.histogram("commit_ops", "Transactions in one commit.", buckets=COMMIT_OPS_BUCKETS)
        self._fsync = metrics.histogram("commit_fsync_seconds", "Time of the fsync of a commit.")

    def record(self, transactions: int, fsync_sec: float) -> None:
        self._operations.observe(transactions)
        self._fsync.observe(fsync_sec)


def export_traffic(metrics: Registry, traffic: Traffic) -> None:
    """Requests, their times, bytes in and out."""
    metrics.computed(
        "requests_total",
        "Requests by operation and code.",
        ("op", "code"),
        lambda: _requests(traffic),
        counter=True,
    )
    metrics.computed("bytes_total", "Bytes of bodies.", ("direction",), lambda: _bytes(traffic), counter=True)
    metrics.computed_histogram(
        "request_seconds", "Time until the reply was ready.", ("op",), lambda: _latencies(traffic)
    )


def _requests(traffic: Traffic) -> Mapping[tuple[str, ...], float]:
    return {(operation, code): count for (operation, code), count in list(traffic.requests.items())}


def _bytes(traffic: Traffic) -> Mapping[tuple[str, ...], float]:
    return {("in",): traffic.bytes_in, ("out",): traffic.bytes_out}


def _latencies(traffic: Traffic) -> Mapping[tuple[str, ...], Distribution]:
    return {
        (operation,): Distribution(LATENCY_BOUNDS_SEC, list(latency.counts), latency.sum_sec)
        for operation, latency in list(traffic.latencies.items())
    }
