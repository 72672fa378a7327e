"""`start`, `stop`, `restart` of components under the local supervisor, and waiting until it is so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from photoncloud.ctl.core import exit_status
from photoncloud.ctl.errors import CommandFailed, TimedOut
from photoncloud.ctl.invocation import Invocation, seconds
from photoncloud.ctl.service.components import data_dir as chosen_data_dir
from photoncloud.ctl.service.waiting import until
from photoncloud.deploy import bootstrap

_DONE = {"start": ("up",), "restart": ("up",), "stop": ("stopped",)}


def act(call: Invocation, verb: str, names: Sequence[str], given: Path | None, wait: str) -> int:
    """Raises CommandFailed when a component fails on the way, TimedOut when it takes too long."""
    folder = chosen_data_dir(given, call.environ)
    before = _rows(folder)
    bootstrap.ask(folder, verb, components=list(names))

    def is_new(name: str, row: dict[str, Any]) -> bool:
        return verb != "restart" or name not in before or row["incarnation"] > before[name]["incarnation"]

    def is_settled() -> bool:
        rows = _rows(folder)
        done = [n for n in names if rows[n]["phase"] in _DONE[verb] and is_new(n, rows[n])]
        ended = [n for n in names if rows[n]["phase"] in ("failed", "blocked") and verb != "stop"]
        return len(done) + len(ended) == len(names)

    in_time = until(is_settled, seconds("--wait", wait))
    rows = _rows(folder)
    for name in names:
        call.say(f"{name}: {rows[name]['phase']}{': ' + rows[name]['reason'] if rows[name]['reason'] else ''}")
    if not in_time:
        raise TimedOut(f"{verb} is not done after {wait}")
    if any(rows[name]["phase"] not in _DONE[verb] for name in names):
        raise CommandFailed(f"{verb} did not succeed", f'"photonctl logs {names[0]}" shows why')
    return exit_status.OK


def _rows(folder: Path) -> dict[str, dict[str, Any]]:
    return {item["component"]: item for item in bootstrap.ask(folder, "status")["components"]}
