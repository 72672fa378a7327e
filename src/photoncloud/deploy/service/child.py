"""One running process of a component: its notify socket, its output, its health."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

from photoncloud.deploy.adapters import health_client
from photoncloud.deploy.adapters.cgroup import NoGroups
from photoncloud.deploy.adapters.log_files import OutputReader, RotatingFile, Screen
from photoncloud.deploy.adapters.notify_listener import NotifyListener
from photoncloud.deploy.adapters.process_table import Identity, identity
from photoncloud.deploy.adapters.spawn import spawn
from photoncloud.deploy.core.process_event import Ended, Event, Health, Ready, Watchdog
from photoncloud.deploy.core.process_state import WATCHDOG_NS
from photoncloud.deploy.core.restart_policy import Exit
from photoncloud.deploy.core.run_plan import Program

# Right after the start answers matter to those who wait; later they only confirm.
FIRST_INTERVAL_SEC = 0.05
STARTING_INTERVAL_MAX_SEC = 1.0
SICK_INTERVAL_SEC = 1.0
HEALTHY_INTERVAL_SEC = 5.0
SIGNALS = {"terminate": signal.SIGTERM, "abort": signal.SIGABRT, "hangup": signal.SIGHUP}


class Child:
    """Owns everything about one incarnation; tells what it sees through `report`."""

    def __init__(
        self,
        program: Program,
        incarnation: int,
        *,
        run_dir: Path,
        groups: NoGroups,
        log: RotatingFile,
        screen: Screen,
        report: Callable[[Event], None],
        jitter: Callable[[], float],
    ) -> None:
        """Starts the process. Raises OSError when it cannot be started; nothing is left then."""
        self.program = program
        self.incarnation = incarnation
        self.status_text = ""
        self._report = report
        self._jitter = jitter
        self._groups = groups
        self._is_ready = asyncio.Event()
        self._notify = NotifyListener(run_dir, program.name)
        try:
            group = groups.prepare(program.name, program.resources)
            spawned = spawn(program, self._notify.address, WATCHDOG_NS // 1000, group)
        except BaseException:
            self._notify.close()
            raise
        self._process = spawned.child
        self.identity: Identity | None = identity(self.pid)
        self._output = OutputReader(program.name, spawned.output, log, screen)
        self._notify.listen(lambda: self.pid, self._heard)
        self._process.watch(self._ended)
        self._observer = asyncio.get_running_loop().create_task(self._observe(), name="component_health")

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, kind: str) -> None:
        self._process.send(SIGNALS[kind])

    def kill(self) -> None:
        """Everything the component started: its control group, else its session."""
        if not self._groups.kill(self.program.name):
            self._process.kill_session()

    def _heard(self, fields: dict[str, str]) -> None:
        name = self.program.name
        if fields.get("READY") == "1":
            self._is_ready.set()
            self._report(Ready(name, self.incarnation))
        if fields.get("WATCHDOG") == "1":
            self._report(Watchdog(name, self.incarnation))
        self.status_text = fields.get("STATUS", self.status_text)

    async def _observe(self) -> None:
        program = self.program
        if program.readiness == "notify":
            await self._is_ready.wait()
        elif program.readiness == "tcp":
            await self._until_accepting()
            self._report(Ready(program.name, self.incarnation))
        if program.health_address:
            await self._watch_health()

    async def _until_accepting(self) -> None:
        interval = FIRST_INTERVAL_SEC
        while not await health_client.accepts(self.program.tcp_address):
            await asyncio.sleep(interval)
            interval = min(interval * 2, STARTING_INTERVAL_MAX_SEC)

    async def _watch_health(self) -> None:
        interval = FIRST_INTERVAL_SEC
        was_good = False
        while True:
            answer = await health_client.ask(self.program.health_address)
            self._report(Health(self.program.name, self.incarnation, answer.is_good, answer.reason))
            was_good = was_good or answer.is_good
            if answer.is_good:
                interval = HEALTHY_INTERVAL_SEC
            else:
                interval = SICK_INTERVAL_SEC if was_good else min(interval * 2, STARTING_INTERVAL_MAX_SEC)
            await asyncio.sleep(interval)

    def _ended(self, end: Exit) -> None:
        self._observer.cancel()
        self._notify.close()
        self._output.close()
        self._groups.kill(self.program.name)
        self._groups.remove(self.program.name)
        self._report(Ended(self.program.name, self.incarnation, end, self._jitter()))
