"""Requests on the control socket, answered by the supervisor: status, start, stop, restart, logs, reload, shutdown."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from typing import Any

from photoncloud.deploy.adapters.control_socket import Answer
from photoncloud.deploy.adapters.state_file import StateFile
from photoncloud.deploy.errors import DeployError
from photoncloud.deploy.service.supervisor import Supervisor


class Control:
    def __init__(self, supervisor: Supervisor, state_file: StateFile) -> None:
        self._supervisor = supervisor
        self._state_file = state_file

    async def answer(self, request: Answer) -> AsyncIterator[Answer]:
        """One answer; a request that cannot be done is answered, never raised."""
        try:
            yield {"ok": True, **self._do(request)}
        except KeyError as error:
            yield {"ok": False, "error": f"there is no component {error.args[0]!r}"}
        except (DeployError, ValueError, TypeError, OSError) as error:
            yield {"ok": False, "error": str(error)}

    def _do(self, request: Answer) -> dict[str, Any]:
        command = request.get("command")
        if command == "status":
            return self._status()
        if command in ("start", "stop", "restart"):
            self._supervisor.act(command, _names(request.get("components")))
            return {}
        if command == "logs":
            return {"files": {program.name: program.log_path for program in self._supervisor.plan.programs}}
        if command == "reload":
            return self._reload(request)
        if command == "shutdown":
            grace = request.get("grace_sec")
            self._supervisor.end(None if grace is None else float(grace))
            return {}
        raise ValueError(f"unknown command {command!r}")

    def _status(self) -> dict[str, Any]:
        plan = self._supervisor.plan
        return {
            "level": plan.level,
            "version": plan.version,
            "data_dir": plan.data_dir,
            "pid": os.getpid(),
            "components": self._supervisor.status(),
        }

    def _reload(self, request: Answer) -> dict[str, Any]:
        plan = self._state_file.read_plan()
        if plan is None:
            raise ValueError("there is no plan to reload")
        reloadable = request.get("reloadable") or {}
        found = self._supervisor.reconfigure(plan, {str(name): _names(leaves) for name, leaves in reloadable.items()})
        return {
            "added": found.added,
            "removed": found.removed,
            "restarted": found.restart,
            "reloaded": found.reload,
            "unchanged": found.unchanged,
            "reasons": dict(found.reasons),
        }


def _names(value: Any) -> Sequence[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("expected a list of names")
    return value
