"""Medians, ratios, a table for people and JSON for machines."""

from __future__ import annotations

import json
import platform
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.lightningstor.clients import Measured


@dataclass(frozen=True)
class Comparison:
    """One workload on ours and one peer: medians over the rounds, and ours divided by the peer's."""

    workload: str
    title: str
    unit: str
    peer: str
    target: float
    ours_rate: float
    peer_rate: float
    rate_ratio: float
    ours_cpu_per_unit: float
    peer_cpu_per_unit: float
    cpu_ratio: float
    ours_p50_ms: float
    peer_p50_ms: float
    ours_p99_ms: float
    peer_p99_ms: float
    ours_failures: int
    peer_failures: int
    rounds: int

    @property
    def is_met(self) -> bool:
        return self.rate_ratio >= self.target and self.ours_failures == 0


def median(values: list[float]) -> float:
    return statistics.median(values) if values else 0.0


def compare(
    workload: str, title: str, unit: str, peer: str, target: float, ours: list[Measured], theirs: list[Measured]
) -> Comparison:
    """The rate ratio is the median of the rounds' ratios, so that drift of the machine cancels."""
    ratios = [mine.rate / other.rate for mine, other in zip(ours, theirs, strict=True) if other.rate]
    ours_cpu = median([run.cpu_sec / run.work for run in ours if run.work])
    peer_cpu = median([run.cpu_sec / run.work for run in theirs if run.work])
    return Comparison(
        workload,
        title,
        unit,
        peer,
        target,
        median([run.rate for run in ours]),
        median([run.rate for run in theirs]),
        median(ratios),
        ours_cpu,
        peer_cpu,
        ours_cpu / peer_cpu if peer_cpu else 0.0,
        median([run.p50_ms for run in ours]),
        median([run.p50_ms for run in theirs]),
        median([run.p99_ms for run in ours]),
        median([run.p99_ms for run in theirs]),
        sum(run.failures for run in ours),
        sum(run.failures for run in theirs),
        len(ours),
    )


HEADER = (
    f"{'workload':<36} {'peer':<18} {'ours/s':>10} {'peer/s':>10} {'ratio':>7} {'target':>7} {'CPU ratio':>9}  verdict"
)


def line(result: Comparison) -> str:
    verdict = "met" if result.is_met else "MISSED"
    return (
        f"{result.title:<36} {result.peer:<18} {result.ours_rate:>10,.1f} {result.peer_rate:>10,.1f} "
        f"{result.rate_ratio:>6.2f}x {result.target:>6.1f}x {result.cpu_ratio:>8.2f}x  {verdict}"
    )


def store(results: list[Comparison], facts: dict[str, object], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    machine = {
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": len(__import__("os").sched_getaffinity(0)),
    }
    document = {
        "machine": machine,
        "facts": facts,
        "results": [asdict(result) | {"met": result.is_met} for result in results],
    }
    file.write_text(json.dumps(document, indent=1) + "\n")
