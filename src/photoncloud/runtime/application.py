"""The life of a process: start in order, serve, reload, drain, close in reverse.

    def build(resolved: Resolved) -> App:
        app = App(resolved, reload=load_again)
        store = app.own(Store(...), name="store")
        app.serve(S3Server(store, ...), name="s3")
        app.check("storage", store.probe, critical=True)
        return app

    sys.exit(program.main(build, resolved))

Order: ops listener → owned resources → servers bind → checks once → /readyz 200, READY=1, line `ready`. On SIGTERM:
readiness off → servers stop accepting → they drain within `photon.grace_timeout_sec` → servers, resources and at last
the ops listener close, in reverse. Tests run the same life with `async with app.running():`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final, TypeVar

from starlette.routing import Route

import photoncloud
from photoncloud.config import Resolved
from photoncloud.runtime import exit_status, health_checks, logging, ops_listener, task_dump
from photoncloud.runtime.announcement import Announcement
from photoncloud.runtime.capability import CapabilityWatch, fallback_policy
from photoncloud.runtime.clock import Clock, SystemClock
from photoncloud.runtime.degradation import Ledger
from photoncloud.runtime.failure import report, status_of
from photoncloud.runtime.health import Health, Identity, Phase
from photoncloud.runtime.health_checks import DEFAULT_TIMEOUT_SEC, Check, Probe
from photoncloud.runtime.limits import CHECK_INTERVAL_SEC, CLOSE_STEP_SEC, START_STEP_SEC
from photoncloud.runtime.loop_lag import WATCHDOG_LAG_SEC, LoopLag
from photoncloud.runtime.metrics import ProcessMetrics, Registry
from photoncloud.runtime.notify_socket import NotifySocket
from photoncloud.runtime.ops_http import Ops
from photoncloud.runtime.reload_control import ReloadControl
from photoncloud.runtime.reloading import Commit, Prepare, Reloading
from photoncloud.runtime.resource import Resource, Resources
from photoncloud.runtime.server import Server
from photoncloud.runtime.serving import Serving
from photoncloud.runtime.signals import Signals
from photoncloud.runtime.tasks import Tasks, own_tasks_here, spawn
from photoncloud.runtime.tls import FollowingContext

log = logging.get_logger(__name__)

T = TypeVar("T")
ServerT = TypeVar("ServerT", bound=Server)
LoopFactory = Callable[[], asyncio.AbstractEventLoop]

SYSTEM_CLOCK: Final = SystemClock()
TLS_NOTE: Final = "tls"
"""The check that shows certificate files that do not fit."""


class App:
    """One process. Build it, hand it what it owns, then `run` it once.

    resolved        the configuration it begins with; `app.resolved` is the newest good one
    reload          loads the configuration again for SIGHUP and POST /reload; None: reload is refused
    ops_listener    False: the component mounts `app.ops_routes()` on its own admin HTTP listener
    environ         where NOTIFY_SOCKET and WATCHDOG_USEC are looked up
    """

    def __init__(
        self,
        resolved: Resolved,
        *,
        clock: Clock = SYSTEM_CLOCK,
        reload: Callable[[], Resolved] | None = None,
        ops_listener: bool = True,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.clock = clock
        self.health = Health(Identity.of(resolved, photoncloud.__version__))
        self.metrics = Registry(resolved.component)
        self.process_metrics = ProcessMetrics(self.metrics, resolved.component, photoncloud.__version__)
        self.ledger = Ledger(clock, resolved.photon.ops.degradation_entries_max)
        self.tasks = Tasks(self._critical_task_failed)
        self._born_ns = clock.monotonic_ns()
        self._notify = NotifySocket.from_environment(environ)
        self._lag = LoopLag(clock, self.process_metrics.loop_lag.observe)
        self._reloading = Reloading(resolved, reload)
        self._reload = ReloadControl(self._reloading, self.health, self.process_metrics, self._notify, clock)
        self._resources = Resources()
        self._servers = Serving()
        self._ops_servers = Serving()
        self._checks: list[Check] = []
        self._with_ops_listener = ops_listener
        self._background: list[tuple[str, Callable[[], Coroutine[Any, Any, None]]]] = []
        self._ops = Ops(self.health, self.metrics, self._lag, self.ledger, lambda: self.resolved, self._reload.run)
        self._stop_asked = asyncio.Event()
        self._status = exit_status.OK
        Announcement(self.health, self.ledger, self.process_metrics, self._notify)
        self._describe_process()

    def _describe_process(self) -> None:
        resolved = self.resolved
        self.health.public_detail = resolved.photon.ops.public_detail
        self.process_metrics.mode_info.labels(resolved.mode, resolved.stage, resolved.mode_reason).set(1)
        self.metrics.computed("tasks", "Background tasks by name.", ("name",), self.tasks.label_counts, prefix="photon")
        self.metrics.computed(
            "capability_fallback_seconds",
            "Time spent without the integrated backend.",
            ("capability",),
            self.ledger.degraded_seconds,
            prefix="photon",
            counter=True,
        )

    @property
    def resolved(self) -> Resolved:
        """The newest good configuration."""
        return self._reloading.resolved

    def own(
        self,
        resource: T,
        *,
        name: str = "",
        start_timeout_sec: float = START_STEP_SEC.value,
        close_timeout_sec: float = CLOSE_STEP_SEC.value,
    ) -> T:
        """Start `resource` in its turn and close it in reverse; returned unchanged.

        An async or sync context manager, or an object with `close` (and `start` if it needs one), sync or async.
        May be called while the App starts (by a resource that opens others): those are started after it.
        """
        self._resources.add(Resource(name or type(resource).__name__, resource, start_timeout_sec, close_timeout_sec))
        return resource

    def serve(self, server: ServerT, *, name: str = "") -> ServerT:
        """Bind `server` after all resources stand; drain and close it before any of them closes."""
        self._servers.add(name or type(server).__name__, server)
        return server

    def check(
        self,
        name: str,
        probe: Probe,
        *,
        critical: bool = False,
        interval_sec: float = CHECK_INTERVAL_SEC.value,
        timeout_sec: float = DEFAULT_TIMEOUT_SEC,
    ) -> None:
        """Show `probe` under `checks.<name>` of /health. It returns "ok" or a reason; a failed critical one is 503."""
        self._checks.append(Check(name, probe, critical, interval_sec, timeout_sec))
        self.health.register(name, critical=critical)

    def watch_capability(self, capability: str, probe: Callable[[], Awaitable[object]]) -> CapabilityWatch:
        """Follow an integrated capability (`resolved.backends` says which backend) through loss and return.

        Its state is a check of its own name, a metric, and an entry of GET /degradation. `probe` raises while the
        service does not answer; the adapter tells the watch what its calls meet.
        """
        watch = CapabilityWatch(
            capability,
            self.resolved.backends[capability],
            probe,
            ledger=self.ledger,
            clock=self.clock,
            policy=lambda: fallback_policy(self.resolved),
        )
        self._background.append((f"watch_{capability}", watch.run))
        self.health.capability(capability, watch.state.state, "")
        return watch

    def on_reload(self, prepare: Prepare) -> None:
        """Take part in reloads. `prepare(resolved)` (sync or async) gets the configuration that will hold, in which
        only reloadable leaves differ; it raises PhotonError to refuse, else returns the switch-over or None.
        All switch-overs run together between two loop iterations and must not raise.
        """
        self._reloading.join(prepare)

    def follow_tls(self, context: FollowingContext) -> None:
        """Re-read the files of `context` every `photon.tls.reload_interval_sec`; trouble shows as check `tls`."""
        self._background.append(("tls_follow", lambda: self._follow(context)))

    def ops_routes(self) -> list[Route]:
        """The operations endpoints for the component's own admin HTTP listener."""
        return self._ops.routes()

    @property
    def addresses(self) -> dict[str, str]:
        """Listener name -> bound address, the ops listener included; complete once started."""
        return {**self._ops_servers.addresses, **self._servers.addresses}

    def stop(self, status: int = exit_status.OK, reason: str = "") -> None:
        """Drain and end with `status`; the first call decides. For owners whose failure is final (a store's disk).

        From the loop's thread only: other threads say `loop.call_soon_threadsafe(app.stop, status, reason)`.
        """
        if not self._stop_asked.is_set():
            self._status = status
            (log.error if status else log.info)("stopping", reason=reason, exit_status=status)
            self._stop_asked.set()

    def run(self, loop_factory: LoopFactory | None = None) -> int:
        """The whole life, until a signal or `stop`; returns the exit status. `loop_factory`: uvloop's, for example."""
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            return runner.run(self._live())

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[App]:
        """Started within the block and shut down after it; no signal handlers, no exit status."""
        own_tasks_here(self.tasks)
        try:
            await self._start()
            yield self
        finally:
            await self._shut_down()

    async def _live(self) -> int:
        own_tasks_here(self.tasks)
        with Signals(stop=lambda name: self.stop(reason=name), reload=self._reload.by_signal, dump=task_dump.dump):
            try:
                await self._start_and_wait()
            except Exception as error:
                self._status = report(self.resolved.component, error)
            not_closed = await self._shut_down()
        if not_closed and self._status == exit_status.OK:
            self._status = exit_status.FAILED
        log.info("stopped", exit_status=self._status)
        return self._status

    async def _start_and_wait(self) -> None:
        """Raises what the start raises; a stop during the start cancels it."""
        start = asyncio.create_task(self._start(), name="start")
        stop = asyncio.create_task(self._stop_asked.wait(), name="stop")
        try:
            await asyncio.wait({start, stop}, return_when=asyncio.FIRST_COMPLETED)
            start.cancel()  # nothing when it is done
            await asyncio.wait({start})
            if not start.cancelled():
                start.result()
                await stop
        finally:
            stop.cancel()

    async def _start(self) -> None:
        spawn(self._lag.run(), name="loop_lag")
        self._add_ops_servers()
        await self._ops_servers.start()
        await self._resources.start()
        await self._servers.start()
        for name, work in self._background:
            spawn(work(), name=name)
        await self._start_checks()
        await self._reload.show_loaded()
        self._become_ready()

    def _add_ops_servers(self) -> None:
        photon = self.resolved.photon
        tls = ops_listener.server_tls(photon)
        if tls is not None:
            self.follow_tls(tls)
            self.on_reload(lambda wanted: tls.prepare(ops_listener.server_files(wanted.photon)))
        self.on_reload(self._prepare_process)
        durations = self.process_metrics.request_duration
        for server in ops_listener.servers(self._ops, photon, tls, durations, with_ops=self._with_ops_listener):
            self._ops_servers.add(server.name, server)

    async def _start_checks(self) -> None:
        await asyncio.gather(*(health_checks.run_once(check, self.health) for check in self._checks))
        for check in self._checks:
            spawn(health_checks.run_forever(check, self.health, self.clock), name="health_check")

    def _become_ready(self) -> None:
        self.health.enter(Phase.READY)
        self._notify.ready()
        if self._notify.watchdog_interval_sec:
            spawn(self._feed_watchdog(), name="watchdog")
        milliseconds = (self.clock.monotonic_ns() - self._born_ns) // 1_000_000
        log.info("ready", duration_ms=milliseconds, status=self.health.status, listeners=self.addresses)

    async def _shut_down(self) -> list[str]:
        """Drain and close everything that was started; returns the names of what did not close well."""
        if self.health.phase is Phase.READY:
            self.health.enter(Phase.DRAINING)
        self._notify.stopping()
        failed = await self._servers.stop(self.resolved.photon.grace_timeout_sec)
        failed += await self._resources.close()
        failed += await self._ops_servers.stop(0)
        for name in await self.tasks.cancel_all():
            log.error("task_not_cancelled", task=name)
            failed.append(name)
        return failed

    def _critical_task_failed(self, name: str, error: BaseException) -> None:
        status = status_of(error)
        self.stop(exit_status.FAILED if status == exit_status.INTERNAL else status, f"task {name} failed")

    def _prepare_process(self, wanted: Resolved) -> Commit:
        """The App's own part of a reload."""

        def commit() -> None:
            self.health.public_detail = wanted.photon.ops.public_detail
            self.ledger.keep(wanted.photon.ops.degradation_entries_max)

        return commit

    async def _follow(self, context: FollowingContext) -> None:
        def show(problem: str) -> None:
            if problem:
                self.health.note(TLS_NOTE, problem)
            else:
                self.health.clear(TLS_NOTE)

        await context.follow(lambda: self.resolved.photon.tls.reload_interval_sec, self.clock, show)

    async def _feed_watchdog(self) -> None:
        while True:
            if self._lag.current_sec < WATCHDOG_LAG_SEC:
                self._notify.watchdog()
            await self.clock.sleep(self._notify.watchdog_interval_sec)
