"""Medians of 20, CPU seconds unless said otherwise; results as JSON under `.cache/bench/`.

| workload | compared with | target |
| photonctl --version | python -c '' | <= 2.5 x |
| completion of a verb's words | photonctl --version | <= 3 x |
| status of 14 components | the slowest single /health | wall <= 1.5 x, the start of the command subtracted |
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from photoncloud.ctl.service import status

RESULTS = Path(__file__).resolve().parents[2] / ".cache" / "bench" / "photonctl.json"
ROUNDS = 20
COMPONENTS = 14
# What a component takes to answer: long against the noise of the machine.
ANSWER_SEC = 0.1
PHOTONCTL = [sys.executable, "-m", "photoncloud.ctl"]


def main() -> int:
    with tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home
        results = [*starts(), status_of_many()]
    for result in results:
        print(json.dumps(result))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2))
    return 0 if all(result["met"] for result in results) else 1


def starts() -> list[dict[str, object]]:
    commands = {
        "bare": [sys.executable, "-c", ""],
        "version": [*PHOTONCTL, "--version"],
        "completion": [*PHOTONCTL, "__complete", "logs", "l"],
    }
    samples: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            samples[name].append(cpu(command))
    median = {name: statistics.median(values) for name, values in samples.items()}
    return [
        outcome("photonctl --version", median["version"] / median["bare"], 2.5),
        outcome("completion of a name", median["completion"] / median["version"], 3.0),
    ]


def cpu(command: list[str]) -> float:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0
    return used.ru_utime + used.ru_stime


class Slow(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        time.sleep(ANSWER_SEC)
        body = json.dumps({"status": "healthy", "component": "x", "checks": {}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def status_of_many() -> dict[str, object]:
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Slow) for _ in range(COMPONENTS)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    addresses = [f"127.0.0.1:{server.server_address[1]}" for server in servers]
    one, many = [], []
    for _ in range(ROUNDS):
        started = time.monotonic()
        urllib.request.urlopen(f"http://{addresses[0]}/health", timeout=5).read()
        one.append(time.monotonic() - started)
        started = time.monotonic()
        assert status.is_all_healthy(status.rows((), addresses, os.environ))
        many.append(time.monotonic() - started)
    for server in servers:
        server.shutdown()
    return outcome(f"status of {COMPONENTS} components", statistics.median(many) / statistics.median(one), 1.5)


def outcome(workload: str, ratio: float, target: float) -> dict[str, object]:
    return {"workload": workload, "ratio": round(ratio, 2), "target": target, "met": ratio <= target}


if __name__ == "__main__":
    sys.exit(main())
