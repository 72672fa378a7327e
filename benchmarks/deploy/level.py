"""A level of small stand-in components, for measuring what the supervisor adds to them."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any

from photoncloud.deploy.core import toml_text
from photoncloud.deploy.service.resolve import Request

STAND_IN = Path(__file__).resolve().parents[2] / "tests" / "integration" / "deploy" / "fake_component.py"


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def chain(folder: Path, count: int, **settings: Any) -> Request:
    """`count` components, each needing the one before it, every third only its start."""
    components: dict[str, Any] = {}
    for number, port in enumerate(free_ports(count)):
        needs = {f"c{number - 1}": "started" if number % 3 else "healthy"} if number else {}
        components[f"c{number}"] = {
            "program": [sys.executable, str(STAND_IN)],
            "ports": {"ops": port},
            "needs": needs,
            "config": {"fake": {"addr": "@listen.ops", **settings}},
        }
    file = folder / "level.toml"
    file.write_text(toml_text.dumps({"level": {"name": "bench"}, "components": components}))
    return Request(file=file)
