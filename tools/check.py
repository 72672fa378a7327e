"""`make check`: every step, one line each with its result, and all findings. Fails when any step fails.

python tools/check.py [STEP...]     only the named steps
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
FOLDERS = ["src", "tests", "tools", "benchmarks"]
PARALLEL = 2
"""The smallest machine we build on has two cores."""
STEP_TIMEOUT_SEC = 600


@dataclass(frozen=True)
class Step:
    """`alone`: uses every core itself, so it runs after the others."""

    name: str
    command: list[str]
    alone: bool = False


@dataclass(frozen=True)
class Outcome:
    step: Step
    status: int
    seconds: float
    output: str


def steps() -> list[Step]:
    """The longest first, so that the short ones fill the other core."""
    python = sys.executable
    unit_tests = ["-m", "pytest", "tests/unit", "-q", "-n", str(PARALLEL), "-m", "not slow and not exam"]
    return [
        Step("types", [str(BIN / "mypy")]),
        Step("format", [str(BIN / "ruff"), "format", "--check", "--quiet", *FOLDERS]),
        Step("lint", [str(BIN / "ruff"), "check", "--quiet", *FOLDERS]),
        Step("imports", [str(BIN / "lint-imports"), "pyproject.toml", "--no-cache", "--no-logo"]),
        Step("tidy", [python, "tools/tidy.py"]),
        Step("dependencies", [python, "tools/dependencies.py"]),
        Step("generated", [python, "tools/generate.py", "--check"]),
        Step("unit-tests", [python, *unit_tests, "-p", "no:cacheprovider"], alone=True),
    ]


def main(names: list[str]) -> int:
    chosen = [step for step in steps() if not names or step.name in names]
    unknown = set(names) - {step.name for step in chosen}
    if unknown:
        print(f"check: no step {', '.join(sorted(unknown))}; steps: {', '.join(step.name for step in steps())}")
        return 64
    outcomes = [report(outcome) for outcome in _run_all(chosen)]
    failed = [outcome.step.name for outcome in outcomes if outcome.status]
    print(f"check: {len(outcomes) - len(failed)} of {len(outcomes)} steps passed" + _named(failed))
    return 1 if failed else 0


def _named(failed: list[str]) -> str:
    return f"; failed: {', '.join(failed)}" if failed else ""


def _run_all(chosen: list[Step]) -> list[Outcome]:
    with ThreadPoolExecutor(PARALLEL) as pool:
        together: list[Future[Outcome]] = [pool.submit(run, step) for step in chosen if not step.alone]
    return [future.result() for future in together] + [run(step) for step in chosen if step.alone]


def run(step: Step) -> Outcome:
    """Run one step; a step that hangs fails."""
    started = time.monotonic()
    try:
        done = subprocess.run(
            step.command, cwd=ROOT, capture_output=True, text=True, timeout=STEP_TIMEOUT_SEC, check=False
        )
        status, output = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        status, output = 1, f"no result within {STEP_TIMEOUT_SEC} s"
    return Outcome(step, status, time.monotonic() - started, output)


def report(outcome: Outcome) -> Outcome:
    """Print the line of a step, and what it found when it failed."""
    word = "FAIL" if outcome.status else "ok"
    print(f"{word:<5}{outcome.step.name:<14}{outcome.seconds:6.1f} s", flush=True)
    if outcome.status:
        print("".join(f"     {line}\n" for line in outcome.output.splitlines()), end="", flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
