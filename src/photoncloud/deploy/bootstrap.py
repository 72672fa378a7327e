"""The package's front door: what `photonctl up`, `down`, `ps`, `logs` and `deploy` call.

request -> prepare(...) -> Prepared (plan on disk, secrets made, ports free) -> run_here | start_detached | apply
"""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photoncloud import __version__
from photoncloud.deploy.adapters import host_features, port_probe, run_lock, server_command
from photoncloud.deploy.adapters.control_socket import ControlClient
from photoncloud.deploy.adapters.log_files import Screen
from photoncloud.deploy.adapters.run_lock import RunLock
from photoncloud.deploy.adapters.spawn import PASSED_ON, executable
from photoncloud.deploy.adapters.state_file import StateFile
from photoncloud.deploy.core.run_plan import Program, RunPlan
from photoncloud.deploy.errors import DeployError, PortTaken, SupervisorUnreachable
from photoncloud.deploy.service.preparation import demand_directory, prepare_data_dir
from photoncloud.deploy.service.resolve import Host, Request, Resolution, resolve
from photoncloud.deploy.service.serve import run
from photoncloud.deploy.service.takedown import end_leftovers

# A detached supervisor answers as soon as its loop runs; imports are the time.
DETACH_TIMEOUT_SEC = 20.0
POLL_SEC = 0.05


@dataclass(frozen=True, slots=True)
class Prepared:
    """`is_running`: a supervisor has this data directory already, so the plan is a change to apply."""

    resolution: Resolution
    data_dir: Path
    is_running: bool
    secrets_made: tuple[str, ...]

    @property
    def plan(self) -> RunPlan:
        return self.resolution.plan


def default_data_dir(environ: Mapping[str, str]) -> Path:
    home = environ.get("XDG_DATA_HOME") or os.path.join(environ.get("HOME", "/"), ".local", "share")
    return Path(home) / "photoncloud"


def this_host() -> Host:
    return Host(host_features.available(), port_probe.may_bind_low(), _has_program)


def prepare(request: Request, data_dir: Path, *, reset: bool = False) -> Prepared:
    """Decide, check every port, make folders and secrets. Raises DeployError; nothing was started then.

    `reset` forgets the ports of earlier runs.
    """
    data_dir = data_dir.absolute()
    demand_directory(data_dir)
    files = StateFile(data_dir)
    is_running = run_lock.is_held(data_dir)
    old = files.read_plan()
    keep = old.ports if old is not None and not reset else None
    resolution = resolve(request, this_host(), data_dir, __version__, keep)
    if not is_running:
        end_leftovers(files.read())
    _demand_ports(resolution.plan, old if is_running else None)
    prepare_data_dir(data_dir)
    wanted = {name for program in resolution.plan.programs for name in program.secrets}
    # Imported here: only `up` makes certificates, and cryptography is not part of the base install.
    from photoncloud.deploy.service.secret_store import SecretStore

    made = SecretStore(data_dir).prepare(resolution.topology.names, wanted, datetime.datetime.now(datetime.UTC))
    return Prepared(resolution, data_dir, is_running, tuple(made))


def run_here(prepared: Prepared, screen: Screen) -> None:
    """Supervise in this process until Ctrl-C, SIGTERM or `photonctl down`. Raises SupervisorRunning."""
    lock = RunLock(prepared.data_dir)
    StateFile(prepared.data_dir).write_plan(prepared.plan)
    run(prepared.plan, lock, screen)


def start_detached(prepared: Prepared) -> int:
    """Start a supervisor of its own session; its pid, once it answers. Raises SupervisorUnreachable."""
    StateFile(prepared.data_dir).write_plan(prepared.plan)
    output = prepared.data_dir / "log" / "supervisor.out"
    with output.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "photoncloud.deploy", "--data-dir", str(prepared.data_dir)],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            cwd="/",
        )
    deadline = time.monotonic() + DETACH_TIMEOUT_SEC
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if status(prepared.data_dir) is not None:
            process.returncode = 0  # it outlives us on purpose: no warning about that
            return process.pid
        time.sleep(POLL_SEC)
    raise SupervisorUnreachable("the supervisor did not start", f"see {output}")


def apply(prepared: Prepared) -> dict[str, Any]:
    """Hand a running supervisor the new plan; the difference it applied."""
    files = StateFile(prepared.data_dir)
    before = files.read_plan()
    files.write_plan(prepared.plan)
    environ = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    changed = [p for p in prepared.plan.programs if before is not None and _config_differs(before, p)]
    reloadable = {program.name: server_command.reloadable_leaves(program.name, environ) for program in changed}
    return ask(prepared.data_dir, "reload", reloadable=reloadable)


def ask(data_dir: Path, command: str, **arguments: Any) -> dict[str, Any]:
    """One request to the running supervisor. Raises SupervisorUnreachable, DeployError with its refusal."""
    try:
        answer = ControlClient(data_dir / "run").ask(command, **arguments)
    except (OSError, ValueError) as error:
        message = f"nothing runs in {data_dir}"
        raise SupervisorUnreachable(message, 'start it with "photonctl up"') from error
    if not answer.get("ok"):
        raise DeployError(str(answer.get("error", "refused")))
    return answer


def status(data_dir: Path) -> dict[str, Any] | None:
    """The supervisor's view, None when none runs."""
    try:
        return ask(data_dir, "status")
    except SupervisorUnreachable:
        return None


def _config_differs(before: RunPlan, program: Program) -> bool:
    known = before.program(program.name)
    return known is not None and known.config != program.config


def _demand_ports(plan: RunPlan, running: RunPlan | None) -> None:
    """Every listener must be free, except those the running supervisor's components hold already."""
    held = {(i.address, i.transport) for p in running.programs for i in p.listeners} if running else set()
    found = [t for t in port_probe.taken(plan.programs) if (t.listener.address, t.listener.transport) not in held]
    if found:
        raise PortTaken("\n".join(str(taken) for taken in found), "nothing was started")


def _has_program(name: str) -> bool:
    try:
        executable(name)
    except FileNotFoundError:
        return False
    return True
