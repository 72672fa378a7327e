"""Memory and start-up of our own server: figures to print, not to compare."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.lightningstor import servers
from benchmarks.lightningstor.clients import curl_put
from benchmarks.lightningstor.servers import Server
from benchmarks.lightningstor.workloads import BUCKET, make_bucket, prepare_list, presigner, random_file

UPLOADS = 32
MIB = 2**20
IDLE_LIMIT_MIB = 120
BUSY_LIMIT_MIB = 350
START_LIMIT_SEC = 2.0


def measure(keys: int) -> dict[str, object]:
    """Resident memory idle and under 32 uploads of 256 MiB; time from start to an answering listener with `keys`."""
    with servers.scratch() as folder:
        with servers.ours(folder) as server:
            time.sleep(2)
            idle = server.resident_bytes() / MIB
            make_bucket(server)
            busy = busy_memory(server)
            prepare_list(keys)(server)
        start = time.perf_counter()
        with servers.ours(folder):
            seconds = time.perf_counter() - start
    return {
        f"resident memory idle, MiB (limit {IDLE_LIMIT_MIB})": round(idle, 1),
        f"resident memory, {UPLOADS} uploads of 256 MiB, MiB (limit {BUSY_LIMIT_MIB})": round(busy, 1),
        f"start with {keys:,} objects, s (limit {START_LIMIT_SEC})": round(seconds, 2),
    }


def busy_memory(server: Server) -> float:
    file: Path = random_file(server, 256)
    sign = presigner(server)
    peak = 0.0
    with ThreadPoolExecutor(UPLOADS) as pool:
        uploads = [pool.submit(curl_put, server, sign.path("PUT", BUCKET, f"busy/{n}"), file) for n in range(UPLOADS)]
        while not all(upload.done() for upload in uploads):
            peak = max(peak, server.resident_bytes() / MIB)
            time.sleep(0.1)
        for upload in uploads:
            upload.result()
    return peak
