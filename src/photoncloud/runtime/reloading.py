"""Reload: load everything again, then change all or nothing (config.md §4.14).

1. run the whole load again; any problem refuses the reload
2. plan: which leaves change, which need a restart and keep their value
3. every participant prepares; any refusal refuses the reload and nothing has changed
4. all commits run between two iterations of the loop
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from photoncloud.config import ConfigurationError, Resolved
from photoncloud.config.reload import ReloadPlan, plan
from photoncloud.runtime.errors import PhotonError, describe
from photoncloud.runtime.files import make_directory, replace_atomically
from photoncloud.runtime.logging import get_logger

log = get_logger(__name__)

Commit = Callable[[], None]
Prepare = Callable[[Resolved], Commit | Awaitable[Commit | None] | None]
"""Gets what will hold; raises PhotonError or OSError to refuse; returns the switch-over, which must not raise."""

LAST_GOOD = Path("config") / "last-good.json"


class Refused(Exception):
    """The reload is refused; `problems` says why, one line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Reloading:
    """The configuration a process holds, and how it becomes another one."""

    def __init__(self, resolved: Resolved, load: Callable[[], Resolved] | None) -> None:
        self.resolved = resolved
        self._load = load
        self._participants: list[Prepare] = []

    def join(self, prepare: Prepare) -> None:
        self._participants.append(prepare)

    async def run(self) -> dict[str, Any]:
        """One reload, not beside another one: `{result: applied, changed, restart_required}` or `{result: refused,
        problems}`.
        """
        try:
            return await self._reload()
        except Refused as refusal:
            log.error("config_reload_refused", problems=refusal.problems)
            return {"result": "refused", "problems": refusal.problems}

    async def _reload(self) -> dict[str, Any]:
        found = await self._planned()
        commits = [await self._prepared(prepare, found.effective) for prepare in self._participants]
        for commit in commits:
            if commit is not None:
                commit()
        self.resolved = found.effective
        changed, restart_required = list(found.changed), list(found.restart_required)
        log.info("config_reloaded", changed=changed, hash=self.resolved.hash)
        if restart_required:
            log.warning("config_restart_required", keys=restart_required)
        return {"result": "applied", "changed": changed, "restart_required": restart_required}

    async def _planned(self) -> ReloadPlan:
        load, running = self._load, self.resolved
        if load is None:
            raise Refused(["this process was started without a way to load its configuration again"])
        try:
            return await asyncio.to_thread(lambda: plan(running, load()))
        except ConfigurationError as error:
            raise Refused([problem.render() for problem in error.problems]) from error

    async def _prepared(self, prepare: Prepare, wanted: Resolved) -> Commit | None:
        try:
            result = prepare(wanted)
            return await result if inspect.isawaitable(result) else result
        except PhotonError as error:
            raise Refused([str(error)]) from error
        except OSError as error:
            raise Refused([describe(error)]) from error


def remember(resolved: Resolved) -> None:
    """Write the leaves without secrets to `<state_dir>/config/last-good.json`, when the state directory exists.

    Failing to is worth a line, not the process: the file is for the next start of the central layer. Blocks on fsync.
    """
    state_dir = Path(resolved.photon.state_dir)
    if not resolved.photon.state_dir or not state_dir.is_dir():
        return
    target = state_dir / LAST_GOOD
    try:
        make_directory(target.parent)
        replace_atomically(target, json.dumps(resolved.document(), indent=2, sort_keys=True).encode() + b"\n")
    except OSError as error:
        log.warning("last_good_not_written", path=str(target), reason=describe(error))
