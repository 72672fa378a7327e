"""End what an earlier supervisor left, and prove that nothing of ours remains."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

from photoncloud.deploy.adapters import cgroup, kernel_resources, port_probe, run_lock
from photoncloud.deploy.adapters.control_socket import ControlClient
from photoncloud.deploy.adapters.pidfd import session_members
from photoncloud.deploy.adapters.process_table import command, is_alive
from photoncloud.deploy.adapters.state_file import ComponentRecord, StateFile, StateRecord, is_marked
from photoncloud.deploy.core.resource_list import Resource, listed
from photoncloud.deploy.core.run_plan import RunPlan
from photoncloud.deploy.errors import DataDirectoryUnusable, SupervisorUnreachable

# Between SIGTERM and SIGKILL for a process whose supervisor is dead.
LEFTOVER_GRACE_SEC = 5.0
# Beyond the longest stop timeout: closing files, removing groups.
SHUTDOWN_MARGIN_SEC = 15.0
POLL_SEC = 0.05


def take_down(data_dir: Path, grace_sec: float | None = None) -> tuple[Resource, ...]:
    """Stop everything of this data directory; what is left over, which is nothing unless something is wrong.

    Raises SupervisorUnreachable when a supervisor holds the lock and does not end.
    """
    files = StateFile(data_dir)
    plan = files.read_plan()
    if run_lock.is_held(data_dir):
        _ask_to_end(data_dir, plan, grace_sec)
    end_leftovers(files.read())
    rest = proof(data_dir, plan, files.read())
    rest = tuple(resource for resource in rest if not kernel_resources.remove(resource))
    if not rest:
        files.remove()
    return rest


def end_leftovers(record: StateRecord | None) -> list[str]:
    """End components whose supervisor is gone; their names. A pid counts only with its start time and command."""
    if record is None:
        return []
    living = {name: item for name, item in record.components.items() if _is_ours(item)}
    sessions = [item.process.pid for item in living.values() if item.process is not None]
    for pid in sessions:
        _signal(pid, signal.SIGTERM)
    _wait(lambda: any(_is_ours(item) for item in living.values()), LEFTOVER_GRACE_SEC)
    for item in living.values():
        if _is_ours(item) and item.process is not None:
            for member in session_members(item.process.pid):
                _signal(member, signal.SIGKILL)
    _wait(lambda: any(_is_ours(item) for item in living.values()), LEFTOVER_GRACE_SEC)
    return sorted(living)


def proof(data_dir: Path, plan: RunPlan | None, record: StateRecord | None) -> tuple[Resource, ...]:
    """Everything of ours that is still there: processes, sockets, files, groups, kernel objects."""
    known = [item.process for item in record.components.values() if item.process] if record else []
    processes = [f"{process.pid} {command(process.pid)}" for process in known if is_alive(process)]
    # A port that somebody else took meanwhile is theirs: only holders of our sessions count.
    ours = {pid for process in known for pid in session_members(process.pid)}
    taken = port_probe.taken(plan.programs) if plan and ours else []
    sockets = [str(item) for item in taken if item.holder and item.holder.pid in ours]
    run = data_dir / "run"
    found = {
        "process": processes,
        "socket": sockets,
        "file": [str(path) for path in run.glob("*.sock")],
        "cgroup": _groups(data_dir),
    }
    return (*listed(found), *kernel_resources.ours())


def remove_data(data_dir: Path) -> None:
    """Remove the whole data directory. Refused when running, or when `photonctl up` did not make it."""
    if run_lock.is_held(data_dir):
        raise DataDirectoryUnusable(f"{data_dir} is in use")
    if not is_marked(data_dir):
        raise DataDirectoryUnusable(f"{data_dir} was not made by photonctl up; it is not removed")
    shutil.rmtree(data_dir)


def _groups(data_dir: Path) -> list[str]:
    groups = cgroup.groups(data_dir)
    groups.close()
    return groups.leftovers()


def _ask_to_end(data_dir: Path, plan: RunPlan | None, grace_sec: float | None) -> None:
    try:
        ControlClient(data_dir / "run").ask("shutdown", grace_sec=grace_sec)
    except (OSError, ValueError) as error:
        message = f"the supervisor of {data_dir} does not answer: {error}"
        raise SupervisorUnreachable(message, "end it by its pid in run/state.json, then try again") from error
    longest = sum(program.stop_timeout_sec for program in plan.programs) if plan else 0
    limit = (grace_sec if grace_sec is not None else longest) + SHUTDOWN_MARGIN_SEC
    if not _wait(lambda: run_lock.is_held(data_dir), limit):
        raise SupervisorUnreachable(f"the supervisor of {data_dir} did not end within {limit:g} s")


def _is_ours(item: ComponentRecord) -> bool:
    if item.process is None or not is_alive(item.process):
        return False
    shown = command(item.process.pid)
    program = item.command.split(" ", 1)[0].rpartition("/")[2]
    return program in shown or "launcher.py" in shown


def _signal(pid: int, number: signal.Signals) -> None:
    """To the process the pid means now: opened first, so that it cannot become another between."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        descriptor = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)


def _wait(is_still: Callable[[], bool], limit_sec: float) -> bool:
    """Whether it was over in time."""
    deadline = time.monotonic() + limit_sec
    while is_still():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SEC)
    return True
