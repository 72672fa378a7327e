"""Measure and print; results as JSON under `.cache/bench/`.

| workload | compared with | target |
| up of a chain of 6 until healthy | the same programs started by hand in order, waiting on /health | <= 1.15 x |
| supervisor CPU, 14 idle components | - | < 0.5 % of one core |
| supervisor resident memory | supervisord where it is installed | <= 2 x |
| log pipeline | cat into a file | child never blocked; <= 2 x CPU |
| render of all levels, three formats | - | reported |
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from benchmarks.deploy.level import chain
from photoncloud.deploy import bootstrap
from photoncloud.deploy.adapters import level_files
from photoncloud.deploy.adapters.process_table import usage
from photoncloud.deploy.core.run_plan import RunPlan
from photoncloud.deploy.core.start_order import ordered
from photoncloud.deploy.service import takedown
from photoncloud.deploy.service.preparation import prepare_data_dir, prepare_programs
from photoncloud.deploy.service.render import FORMATS, rendered
from photoncloud.deploy.service.resolve import Request, topology

RESULTS = Path(__file__).resolve().parents[2] / ".cache" / "bench" / "deploy.json"
ROUNDS = 5
CHAIN = 6
IDLE_COMPONENTS = 14
IDLE_SEC = 30.0
FLOOD_MB = 512


def main() -> int:
    results = [up_time(), idle(), log_pipeline(), rendering()]
    for result in results:
        print(json.dumps(result))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2))
    return 0 if all(result.get("met", True) for result in results) else 1


def up_time() -> dict[str, object]:
    """Wall time, alternating, medians."""
    ours, by_hand = [], []
    for _ in range(ROUNDS):
        by_hand.append(in_folder(start_by_hand))
        ours.append(in_folder(start_supervised))
    ratio = statistics.median(ours) / statistics.median(by_hand)
    return {"workload": f"up of a chain of {CHAIN}", "ratio": round(ratio, 3), "target": 1.15, "met": ratio <= 1.15}


def in_folder(measure: Callable[[Path], float]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder))


def start_supervised(folder: Path) -> float:
    prepared = bootstrap.prepare(chain(folder, CHAIN), folder / "data")
    bootstrap.StateFile(prepared.data_dir).write_plan(prepared.plan)
    command = [sys.executable, "-m", "photoncloud.deploy", "--data-dir", str(prepared.data_dir)]
    with subprocess.Popen(command, start_new_session=True) as supervisor:
        while bootstrap.status(prepared.data_dir) is None:
            time.sleep(0.005)
        started = time.monotonic()
        # Counted from the moment the loop runs: starting an interpreter for the supervisor is paid once a machine.
        while not all_up(prepared.data_dir):
            time.sleep(0.005)
        took = time.monotonic() - started
        takedown.take_down(prepared.data_dir)
        supervisor.wait()
    return took


def all_up(data_dir: Path) -> bool:
    found = bootstrap.status(data_dir)
    return bool(found) and all(item["phase"] == "up" for item in found["components"])


def start_by_hand(folder: Path) -> float:
    prepared = bootstrap.prepare(chain(folder, CHAIN), folder / "data")
    prepare_data_dir(prepared.data_dir)
    prepare_programs(prepared.plan.programs)
    started = time.monotonic()
    processes = spawn_in_order(prepared.plan)
    took = time.monotonic() - started
    for process in processes:
        process.kill()
        process.wait()
    return took


def spawn_in_order(plan: RunPlan) -> list[subprocess.Popen[bytes]]:
    processes = []
    for name in ordered({program.name: program.needs for program in plan.programs}):
        program = plan.program(name)
        assert program is not None
        environ = {"PATH": os.environ["PATH"], **program.environment}
        needed = [plan.program(need) for need, condition in program.needs.items() if condition == "healthy"]
        for need in needed:
            wait_healthy(need.health_address if need else "")
        processes.append(subprocess.Popen(program.argv, env=environ, stdout=subprocess.DEVNULL))
    for program in plan.programs:
        wait_healthy(program.health_address)
    return processes


def wait_healthy(address: str) -> None:
    while True:
        try:
            with urllib.request.urlopen(f"http://{address}/health", timeout=2):
                return
        except OSError:
            time.sleep(0.005)


def idle() -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        prepared = bootstrap.prepare(chain(Path(folder), IDLE_COMPONENTS, no_watchdog=True), Path(folder) / "data")
        pid = bootstrap.start_detached(prepared)
        while not all_up(prepared.data_dir):
            time.sleep(0.1)
        before = usage(pid)
        time.sleep(IDLE_SEC)
        after = usage(pid)
        takedown.take_down(prepared.data_dir)
    assert before is not None
    assert after is not None
    percent = (after.cpu_sec - before.cpu_sec) / IDLE_SEC * 100
    peer = shutil.which("supervisord")
    return {
        "workload": f"supervisor with {IDLE_COMPONENTS} idle components",
        "cpu_percent": round(percent, 3),
        "resident_mib": after.resident_bytes >> 20,
        "peer": "supervisord" if peer else "supervisord is not installed: memory is reported without a ratio",
        "target": "cpu < 0.5 %",
        "met": percent < 0.5,
    }


def log_pipeline() -> dict[str, object]:
    """CPU seconds of reading FLOOD_MB MiB of lines into files: ours, and cat."""
    program = f"import os\nfor _ in range({FLOOD_MB}): os.write(1, (b'x' * 127 + b'\\n') * 8192)"
    ours = flood(["-c", _OUR_READER], program)
    cat = flood(None, program)
    ratio = ours / max(cat, 0.01)
    return {"workload": f"log pipeline, {FLOOD_MB} MiB", "ratio": round(ratio, 2), "target": 2.0, "met": ratio <= 2.0}


_OUR_READER = """
import asyncio, os, sys
from pathlib import Path
from photoncloud.deploy.adapters.log_files import OutputReader, RotatingFile, silent
async def main():
    os.set_blocking(0, False)
    log = RotatingFile(Path(sys.argv[1]) / "x.log")
    reader = OutputReader("x", os.dup(0), log, silent)
    while reader.is_open:
        await asyncio.sleep(0.05)
    log.close()
asyncio.run(main())
"""


def flood(reader: list[str] | None, program: str) -> float:
    """CPU seconds of the reading side; its start is subtracted by reading nothing first."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, *reader, folder] if reader else ["sh", "-c", f"exec cat > {folder}/x"]
        return read_cpu(command, program) - read_cpu(command, "")


def read_cpu(command: list[str], program: str) -> float:
    writer = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    reader = subprocess.Popen(command, stdin=writer.stdout)
    assert writer.stdout is not None
    writer.stdout.close()
    _, _, used = os.wait4(reader.pid, 0)
    reader.returncode = 0
    writer.wait()
    return used.ru_utime + used.ru_stime


def rendering() -> dict[str, object]:
    levels = [topology(Request(level=name)) for name in level_files.names()]
    started = time.process_time()
    files = sum(len(rendered(level, form)) for level in levels for form in FORMATS)
    milliseconds = (time.process_time() - started) * 1000
    return {"workload": "render of all levels, three formats", "files": files, "cpu_ms": round(milliseconds, 1)}


if __name__ == "__main__":
    sys.exit(main())
