"""What the store counts, as Prometheus metrics read at the scrape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from photoncloud.lightningstor.core.versioning import Usage
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


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """Where the numbers of a store are read, by threads that scrape."""

    usage: Callable[[], Usage]
    gc_backlog: Callable[[], int]
    outbox_rows: Callable[[], int]
    verify_failures: Callable[[], int]
    uses_example_credentials: bool


def export_store(metrics: Registry, facts: StoreFacts) -> None:
    """What the store holds and what waits in it. Buckets are counted together: their names are the users'."""
    _number(metrics, "bucket_objects", "Object versions stored.", lambda: facts.usage().objects)
    _number(metrics, "bucket_bytes", "Bytes of object versions stored.", lambda: facts.usage().size)
    _number(metrics, "gc_backlog", "Bodies waiting to be collected.", facts.gc_backlog)
    _number(metrics, "outbox_rows", "Events waiting to be delivered.", facts.outbox_rows)
    metrics.computed(
        "verify_failures_total",
        "Blobs found missing or damaged.",
        (),
        lambda: {(): facts.verify_failures()},
        counter=True,
    )
    _number(
        metrics,
        "example_credentials",
        "1 while the published example key opens this store.",
        lambda: int(facts.uses_example_credentials),
    )


def _number(metrics: Registry, name: str, text: str, read: Callable[[], float]) -> None:
    metrics.computed(name, text, (), lambda: {(): read()})
