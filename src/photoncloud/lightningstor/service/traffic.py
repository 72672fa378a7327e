"""Counts of what was served, cheap enough for every request; an exporter turns them into metrics."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

LATENCY_BOUNDS_SEC = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(slots=True)
class Latency:
    """A histogram: counts between the bounds (the last one beyond them), and the sum."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_BOUNDS_SEC) + 1))
    sum_sec: float = 0.0


class Traffic:
    """Requests by operation and code, their time until the reply was ready, bytes in and out."""

    __slots__ = ("bytes_in", "bytes_out", "latencies", "requests")

    def __init__(self) -> None:
        self.requests: dict[tuple[str, str], int] = {}
        self.latencies: dict[str, Latency] = {}
        self.bytes_in = 0
        self.bytes_out = 0

    def record(self, operation: str, code: str, seconds: float, received: int, sent: int) -> None:
        """`code` is the HTTP status, or S3's code of a refusal; both come from short lists."""
        key = (operation, code)
        self.requests[key] = self.requests.get(key, 0) + 1
        latency = self.latencies.get(operation)
        if latency is None:
            latency = self.latencies[operation] = Latency()
        latency.counts[bisect_left(LATENCY_BOUNDS_SEC, seconds)] += 1
        latency.sum_sec += seconds
        self.bytes_in += received
        self.bytes_out += sent
