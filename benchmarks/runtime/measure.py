"""Two things measured in turns, so that both see the same machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 20


@dataclass(frozen=True)
class Result:
    """`ours` and `peer` in `unit`; `ratio` is ours / peer; `is_met` compares it with the target."""

    workload: str
    unit: str
    ours: float
    peer: float
    target: str
    is_met: bool

    @property
    def ratio(self) -> float:
        return self.ours / self.peer

    def line(self) -> str:
        word = "met" if self.is_met else "MISSED"
        numbers = f"{self.ours:10.3f} {self.peer:10.3f} {self.unit:<18}"
        return f"{self.workload:<44} {numbers} {self.ratio:5.2f} x   target {self.target:<8} {word}"


def cpu_microseconds(work: Callable[[], object], repeat: int) -> float:
    """CPU time of this process for one call of `work`, in microseconds."""
    started = time.process_time_ns()
    for _ in range(repeat):
        work()
    return (time.process_time_ns() - started) / 1000 / repeat


def alternate(ours: Callable[[], float], peer: Callable[[], float], rounds: int = ROUNDS) -> tuple[float, float]:
    """Medians of both, measured in turns after one round nobody counts."""
    ours(), peer()
    pairs = [(ours(), peer()) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def at_most(workload: str, unit: str, values: tuple[float, float], limit: float) -> Result:
    ours, peer = values
    return Result(workload, unit, ours, peer, f"<= {limit:g} x", ours / peer <= limit)


def at_least(workload: str, unit: str, values: tuple[float, float], limit: float) -> Result:
    ours, peer = values
    return Result(workload, unit, ours, peer, f">= {limit:g} x", ours / peer >= limit)
