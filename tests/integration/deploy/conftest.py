"""A throw-away installation: a topology of fake components, a supervisor of its own, and nothing left afterwards."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from photoncloud.deploy import bootstrap
from photoncloud.deploy.adapters import run_lock
from photoncloud.deploy.bootstrap import Prepared
from photoncloud.deploy.core import toml_text
from photoncloud.deploy.service import takedown
from photoncloud.deploy.service.resolve import Request

FAKE = Path(__file__).with_name("fake_component.py")
# Generous: the machine may be busy with other tests. Nothing waits this long when all is well.
PATIENCE_SEC = 30.0


# Below the range the kernel takes for outgoing connections: those of other tests come and go there.
PORTS = range(12_000, 30_000)


def free_port() -> int:
    while True:
        number = random.choice(PORTS)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", number)) != 0:
                return number


def until(condition: Callable[[], Any], what: str, patience_sec: float = PATIENCE_SEC) -> Any:
    deadline = time.monotonic() + patience_sec
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {patience_sec} s in vain: {what}"
        time.sleep(0.03)
    return found


class Installation:
    """`components` maps a name to `[fake]` settings, plus topology keys under `topology`."""

    until = staticmethod(until)
    free_port = staticmethod(free_port)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.ports: dict[str, int] = {}

    def request(self, components: dict[str, dict[str, Any]], **keys: Any) -> Request:
        file = self.folder / "level.toml"
        tables = {name: self._table(name, dict(fake)) for name, fake in components.items()}
        file.write_text(toml_text.dumps({"level": {"name": "test"}, "components": tables}))
        return Request(file=file, **keys)

    def prepare(self, components: dict[str, dict[str, Any]], **keys: Any) -> Prepared:
        return bootstrap.prepare(self.request(components, **keys), self.data_dir)

    def up(self, components: dict[str, dict[str, Any]]) -> int:
        """Start detached; the supervisor's pid."""
        return bootstrap.start_detached(self.prepare(components))

    def up_in_terminal(self, components: dict[str, dict[str, Any]]) -> subprocess.Popen[bytes]:
        """As `up`, but the supervisor is our own child, so that its end can be watched."""
        prepared = self.prepare(components)
        bootstrap.StateFile(self.data_dir).write_plan(prepared.plan)
        command = [sys.executable, "-m", "photoncloud.deploy", "--data-dir", str(self.data_dir)]
        process = subprocess.Popen(command, start_new_session=True)
        until(lambda: bootstrap.status(self.data_dir), "the supervisor answers")
        return process

    def row(self, name: str) -> dict[str, Any]:
        answer = bootstrap.ask(self.data_dir, "status")
        return next(row for row in answer["components"] if row["component"] == name)

    def wait(self, name: str, phase: str, **fields: Any) -> dict[str, Any]:
        wanted = {"phase": phase, **fields}
        if phase == "up":
            wanted.setdefault("healthy", True)
        return until(lambda: self._matching(name, wanted), f"{name} is {wanted}")

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.data_dir / "log" / "supervisor.log").read_text().splitlines()]

    def log(self, name: str) -> str:
        path = self.data_dir / "log" / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def down(self, grace_sec: float | None = None) -> list[str]:
        return [str(resource) for resource in takedown.take_down(self.data_dir, grace_sec)]

    def _matching(self, name: str, wanted: dict[str, Any]) -> dict[str, Any] | None:
        row = self.row(name)
        return row if all(row[key] == value for key, value in wanted.items()) else None

    def _table(self, name: str, fake: dict[str, Any]) -> dict[str, Any]:
        self.ports.setdefault(name, free_port())
        keys = fake.pop("topology", {})
        return {
            "program": [sys.executable, str(FAKE)],
            "ports": {"ops": self.ports[name]},
            "config": {"fake": {"addr": "@listen.ops", **fake}},
            "stop_timeout_sec": 5,
            **keys,
        }


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    yield made
    if run_lock.is_held(made.data_dir):
        assert made.down(grace_sec=2) == []
