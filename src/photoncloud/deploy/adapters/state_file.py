"""`run/state.json`: who runs. Written before a process is started and after, so none is ever unknown.

And the marker that says a folder is ours: nothing is ever removed without it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from photoncloud.deploy.adapters.process_table import Identity
from photoncloud.deploy.core.run_plan import PlanBroken, RunPlan, as_data, from_data
from photoncloud.deploy.errors import StateUnreadable
from photoncloud.runtime.files import remove_durably, replace_atomically

STATE_VERSION = 1
MARKER = ".photoncloud"
MARKER_TEXT = b"This folder was made by `photonctl up`. `photonctl down --remove-data` removes it.\n"


@dataclass(frozen=True, slots=True)
class ComponentRecord:
    """`intent` is `starting` between the decision and the pid, then `running`; `process` is None before that."""

    intent: str
    incarnation: int
    process: Identity | None = None
    command: str = ""


@dataclass(frozen=True, slots=True)
class StateRecord:
    supervisor: Identity
    level: str
    plan_hash: str
    components: Mapping[str, ComponentRecord] = field(default_factory=dict)


class StateFile:
    """`<data_dir>/run/state.json` and `plan.json`."""

    def __init__(self, data_dir: Path) -> None:
        self._state = data_dir / "run" / "state.json"
        self._plan = data_dir / "run" / "plan.json"

    def write(self, record: StateRecord) -> None:
        data = {"state_version": STATE_VERSION, **asdict(record)}
        replace_atomically(self._state, json.dumps(data, sort_keys=True).encode() + b"\n")

    def read(self) -> StateRecord | None:
        """None when nothing was ever written. Raises StateUnreadable."""
        data = _json(self._state)
        if data is None:
            return None
        try:
            if data["state_version"] != STATE_VERSION:
                raise StateUnreadable(f"{self._state}: version {data['state_version']} is not {STATE_VERSION}")
            components = {str(name): _component(item) for name, item in data["components"].items()}
            supervisor = Identity(**data["supervisor"])
            return StateRecord(supervisor, str(data["level"]), str(data["plan_hash"]), components)
        except (KeyError, TypeError, AttributeError) as error:
            raise StateUnreadable(f"{self._state}: {type(error).__name__}: {error}") from error

    def remove(self) -> None:
        """The state, not the plan: the next `up` keeps the ports."""
        remove_durably(self._state)

    def write_plan(self, plan: RunPlan) -> None:
        replace_atomically(self._plan, json.dumps(as_data(plan), sort_keys=True, indent=1).encode() + b"\n")

    def read_plan(self) -> RunPlan | None:
        """None when nothing was ever planned. Raises StateUnreadable."""
        data = _json(self._plan)
        try:
            return None if data is None else from_data(data)
        except PlanBroken as error:
            raise StateUnreadable(f"{self._plan}: {error}") from error


def mark(data_dir: Path) -> None:
    """Write the marker once."""
    marker = data_dir / MARKER
    if not marker.exists():
        replace_atomically(marker, MARKER_TEXT)


def is_marked(data_dir: Path) -> bool:
    marker = data_dir / MARKER
    return marker.is_file() and not marker.is_symlink() and marker.read_bytes() == MARKER_TEXT


def _component(item: Mapping[str, Any]) -> ComponentRecord:
    process = item["process"]
    identity = None if process is None else Identity(**process)
    return ComponentRecord(str(item["intent"]), int(item["incarnation"]), identity, str(item["command"]))


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StateUnreadable(f"{path}: {error}") from error
