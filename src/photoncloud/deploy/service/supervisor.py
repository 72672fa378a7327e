"""The local supervisor: events in, `process_state.step`, commands out.

Everything decides in `core/process_state.py`; here the commands are carried out and what is done is written down
before (intent) and after (pid). One event loop, main thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photoncloud.deploy.adapters.cgroup import NoGroups
from photoncloud.deploy.adapters.event_log import EventLog
from photoncloud.deploy.adapters.log_files import RotatingFile, Screen, last_lines
from photoncloud.deploy.adapters.process_table import Identity, identity
from photoncloud.deploy.adapters.state_file import ComponentRecord, StateFile, StateRecord
from photoncloud.deploy.adapters.subreaper import NoOrphans
from photoncloud.deploy.core.difference import Difference, difference
from photoncloud.deploy.core.process_event import (
    Command,
    Ended,
    Event,
    Force,
    Kill,
    Reconfigure,
    Restart,
    Signal,
    Spawn,
    Start,
    Stop,
    Tick,
)
from photoncloud.deploy.core.process_state import Phase, Process, System, next_deadline_ns, step, system
from photoncloud.deploy.core.restart_policy import SECOND_NS, Exit
from photoncloud.deploy.core.run_plan import RunPlan, fingerprint
from photoncloud.deploy.service.child import Child
from photoncloud.deploy.service.preparation import prepare_programs

# Shown when a component is given up, so that the reason is found without opening a file.
LAST_LINES = 20
# Ended grandchildren are collected at least this often.
REAP_INTERVAL_SEC = 5.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a supervisor works with; tests hand in their own."""

    state_file: StateFile
    groups: NoGroups
    orphans: NoOrphans
    screen: Screen
    events: EventLog


