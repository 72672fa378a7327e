"""Throughput against object size, ours beside SeaweedFS, as the picture in the documentation."""

from __future__ import annotations

import contextlib
import random
import statistics

from benchmarks.lightningstor import servers
from benchmarks.lightningstor.clients import wrk
from benchmarks.lightningstor.servers import Server
from benchmarks.lightningstor.workloads import BUCKET, make_bucket, presigner

SIZES = (1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304)
SECONDS = 3
CONNECTIONS = 32
PICTURE = servers.ROOT / "docs" / "reference" / "lightningstor-throughput.svg"


def draw(rounds: int) -> None:
    series = measure(max(3, rounds))
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.2), sharex=True)
    for axes, method in ((left, "GET"), (right, "PUT")):
        for name, marker in (("lightningstor", "o"), ("seaweedfs", "s")):
            rates = [series[method, name, size] * size / 2**20 for size in SIZES]
            axes.plot(SIZES, rates, marker=marker, label=name)
        axes.set(
            xscale="log", yscale="log", title=f"{method}, 32 connections", xlabel="object size, bytes", ylabel="MiB/s"
        )
        axes.grid(True, which="both", alpha=0.3)
        axes.legend()
    figure.tight_layout()
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, metadata={"Date": None})
    print(f"drawn: {PICTURE.relative_to(servers.ROOT)}")


def measure(rounds: int) -> dict[tuple[str, str, int], float]:
    """(method, server, size) → median requests per second."""
    runs: dict[tuple[str, str, int], list[float]] = {}
    with contextlib.ExitStack() as stack:
        pair = [
            stack.enter_context(servers.ours(stack.enter_context(servers.scratch()))),
            stack.enter_context(servers.seaweedfs(stack.enter_context(servers.scratch()))),
        ]
        for server in pair:
            make_bucket(server)
        for size in SIZES:
            for number in range(rounds):
                for server in pair if number % 2 == 0 else reversed(pair):
                    for method in ("PUT", "GET"):
                        runs.setdefault((method, server.name, size), []).append(rate(server, method, size))
    return {key: statistics.median(values) for key, values in runs.items()}


def rate(server: Server, method: str, size: int) -> float:
    sign = presigner(server)
    count = max(32, min(2000, 2**28 // size))
    paths = [sign.path(method, BUCKET, f"plot/{size}/{n}") for n in range(count)]
    if method == "GET":
        random.shuffle(paths)
    measured = wrk(server, method, paths, connections=CONNECTIONS, seconds=SECONDS, size=size if method == "PUT" else 0)
    return measured.rate
