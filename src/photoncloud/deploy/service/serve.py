"""The life of a supervisor process: lock, leftovers, control socket, signals, run, clean up."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from photoncloud.deploy.adapters import cgroup
from photoncloud.deploy.adapters.control_socket import ControlServer
from photoncloud.deploy.adapters.event_log import EventLog
from photoncloud.deploy.adapters.log_files import Screen, silent
from photoncloud.deploy.adapters.run_lock import RunLock
from photoncloud.deploy.adapters.state_file import StateFile
from photoncloud.deploy.adapters.subreaper import NoOrphans, Orphans
from photoncloud.deploy.core.run_plan import RunPlan
from photoncloud.deploy.service.control import Control
from photoncloud.deploy.service.supervisor import Supervisor, Surroundings
from photoncloud.deploy.service.takedown import end_leftovers


def run(plan: RunPlan, lock: RunLock, screen: Screen = silent) -> None:
    """Supervise until SIGTERM, SIGINT or `shutdown`; blocks. Call from the main thread of a process of its own."""
    try:
        asyncio.run(serve(plan, screen, Orphans()))
    finally:
        lock.close()


async def serve(plan: RunPlan, screen: Screen, orphans: NoOrphans) -> None:
    """The same inside a running loop; the caller holds the lock."""
    data_dir = Path(plan.data_dir)
    state_file = StateFile(data_dir)
    events = EventLog(data_dir, screen)
    if ended := end_leftovers(state_file.read()):
        events.write("leftovers_ended", components=ended)
    groups = await asyncio.to_thread(cgroup.groups, data_dir)
    supervisor = Supervisor(plan, Surroundings(state_file, groups, orphans, screen, events))
    control = ControlServer(data_dir / "run", Control(supervisor, state_file).answer)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, supervisor.end)
    try:
        await control.start()
        supervisor.start()
        await supervisor.finished()
    finally:
        await control.close()
        supervisor.close()
        state_file.remove()
        events.close()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