class Supervisor:
    """Runs one plan until everything is stopped. `start`, then `finished`; `close` cleans up in any case."""

    def __init__(self, plan: RunPlan, surroundings: Surroundings) -> None:
        self.plan = plan
        self._around = surroundings
        self._system: System = system(program.spec() for program in plan.programs)
        self._children: dict[str, Child] = {}
        self._logs: dict[str, RotatingFile] = {}
        self._queue: deque[Event] = deque()
        self._is_stepping = False
        self._timer: asyncio.TimerHandle | None = None
        self._grace: asyncio.TimerHandle | None = None
        self._reaper: asyncio.TimerHandle | None = None
        self._is_ending = False
        self._finished = asyncio.Event()
        self._own = identity(os.getpid()) or Identity(os.getpid(), 0)
        self._random = random.Random()

    @property
    def processes(self) -> Mapping[str, Process]:
        return self._system.processes

    def start(self) -> None:
        prepare_programs(self.plan.programs)
        self._around.events.write("supervisor_started", topology=self.plan.level, pid=os.getpid())
        self._write_state()
        self._reap()
        self.feed(Start(tuple(self._system.order)))

    def feed(self, happened: Event) -> None:
        """Take an event in. Events that arise while one is worked on wait for their turn."""
        self._queue.append(happened)
        if self._is_stepping:
            return
        self._is_stepping = True
        try:
            while self._queue:
                self._step(self._queue.popleft())
        finally:
            self._is_stepping = False
        self._arm()
        if self._is_ending and not self._children:
            self._finished.set()

    def end(self, grace_sec: float | None = None) -> None:
        """Stop everything in reverse order; `grace_sec` bounds the waiting, a second call kills at once."""
        if self._is_ending:
            self.feed(Force())
            return
        self._is_ending = True
        self._around.events.write("stopping", components=list(self._system.order))
        if grace_sec is not None:
            self._grace = asyncio.get_running_loop().call_later(grace_sec, self.feed, Force())
        self.feed(Stop(tuple(self._system.processes)))

    def act(self, verb: str, names: Sequence[str]) -> None:
        """`start`, `stop` or `restart` by name. Raises KeyError for a name the plan does not have."""
        for name in names:
            if name not in self._system.processes:
                raise KeyError(name)
        wanted = tuple(names)
        events: dict[str, Event] = {"start": Start(wanted), "stop": Stop(wanted), "restart": Restart(wanted)}
        self.feed(events[verb])

    def reconfigure(self, new: RunPlan, reloadable: Mapping[str, Sequence[str]]) -> Difference:
        """Go over to another plan, touching only what differs."""
        found = difference(self.plan, new, reloadable)
        prepare_programs(new.programs)
        self.plan = new
        self._around.events.write("reconfigured", **{k: list(getattr(found, k)) for k in _DIFFERENCE_KEYS})
        specs = tuple(program.spec() for program in new.programs)
        self.feed(Reconfigure(specs, restart=found.restart, hangup=found.reload))
        self._write_state()
        return found

    async def finished(self) -> None:
        """Returns when everything is stopped after `end`."""
        await self._finished.wait()

    def close(self) -> None:
        """Release what is left; every process still there is killed."""
        for handle in (self._timer, self._grace, self._reaper):
            if handle is not None:
                handle.cancel()
        for child in self._children.values():
            child.kill()
        self._around.orphans.kill({child.pid for child in self._children.values()})
        self._around.groups.close()
        for log in self._logs.values():
            log.close()
        self._around.events.write("supervisor_ended", lost_log_bytes=sum(log.lost_bytes for log in self._logs.values()))

    def status(self) -> list[dict[str, Any]]:
        """One row a component, in start order."""
        return [self._row(name) for name in self._system.order]

    def _row(self, name: str) -> dict[str, Any]:
        process = self._system.processes[name]
        child = self._children.get(name)
        program = self.plan.program(name)
        return {
            "component": name,
            "phase": str(process.phase),
            "wanted": process.wanted,
            "healthy": process.is_healthy,
            "pid": child.pid if child else None,
            "incarnation": process.incarnation,
            "restarts": process.restarts,
            "reason": process.reason,
            "health_address": program.health_address if program else "",
            "listeners": [f"{i.address}/{i.transport}" for i in program.listeners] if program else [],
            "log": program.log_path if program else "",
        }

    def _step(self, happened: Event) -> None:
        before = self._system.processes
        if isinstance(happened, Ended):
            child = self._children.get(happened.name)
            if child is not None and child.incarnation == happened.incarnation:
                del self._children[happened.name]
                self._write_state()
        self._system, commands = step(self._system, happened, time.monotonic_ns())
        self._note(before)
        for command in commands:
            self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        child = self._children.get(command.name)
        match command:
            case Spawn(name, incarnation):
                self._spawn(name, incarnation)
            case Signal(_, incarnation, kind) if child is not None and child.incarnation == incarnation:
                child.send(kind)
            case Kill(_, incarnation) if child is not None and child.incarnation == incarnation:
                child.kill()

    def _spawn(self, name: str, incarnation: int) -> None:
        program = self.plan.program(name)
        try:
            if program is None:
                raise FileNotFoundError(2, "the plan has no such component", name)
            self._write_state({name: ComponentRecord("starting", incarnation)})
            self._children[name] = Child(
                program,
                incarnation,
                run_dir=Path(self.plan.data_dir) / "run",
                groups=self._around.groups,
                log=self._log(program.log_path),
                screen=self._around.screen,
                report=self.feed,
                jitter=lambda: self._random.uniform(-1, 1),
            )
            self._write_state()
        except OSError as error:
            reason = " ".join(part for part in (error.strerror or str(error), str(error.filename or "")) if part)
            self._queue.append(Ended(name, incarnation, Exit(spawn_error=reason)))

    def _log(self, path: str) -> RotatingFile:
        if path not in self._logs:
            self._logs[path] = RotatingFile(Path(path))
        return self._logs[path]

    def _note(self, before: Mapping[str, Process]) -> None:
        """Tell transitions to the event log; a component that is given up takes its last lines along."""
        for name, process in self._system.processes.items():
            old = before.get(name)
            if old is not None and old.phase is process.phase and old.is_healthy == process.is_healthy:
                continue
            fields: dict[str, Any] = {"component": name, "phase": str(process.phase), "reason": process.reason}
            if process.phase is Phase.FAILED:
                program = self.plan.program(name)
                fields["last_lines"] = last_lines(Path(program.log_path), LAST_LINES) if program else []
            event = "ready" if process.phase is Phase.UP and (old is None or old.phase is not Phase.UP) else "component"
            self._around.events.write(event, **fields)

    def _write_state(self, changes: Mapping[str, ComponentRecord] | None = None) -> None:
        records = {
            name: ComponentRecord("running", child.incarnation, child.identity, " ".join(child.program.argv))
            for name, child in self._children.items()
        }
        record = StateRecord(self._own, self.plan.level, fingerprint(self.plan), {**records, **(changes or {})})
        try:
            self._around.state_file.write(record)
        except OSError as error:
            # Children die with us by the parent-death signal whether or not this is on disk.
            self._around.events.write("state_not_written", reason=str(error))

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = next_deadline_ns(self._system)
        if due is not None:
            delay = max(0.0, (due - time.monotonic_ns()) / SECOND_NS)
            self._timer = asyncio.get_running_loop().call_later(delay, self.feed, Tick())

    def _reap(self) -> None:
        with contextlib.suppress(OSError):
            self._around.orphans.reap({child.pid for child in self._children.values()})
        self._reaper = asyncio.get_running_loop().call_later(REAP_INTERVAL_SEC, self._reap)


_DIFFERENCE_KEYS = ("added", "removed", "restart", "reload", "unchanged")
