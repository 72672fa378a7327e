"""Servers under measurement, each on loopback in its own directory, with the CPU time of its whole process tree."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ACCESS_KEY = "AKIABENCHBENCHBENCH2"
SECRET_KEY = "benchmarkSecretBenchmarkSecretBenchmark0"
ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".venv-peers" / "bin"
START_LIMIT_SEC = 60
CLOCK_TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    """A running S3 server: `name` as printed, `endpoint` of its S3 listener."""

    name: str
    endpoint: str
    process: subprocess.Popen[bytes]
    directory: Path
    notes: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        return self.endpoint.removeprefix("http://")

    def cpu_seconds(self) -> float:
        """User and system time of the process and every descendant that is alive."""
        return sum(process_cpu_seconds(pid) for pid in descendants(self.process.pid))

    def resident_bytes(self) -> int:
        """Resident memory of the tree, as the kernel reports it now."""
        return sum(resident_bytes(pid) for pid in descendants(self.process.pid))


def descendants(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in task.read_text().split():
                found += descendants(int(child))
    return found


def process_cpu_seconds(pid: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICK
    return 0.0


def resident_bytes(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(name: str, command: list[str], port: int, directory: Path, environment: dict[str, str]) -> Iterator[Server]:
    log = (directory / "server.log").open("wb")
    process = subprocess.Popen(
        command,
        cwd=directory,
        env={**os.environ, **environment},
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        wait_for_port(port, process, directory / "server.log")
        yield Server(name, f"http://127.0.0.1:{port}", process, directory)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_SEC
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(
                f"{process.args!r} ended with {process.returncode}:\n{log.read_text(errors='replace')[-2000:]}"
            )
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit(f"{process.args!r} did not listen on {port} within {START_LIMIT_SEC} s")


OURS_TOML = """
[photon]
mode = "standalone"
[photon.ops]
addr = "127.0.0.1:{ops}"
[photon.logging]
level = "warning"
[standalone.server]
grpc_addr = ""
website_addr = ""
s3_addr = "127.0.0.1:{s3}"
[standalone.storage]
data_dir = "{directory}/data"
durability = "{durability}"
[standalone.metadata]
path = "{directory}/meta"
[standalone.auth]
access_key = "{access_key}"
secret_key = "{secret_key}"
"""


@contextlib.contextmanager
def ours(directory: Path, durability: str = "group") -> Iterator[Server]:
    port = free_port()
    file = directory / "lightningstor.toml"
    file.write_text(
        OURS_TOML.format(
            s3=port,
            ops=free_port(),
            directory=directory,
            durability=durability,
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
        )
    )
    command = [sys.executable, "-m", "photoncloud.lightningstor", "--config", str(file), "--config-only"]
    with running("lightningstor", command, port, directory, {}) as server:
        yield server


SEAWEED_PORTS = (
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port.grpc",
    "s3.port.iceberg",
    "s3.port.lance",
    "admin.port",
    "admin.port.grpc",
)


@contextlib.contextmanager
def seaweedfs(directory: Path, *, fsync: bool = False) -> Iterator[Server]:
    """`weed mini` as it comes; with `fsync` every write below /buckets is synced before it is acknowledged."""
    s3, master = free_port(), free_port()
    names = ("master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc", "s3.port.grpc")
    ports = {
        name: free_port() for name in (*names, "admin.port", "admin.port.grpc", "s3.port.iceberg", "s3.port.lance")
    }
    supported = help_text(PEERS / "weed", "mini")
    command = [str(PEERS / "weed"), "mini", f"-dir={directory}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
    command += ["-webdav=false", f"-master.port={master}", f"-s3.port={s3}", "-admin.ui=false"]
    command += [f"-{name}={port}" for name, port in ports.items() if f"-{name} " in supported]
    environment = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    with running("seaweedfs+fsync" if fsync else "seaweedfs", command, s3, directory, environment) as server:
        time.sleep(3)  # its parts register with each other after the listeners are open
        if fsync:
            shell = "fs.configure -locationPrefix=/buckets/ -fsync -apply\n"
            master_address = f"127.0.0.1:{master}.{ports['master.port.grpc']}"
            subprocess.run(
                [str(PEERS / "weed"), "shell", f"-master={master_address}"],
                input=shell.encode(),
                check=True,
                capture_output=True,
            )
        yield server


def help_text(program: Path, command: str) -> str:
    result = subprocess.run([str(program), command, "-h"], capture_output=True, check=False)
    return (result.stdout + result.stderr).decode()


@contextlib.contextmanager
def rclone(directory: Path) -> Iterator[Server]:
    port = free_port()
    store = directory / "store"
    store.mkdir()
    command = [str(PEERS / "rclone"), "serve", "s3", "--auth-key", f"{ACCESS_KEY},{SECRET_KEY}"]
    command += ["--addr", f"127.0.0.1:{port}", "--no-cleanup", str(store)]
    with running("rclone serve s3", command, port, directory, {}) as server:
        yield server


@contextlib.contextmanager
def moto(directory: Path) -> Iterator[Server]:
    port = free_port()
    command = [str(PEERS / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    with running("moto", command, port, directory, {}) as server:
        yield server


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A directory on the same file system for every server, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="photon-bench-", dir=ROOT / ".cache") as folder:
        yield Path(folder)
