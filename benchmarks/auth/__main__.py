"""Run every workload beside its peer in alternating rounds, print medians of CPU time, keep the numbers."""

from __future__ import annotations

import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.auth.workload import Work, Workload, workloads

RESULTS = Path(__file__).resolve().parents[2] / ".cache" / "bench" / "auth.json"
ROUNDS = 11
CALLS = 2000


@dataclass(frozen=True)
class Result:
    """CPU microseconds for one call, medians over the rounds; `peer` is 0 where there is none."""

    workload: str
    ours: float
    best: float
    peer_name: str
    peer: float
    budget: float

    def line(self) -> str:
        beside = f"{self.peer:8.1f} us {self.peer_name}, {self.peer / self.ours:4.1f} x its rate" if self.peer else ""
        goal = f"   budget {self.budget:g} us {'met' if self.best <= self.budget else 'MISSED'}" if self.budget else ""
        return f"{self.workload:<50} {self.ours:7.1f} us (best {self.best:6.1f}) {beside}{goal}"


def cpu_us(work: Work) -> float:
    started = time.process_time_ns()
    for _ in range(CALLS):
        work()
    return (time.process_time_ns() - started) / CALLS / 1000


def measure(workload: Workload) -> Result:
    ours: list[float] = []
    peer: list[float] = []
    for _ in range(ROUNDS):
        ours.append(cpu_us(workload.ours))
        if workload.peer is not None:
            peer.append(cpu_us(workload.peer))
    peer_median = statistics.median(peer) if peer else 0.0
    return Result(
        workload.name, statistics.median(ours), min(ours), workload.peer_name, peer_median, workload.budget_us
    )


def main() -> int:
    results = [measure(workload) for workload in workloads()]
    for result in results:
        print(result.line())
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps([asdict(result) for result in results], indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
