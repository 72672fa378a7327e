"""Run every workload, print the ratios, keep the numbers."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.config.workload import write_files

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / ".cache" / "bench" / "config.json"
WORKER = Path(__file__).with_name("worker.py")
# The peers' interpreter; PHOTON_TEST_PEERS_PYTHON names another one that has them.
PEERS = os.environ.get("PHOTON_TEST_PEERS_PYTHON", str(ROOT / ".venv-peers" / "bin" / "python"))
ROUNDS = 21
LOADS = 20
LOAD_TARGETS = {"pydantic-settings": 2.0, "dynaconf": 1.0}
IMPORT_TARGET = 1.3
OUR_IMPORT = "from photoncloud.config import ConfigModel, load, setting"


@dataclass(frozen=True)
class Result:
    """Medians in CPU microseconds; `target` is the largest ratio that is good enough (0 = reported only)."""

    workload: str
    peer_name: str
    ours: float
    peer: float
    target: float

    @property
    def ratio(self) -> float:
        return self.ours / self.peer

    def line(self) -> str:
        goal = f"target <= {self.target:g} x" if self.target else "reported"
        word = "" if not self.target else "  met" if self.ratio <= self.target else "  MISSED"
        numbers = f"{self.ours:10.0f} {self.peer:10.0f} us CPU  {self.ratio:5.2f} x"
        return f"{self.workload:<34} beside {self.peer_name:<18} {numbers}   {goal}{word}"


def main() -> int:
    if not has_peers():
        print("pydantic-settings and dynaconf are not installed in the peers' environment; nothing to measure beside")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder))
        results = [*loads(folder), imports()]
    for result in results:
        print(result.line())
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps([{**asdict(result), "ratio": result.ratio} for result in results], indent=2))
    return 0 if all(result.ratio <= result.target for result in results if result.target) else 1


def has_peers() -> bool:
    command = [PEERS, "-c", "import pydantic_settings, dynaconf"]
    return Path(PEERS).exists() and subprocess.run(command, capture_output=True, check=False).returncode == 0


def loads(folder: str) -> list[Result]:
    """Every participant in turn, ROUNDS times; the medians of the first load of a process and of a later one."""
    seen: dict[str, list[dict[str, float]]] = {"ours": [], "pydantic-settings": [], "dynaconf": []}
    for _ in range(ROUNDS):
        for who, numbers in seen.items():
            python = sys.executable if who == "ours" else PEERS
            done = subprocess.run(
                [python, str(WORKER), who, folder, str(LOADS)], capture_output=True, text=True, check=True, timeout=120
            )
            numbers.append(json.loads(done.stdout))

    def median(who: str, which: str) -> float:
        return statistics.median(numbers[which] for numbers in seen[who])

    results = []
    for peer, target in LOAD_TARGETS.items():
        results.append(
            Result("load, 300 leaves, 3 files, 40 vars", peer, median("ours", "later"), median(peer, "later"), target)
        )
        results.append(Result("imports and first load", peer, median("ours", "first"), median(peer, "first"), 0))
    return results


def imports() -> Result:
    pairs = [(cpu(sys.executable, OUR_IMPORT), cpu(PEERS, "import pydantic_settings")) for _ in range(ROUNDS)]
    ours, peer = (statistics.median(values) for values in zip(*pairs, strict=True))
    return Result("import", "pydantic-settings", ours, peer, IMPORT_TARGET)


def cpu(python: str, code: str) -> float:
    """CPU microseconds, children's user and system time, of an interpreter that runs one line."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([python, "-c", code], check=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e6


if __name__ == "__main__":
    sys.exit(main())
