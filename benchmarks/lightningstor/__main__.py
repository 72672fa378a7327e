"""`make bench COMPONENT=lightningstor`: every row of the speed table beside its peers, alternating, with ratios.

Options: --only NAME (repeatable), --rounds N, --keys N (objects in the listing bucket), --plot (throughput against
object size), --json FILE.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.lightningstor import footprint, plot, report, servers
from benchmarks.lightningstor.clients import Measured
from benchmarks.lightningstor.servers import Server
from benchmarks.lightningstor.workloads import Workload, table

PEERS: dict[str, Callable[[Path], AbstractContextManager[Server]]] = {
    "seaweedfs": servers.seaweedfs,
    "seaweedfs+fsync": lambda folder: servers.seaweedfs(folder, fsync=True),
    "rclone serve s3": servers.rclone,
    "moto": servers.moto,
}
DEFAULT_KEYS = 1_000_000
DEFAULT_ROUNDS = 5


def main(argv: list[str]) -> int:
    options = parse(argv)
    results: list[report.Comparison] = []
    facts: dict[str, object] = {}
    (servers.ROOT / ".cache").mkdir(exist_ok=True)
    if options.plot:
        plot.draw(options.rounds)
        return 0
    workloads = [each for each in table(options.keys) if not options.only or each.name in options.only]
    print(report.HEADER, flush=True)
    for peer in PEERS:
        rows = [each for each in workloads if peer in each.peers]
        if rows:
            results += against(peer, rows, options.rounds)
    if not options.only or "footprint" in options.only:
        facts = footprint.measure(options.keys)
        for name, value in facts.items():
            print(f"{name:<72} {value}", flush=True)
    report.store(results, facts, Path(options.json))
    missed = [result for result in results if not result.is_met]
    print(f"{len(results) - len(missed)} of {len(results)} targets met; results in {options.json}")
    return 1 if missed else 0


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.lightningstor", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--rounds", type=int, default=DEFAULT_ROUNDS)
    parser.add_argument("--keys", type=int, default=DEFAULT_KEYS)
    parser.add_argument("--plot", action="store_true")
    parser.add_argument("--json", default=str(servers.ROOT / ".cache" / "bench" / "lightningstor.json"))
    return parser.parse_args(argv)


def against(peer: str, rows: list[Workload], rounds: int) -> list[report.Comparison]:
    """Ours and one peer side by side; each row runs ours, peer, peer, ours, … so that drift cancels."""
    found = []
    with contextlib.ExitStack() as stack:
        mine = stack.enter_context(servers.ours(stack.enter_context(servers.scratch())))
        other = stack.enter_context(PEERS[peer](stack.enter_context(servers.scratch())))
        for row in rows:
            row.prepare(mine)
            row.prepare(other)
            ours, theirs = alternate(row, mine, other, max(rounds, row.minimum_rounds))
            result = report.compare(row.name, row.title, row.unit, peer, row.peers[peer], ours, theirs)
            print(report.line(result), flush=True)
            found.append(result)
    return found


def alternate(row: Workload, mine: Server, other: Server, rounds: int) -> tuple[list[Measured], list[Measured]]:
    row.run(mine)  # one uncounted round each: caches, connections, compiled code
    row.run(other)
    ours: list[Measured] = []
    theirs: list[Measured] = []
    for number in range(rounds):
        order = [(mine, ours), (other, theirs)]
        for server, runs in order if number % 2 == 0 else reversed(order):
            runs.append(row.run(server))
    return ours, theirs


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
