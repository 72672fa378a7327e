"""Times the engine over series in memory: `python -m benchmarks.nightlight.promql_engine [REPORT.json]`.

Prints milliseconds per query and cells (series x steps) per second; the report holds every run. The peer comparison
over HTTP belongs to the server's benchmark, which uses the same expressions.
"""

from __future__ import annotations

import json
import platform
import statistics
import sys
import time
from pathlib import Path

from benchmarks.nightlight.promql_workload import EXPRESSIONS, SAMPLES, SCRAPE_MS, SIZES, Size, made_source
from photoncloud.nightlight.core.batch import Select
from photoncloud.nightlight.core.engine.query import range_query

RUNS = 3
SEED = 1
STEP_MS = 25_000


def main(arguments: list[str]) -> int:
    rows = []
    for series in sorted({size.series for size in SIZES}):
        select = made_source(series, SEED)
        for size in (own for own in SIZES if own.series == series):
            rows += [measured(expression, size, select) for expression in EXPRESSIONS]
    for row in rows:
        print(f"{row['series']:6} x {row['steps']:5}  {row['median_ms']:10.2f} ms  {row['expression']}")
    if arguments:
        machine = {"python": platform.python_version(), "machine": platform.machine()}
        Path(arguments[0]).write_text(json.dumps({"machine": machine, "seed": SEED, "rows": rows}, indent=1), "utf-8")
    return 0


def measured(expression: str, size: Size, select: Select) -> dict[str, object]:
    """The median of a few runs that end with the newest sample."""
    end = (SAMPLES - 1) * SCRAPE_MS
    start = end - (size.steps - 1) * STEP_MS
    runs = []
    for _ in range(RUNS):
        began = time.perf_counter()
        range_query(expression, (start, end, STEP_MS), select)
        runs.append((time.perf_counter() - began) * 1000)
    return {
        "expression": expression,
        "series": size.series,
        "steps": size.steps,
        "median_ms": statistics.median(runs),
        "runs_ms": runs,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
