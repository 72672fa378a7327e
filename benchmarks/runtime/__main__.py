"""Run every workload, print the ratios, keep the numbers."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.runtime import http, inside

RESULTS = Path(__file__).resolve().parents[2] / ".cache" / "bench" / "runtime.json"


def main() -> int:
    results = [asyncio.run(http.health()), inside.metrics(), inside.log_line()]
    memory = asyncio.run(http.memory())
    for result in results:
        print(result.line())
    print(memory)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps([{**asdict(r), "ratio": r.ratio} for r in results] + [{"memory": memory}], indent=2))
    return 0 if all(result.is_met for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
