"""The supervisor's decisions: `step(system, event, now_ns) -> (system, commands)`, pure and total.

    stopped -> waiting -> starting -> up -> stopping -> stopped
                  ^ |         |        |        | late
                  | +blocked  +--------+        v
               backoff <--- ended, aborting   killing          failed: trying again cannot help

Kept at every step, and tested over random orders of events: never two processes of one component; no start before
its needs are met; when several are stopped, one that is needed goes after those that need it; delays within bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from photoncloud.deploy.core import process_event as event
from photoncloud.deploy.core.process_event import Command, Event, Kill, Signal, Spawn, Spec
from photoncloud.deploy.core.restart_policy import (
    FAILURES_WINDOW_NS,
    HEALTHY_RESETS_AFTER_NS,
    SECOND_NS,
    Exit,
    verdict,
)
from photoncloud.deploy.core.start_order import dependents, ordered

# SIGABRT makes the runtime write every stack; it gets this long before SIGKILL.
ABORT_TIMEOUT_NS = 5 * SECOND_NS
# A process that survives SIGKILL hangs in the kernel; it is told again, in case the group grew meanwhile.
KILL_AGAIN_NS = 5 * SECOND_NS
WATCHDOG_NS = 30 * SECOND_NS
SIGABRT = 6


class Phase(StrEnum):
    STOPPED = "stopped"
    WAITING = "waiting"
    BLOCKED = "blocked"
    BACKOFF = "backoff"
    STARTING = "starting"
    UP = "up"
    ABORTING = "aborting"
    STOPPING = "stopping"
    KILLING = "killing"
    FAILED = "failed"


LIVE = frozenset({Phase.STARTING, Phase.UP, Phase.ABORTING, Phase.STOPPING, Phase.KILLING})
_RUNNING = frozenset({Phase.STARTING, Phase.UP})
_PENDING = frozenset({Phase.WAITING, Phase.BLOCKED, Phase.BACKOFF})


@dataclass(frozen=True, slots=True)
class Process:
    """One component now. `deadline_ns` bounds the phase where it has a bound, `failures` are the recent ends."""

    phase: Phase = Phase.STOPPED
    wanted: bool = False
    incarnation: int = 0
    deadline_ns: int = 0
    is_ready: bool = False
    is_healthy: bool = False
    healthy_since_ns: int | None = None
    watchdog_ns: int = 0
    attempt: int = 0
    failures: tuple[int, ...] = ()
    restarts: int = 0
    has_served: bool = False
    is_end_expected: bool = False
    reason: str = ""

    @property
    def is_live(self) -> bool:
        return self.phase in LIVE


@dataclass(frozen=True, slots=True)
class System:
    """All components. `order` lists needs before those that need them; `retired` are forgotten once stopped."""

    specs: Mapping[str, Spec]
    processes: Mapping[str, Process]
    order: tuple[str, ...]
    needed_by: Mapping[str, frozenset[str]]
    retired: frozenset[str] = field(default_factory=frozenset)


def system(specs: Iterable[Spec]) -> System:
    """Everything stopped. Raises ValueError when needs form a cycle."""
    return _arranged({spec.name: spec for spec in specs}, {}, frozenset())


def step(current: System, happened: Event, now_ns: int) -> tuple[System, tuple[Command, ...]]:
    """Take one event in, then let every component do what its needs and deadlines allow."""
    commands: list[Command] = []
    current = _apply(current, happened, now_ns, commands)
    processes = dict(current.processes)
    for name in reversed(current.order):
        processes[name] = _overdue(current.specs[name], processes[name], now_ns, commands)
        processes[name] = _stop_if_due(current, name, processes, now_ns, commands)
    for name in current.order:
        processes[name] = _start_if_due(current, name, processes, now_ns, commands)
    return _without_retired(replace(current, processes=processes)), tuple(commands)


def next_deadline_ns(current: System) -> int | None:
    """When `step(Tick())` must be called at the latest; None when nothing is timed."""
    times: list[int] = []
    for name, process in current.processes.items():
        if process.phase in (Phase.STARTING, Phase.ABORTING, Phase.STOPPING, Phase.KILLING, Phase.BACKOFF):
            times.append(process.deadline_ns)
        elif process.phase is Phase.UP and current.specs[name].has_watchdog:
            times.append(process.watchdog_ns + WATCHDOG_NS)
    return min(times, default=None)


def _apply(current: System, happened: Event, now_ns: int, commands: list[Command]) -> System:
    match happened:
        case event.Start(names):
            return _changed(current, {name: _started(current.processes[name]) for name in _known(current, names)})
        case event.Stop(names):
            return _changed(current, {n: replace(current.processes[n], wanted=False) for n in _known(current, names)})
        case event.Restart(names):
            return _restarted(current, names, now_ns, commands)
        case event.Force():
            return _forced(current, now_ns, commands)
        case event.Reconfigure():
            return _reconfigured(current, happened, now_ns, commands)
        case event.Tick():
            return current
        case _:
            return _heard(current, happened, now_ns)


def _heard(current: System, happened: event.Ready | event.Health | event.Watchdog | event.Ended, now_ns: int) -> System:
    """News of one process; of an earlier incarnation, or of one already gone, it is dropped."""
    process = current.processes.get(happened.name)
    if process is None or process.incarnation != happened.incarnation or not process.is_live:
        return current
    spec = current.specs[happened.name]
    match happened:
        case event.Ready():
            process = _ready(spec, process, now_ns)
        case event.Health():
            process = _health(spec, process, happened, now_ns)
        case event.Watchdog():
            process = replace(process, watchdog_ns=now_ns)
        case event.Ended():
            process = _ended(spec, process, happened, now_ns)
    return _changed(current, {happened.name: process})


def _started(process: Process) -> Process:
    """Wanted, with a clean slate; one that is just being stopped starts again when it is gone."""
    process = replace(process, wanted=True, attempt=0, failures=())
    if process.is_live:
        return process
    return replace(process, phase=Phase.WAITING, reason="", has_served=False)


def _restarted(current: System, names: Iterable[str], now_ns: int, commands: list[Command]) -> System:
    changes = {}
    for name in _known(current, names):
        process = _started(current.processes[name])
        if process.phase in _RUNNING:
            process = _terminated(current.specs[name], name, process, now_ns, commands)
        changes[name] = process
    return _changed(current, changes)


def _forced(current: System, now_ns: int, commands: list[Command]) -> System:
    changes = {}
    for name, process in current.processes.items():
        process = replace(process, wanted=False)
        changes[name] = _killed(name, process, now_ns, commands) if process.is_live else process
    return _changed(current, changes)


def _reconfigured(current: System, new: event.Reconfigure, now_ns: int, commands: list[Command]) -> System:
    specs = {spec.name: spec for spec in new.specs}
    gone = {name: spec for name, spec in current.specs.items() if name not in specs}
    added = tuple(name for name in specs if name not in current.specs or name in current.retired)
    processes = {n: replace(p, wanted=False) if n in gone else p for n, p in current.processes.items()}
    current = _arranged({**specs, **gone}, processes, frozenset(gone))
    current = _changed(current, {name: _started(current.processes[name]) for name in added})
    restart = set(new.restart)
    for name in new.hangup:
        process = current.processes[name]
        if process.phase is Phase.UP:
            commands.append(Signal(name, process.incarnation, "hangup"))
        elif process.wanted:
            restart.add(name)
    return _restarted(current, [n for n in current.order if n in restart and n not in added], now_ns, commands)


def _ready(spec: Spec, process: Process, now_ns: int) -> Process:
    if process.phase is not Phase.STARTING:
        return process
    process = replace(process, is_ready=True)
    return process if spec.has_health else _up(process, now_ns)


def _health(spec: Spec, process: Process, seen: event.Health, now_ns: int) -> Process:
    if process.phase is Phase.STARTING:
        is_enough = seen.is_good and (process.is_ready or spec.readiness == "health")
        return _up(process, now_ns) if is_enough else replace(process, reason=seen.reason)
    if process.phase is not Phase.UP:
        return process
    since = (process.healthy_since_ns if process.is_healthy else now_ns) if seen.is_good else None
    return replace(process, is_healthy=seen.is_good, healthy_since_ns=since, reason=seen.reason)


def _up(process: Process, now_ns: int) -> Process:
    return replace(
        process,
        phase=Phase.UP,
        is_ready=True,
        is_healthy=True,
        healthy_since_ns=now_ns,
        watchdog_ns=now_ns,
        has_served=True,
        reason="",
    )


def _ended(spec: Spec, process: Process, seen: event.Ended, now_ns: int) -> Process:
    quiet = replace(process, is_ready=False, is_healthy=False, healthy_since_ns=None, is_end_expected=False)
    if not process.wanted:
        return replace(quiet, phase=Phase.STOPPED, reason=str(seen.end))
    if process.is_end_expected:
        return replace(quiet, phase=Phase.WAITING, restarts=process.restarts + 1, reason="restarted on request")
    return _failed_or_finished(spec, process, quiet, seen, now_ns)


def _failed_or_finished(spec: Spec, process: Process, quiet: Process, seen: event.Ended, now_ns: int) -> Process:
    recovered = process.healthy_since_ns is not None and now_ns - process.healthy_since_ns >= HEALTHY_RESETS_AFTER_NS
    attempt = 0 if recovered else process.attempt
    failures = (*(t for t in process.failures if now_ns - t < FAILURES_WINDOW_NS), now_ns)
    end, cause = seen.end, ""
    if process.phase in (Phase.ABORTING, Phase.KILLING):
        # We ended it: whatever status it managed to give is no verdict of its own.
        end, cause = Exit(signal=end.signal or SIGABRT), f"{process.reason}; "
    judged = verdict(
        spec.restart,
        end,
        attempt=attempt,
        failures_in_window=len(failures),
        was_ready=process.has_served,
        jitter=seen.jitter,
    )
    reason = cause + judged.reason
    if judged.again:
        return replace(
            quiet,
            phase=Phase.BACKOFF,
            deadline_ns=now_ns + judged.delay_ns,
            attempt=attempt + 1,
            failures=failures,
            restarts=process.restarts + 1,
            reason=reason,
        )
    if judged.failed:
        return replace(quiet, phase=Phase.FAILED, failures=failures, reason=reason)
    return replace(quiet, phase=Phase.STOPPED, wanted=False, reason=reason)


def _overdue(spec: Spec, process: Process, now_ns: int, commands: list[Command]) -> Process:
    """Deadlines: a late start or a silent watchdog is aborted, a late abort or stop is killed."""
    name = spec.name
    if process.phase is Phase.STARTING and now_ns >= process.deadline_ns:
        limit = spec.start_timeout_ns // SECOND_NS
        detail = f" ({process.reason})" if process.reason else ""
        return _aborted(name, process, f"not ready within {limit} s{detail}", now_ns, commands)
    if process.phase is Phase.UP and spec.has_watchdog and now_ns >= process.watchdog_ns + WATCHDOG_NS:
        return _aborted(name, process, f"no sign of life for {WATCHDOG_NS // SECOND_NS} s", now_ns, commands)
    if process.phase in (Phase.ABORTING, Phase.STOPPING, Phase.KILLING) and now_ns >= process.deadline_ns:
        return _killed(name, process, now_ns, commands)
    return process


def _stop_if_due(
    current: System, name: str, processes: Mapping[str, Process], now_ns: int, commands: list[Command]
) -> Process:
    process = processes[name]
    if process.wanted:
        return process
    if process.phase in _PENDING or process.phase is Phase.FAILED:
        return replace(process, phase=Phase.STOPPED)
    above = (processes[other] for other in current.needed_by[name] if other in processes)
    if process.phase in _RUNNING and not any(other.is_live and not other.wanted for other in above):
        return _terminated(current.specs[name], name, process, now_ns, commands)
    return process


def _start_if_due(
    current: System, name: str, processes: Mapping[str, Process], now_ns: int, commands: list[Command]
) -> Process:
    process = processes[name]
    if not process.wanted or process.phase not in _PENDING:
        return process
    if process.phase is Phase.BACKOFF and now_ns < process.deadline_ns:
        return process
    hopeless, unmet = _needs(current.specs[name], processes)
    if hopeless:
        return replace(process, phase=Phase.BLOCKED, reason=hopeless)
    if unmet:
        return replace(process, phase=Phase.WAITING, reason=unmet)
    incarnation = process.incarnation + 1
    commands.append(Spawn(name, incarnation))
    return replace(
        process,
        phase=Phase.STARTING,
        incarnation=incarnation,
        deadline_ns=now_ns + current.specs[name].start_timeout_ns,
        is_ready=False,
        is_healthy=False,
        is_end_expected=False,
        reason="",
    )


def _needs(spec: Spec, processes: Mapping[str, Process]) -> tuple[str, str]:
    """(why it can never start as things stand, why it cannot start yet); both empty when it may start."""
    unmet = ""
    for need, condition in spec.needs.items():
        other = processes.get(need)
        if other is None:
            return f"needs {need}, which is not part of this installation", ""
        if other.phase in (Phase.FAILED, Phase.BLOCKED) or (other.phase is Phase.STOPPED and not other.wanted):
            return f"needs {need}, which is {other.phase}: {other.reason or 'not started'}", ""
        is_met = other.phase in _RUNNING if condition == "started" else other.phase is Phase.UP and other.is_healthy
        if not is_met and not unmet:
            unmet = f"waits until {need} is {condition} (now {other.phase})"
    return "", unmet


def _terminated(spec: Spec, name: str, process: Process, now_ns: int, commands: list[Command]) -> Process:
    commands.append(Signal(name, process.incarnation, "terminate"))
    deadline = now_ns + spec.stop_timeout_ns
    return replace(process, phase=Phase.STOPPING, is_end_expected=True, is_healthy=False, deadline_ns=deadline)


def _aborted(name: str, process: Process, reason: str, now_ns: int, commands: list[Command]) -> Process:
    commands.append(Signal(name, process.incarnation, "abort"))
    deadline = now_ns + ABORT_TIMEOUT_NS
    return replace(process, phase=Phase.ABORTING, is_healthy=False, reason=reason, deadline_ns=deadline)


def _killed(name: str, process: Process, now_ns: int, commands: list[Command]) -> Process:
    commands.append(Kill(name, process.incarnation))
    return replace(process, phase=Phase.KILLING, is_healthy=False, deadline_ns=now_ns + KILL_AGAIN_NS)


def _known(current: System, names: Iterable[str]) -> list[str]:
    return [name for name in names if name in current.processes and name not in current.retired]


def _changed(current: System, changes: Mapping[str, Process]) -> System:
    return replace(current, processes={**current.processes, **changes}) if changes else current


def _arranged(specs: Mapping[str, Spec], processes: Mapping[str, Process], retired: frozenset[str]) -> System:
    needs = {name: spec.needs for name, spec in specs.items()}
    known = {name: processes.get(name, Process()) for name in specs}
    return System(specs, known, ordered(needs), dependents(needs), retired)


def _without_retired(current: System) -> System:
    gone = {name for name in current.retired if not current.processes[name].is_live}
    if not gone:
        return current
    specs = {name: spec for name, spec in current.specs.items() if name not in gone}
    return _arranged(specs, current.processes, current.retired - gone)
