"""Load generators: wrk for small requests (signing costs it nothing), boto3 for large bodies and lists."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.lightningstor.servers import ACCESS_KEY, SECRET_KEY, Server

WRK_SCRIPT = """
local paths = {{}}
for line in io.lines("{paths}") do paths[#paths + 1] = line end
local body = nil
if {size} > 0 then body = string.rep("x", {size}) end
local thread_counter = 0
function setup(thread) thread:set("offset", thread_counter) thread_counter = thread_counter + 1 end
local at = 0
function init(args) at = offset end
function request()
  at = at + {threads}
  return wrk.format("{method}", paths[at % #paths + 1], nil, body)
end
function response(status, headers, body)
  if status >= 400 then bad = (bad or 0) + 1 end
end
"""


@dataclass(frozen=True)
class Measured:
    """Work done in one timed run: `work` in the workload's unit, seconds of wall time, CPU-seconds of the server."""

    work: float
    wall_sec: float
    cpu_sec: float
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    failures: int = 0

    @property
    def rate(self) -> float:
        return self.work / self.wall_sec if self.wall_sec else 0.0


def wrk(server: Server, method: str, paths: list[str], *, connections: int, seconds: int, size: int = 0) -> Measured:
    """Cycle over `paths`. Raises SystemExit when the server refused requests: a fast error is no result."""
    threads = 2 if connections > 1 else 1
    list_file = server.directory / "paths.txt"
    list_file.write_text("\n".join(paths) + "\n")
    script = server.directory / "load.lua"
    script.write_text(WRK_SCRIPT.format(paths=list_file, size=size, method=method, threads=threads))
    command = ["wrk", "-t", str(threads), "-c", str(connections), "-d", f"{seconds}s", "--latency", "--timeout", "10s"]
    before = server.cpu_seconds()
    output = subprocess.run(
        [*command, "-s", str(script), server.endpoint], capture_output=True, check=True
    ).stdout.decode()
    cpu = server.cpu_seconds() - before
    return parse_wrk(output, cpu)


def parse_wrk(output: str, cpu_sec: float) -> Measured:
    requests = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", output)
    if requests is None:
        raise SystemExit(f"wrk printed no result:\n{output}")
    failures = sum(int(count) for count in re.findall(r"Non-2xx or 3xx responses: (\d+)", output))
    failures += sum(int(n) for line in re.findall(r"Socket errors: (.*)", output) for n in re.findall(r"\d+", line))
    seconds = float(requests[2]) * {"ms": 0.001, "s": 1.0, "m": 60.0}[requests[3]]
    return Measured(
        float(requests[1]), seconds, cpu_sec, percentile_ms(output, "50%"), percentile_ms(output, "99%"), failures
    )


def percentile_ms(output: str, label: str) -> float:
    found = re.search(rf"{label}\s+([\d.]+)(us|ms|s)", output)
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]] if found else 0.0


def s3_client(server: Server, connections: int = 16) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(max_pool_connections=connections, s3={"addressing_style": "path"}, retries={"max_attempts": 2}),
    )


def timed(server: Server, jobs: list[Callable[[], float]], *, workers: int) -> Measured:
    """Run the jobs on `workers` threads; each returns the work it did."""
    before = server.cpu_seconds()
    start = time.perf_counter()
    latencies: list[float] = []

    def run(job: Callable[[], float]) -> float:
        begin = time.perf_counter()
        work = job()
        latencies.append((time.perf_counter() - begin) * 1000)
        return work

    with ThreadPoolExecutor(workers) as pool:
        work = sum(pool.map(run, jobs))
    wall = time.perf_counter() - start
    latencies.sort()
    p50 = latencies[len(latencies) // 2]
    return Measured(
        work, wall, server.cpu_seconds() - before, p50, latencies[min(len(latencies) - 1, len(latencies) * 99 // 100)]
    )


def curl_get(server: Server, path: str) -> float:
    """Fetch and drop one body outside this interpreter; returns MiB received."""
    url = server.endpoint + path
    command = ["curl", "-sf", "-o", "/dev/null", "-w", "%{size_download}", url]
    return int(subprocess.run(command, check=True, capture_output=True).stdout) / 2**20


def curl_put(server: Server, path: str, file: Path) -> float:
    command = ["curl", "-sf", "-o", "/dev/null", "-T", str(file), "-H", "Expect:", server.endpoint + path]
    subprocess.run(command, check=True)
    return file.stat().st_size / 2**20
