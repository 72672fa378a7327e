"""GET /health over one keep-alive connection, and the resident memory of the process that answers."""

from __future__ import annotations

import contextlib
import socket
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil

from benchmarks.runtime.measure import ROUNDS, Result, at_least
from photoncloud.testkit.process import ServerProcess, ready, spawn_command

REQUESTS = 2000
REQUEST = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
IDLE_PROGRAM = "import json, sys\nprint(json.dumps({'event': 'ready'}), flush=True)\nimport time\ntime.sleep(600)\n"


@contextlib.asynccontextmanager
async def program(name: str) -> AsyncIterator[ServerProcess]:
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "benchmarks.runtime.program", name]
    if name == "idle":
        command = [sys.executable, "-c", IDLE_PROGRAM]
    with tempfile.TemporaryDirectory() as home:
        async with ready(await spawn_command(command, root, {"HOME": home, "PYTHONDONTWRITEBYTECODE": "1"})) as server:
            yield server


async def health() -> Result:
    """Requests per CPU second of the serving process, both processes in turns."""
    async with program("app") as app, program("bare") as bare:
        with connected(app) as to_app, connected(bare) as to_bare:
            pairs = [(rate(app, to_app), rate(bare, to_bare)) for _ in range(ROUNDS + 1)][1:]
    values = statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)
    return at_least("/health over keep-alive", "requests/CPU s", values, 0.8)


async def memory() -> str:
    """Resident memory of an idle App, and of an interpreter alone."""
    async with program("app") as app, program("idle") as idle:
        ours, alone = (psutil.Process(p.pid).memory_info().rss / 2**20 for p in (app, idle))
    return f"resident memory of an idle App: {ours:.1f} MiB (the interpreter alone {alone:.1f} MiB)"


@contextlib.contextmanager
def connected(server: ServerProcess) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port("ops"))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def rate(server: ServerProcess, connection: socket.socket) -> float:
    process = psutil.Process(server.pid)
    before = _cpu(process)
    for _ in range(REQUESTS):
        connection.sendall(REQUEST)
        _read_answer(connection)
    return REQUESTS / (_cpu(process) - before)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _read_answer(connection: socket.socket) -> None:
    """One answer: its head, then as much as Content-Length says."""
    data = connection.recv(65536)
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
