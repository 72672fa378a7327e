"""The supervisor's state machine: the table of its promises, and random orders of events against its invariants."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.deploy.core.process_event import (
    Command,
    Ended,
    Event,
    Force,
    Health,
    Kill,
    Ready,
    Reconfigure,
    Restart,
    Signal,
    Spawn,
    Spec,
    Start,
    Stop,
    Tick,
    Watchdog,
)
from photoncloud.deploy.core.process_state import (
    ABORT_TIMEOUT_NS,
    WATCHDOG_NS,
    Phase,
    System,
    next_deadline_ns,
    step,
    system,
)
from photoncloud.deploy.core.restart_policy import BACKOFF_MAX_NS, SECOND_NS, Exit

SEC = SECOND_NS
CHAIN = (Spec("kv", {}), Spec("auth", {"kv": "healthy"}), Spec("store", {"kv": "healthy", "auth": "started"}))


class Machine:
    """The state machine with a clock of its own."""

    def __init__(self, *specs: Spec) -> None:
        self.system: System = system(specs)
        self.now = 1_000 * SEC

    def tell(self, happened: Event, after_ns: int = 0) -> tuple[Command, ...]:
        self.now += after_ns
        self.system, commands = step(self.system, happened, self.now)
        return commands

    def start(self, *names: str) -> tuple[Command, ...]:
        return self.tell(Start(names or self.system.order))

    def phase(self, name: str) -> Phase:
        return self.system.processes[name].phase

    def incarnation(self, name: str) -> int:
        return self.system.processes[name].incarnation

    def come_up(self, name: str) -> tuple[Command, ...]:
        first = self.tell(Ready(name, self.incarnation(name)))
        return (*first, *self.tell(Health(name, self.incarnation(name), True)))

    def end(self, name: str, *, after_ns: int = 0, **how: object) -> tuple[Command, ...]:
        return self.tell(Ended(name, self.incarnation(name), Exit(**how)), after_ns)  # type: ignore[arg-type]


def test_starts_in_order_of_needs() -> None:
    machine = Machine(*CHAIN)
    assert machine.start() == (Spawn("kv", 1),)
    assert machine.phase("auth") is Phase.WAITING
    assert machine.tell(Ready("kv", 1)) == ()
    assert machine.tell(Health("kv", 1, True)) == (Spawn("auth", 1), Spawn("store", 1))


def test_ready_without_a_good_health_is_not_up() -> None:
    machine = Machine(*CHAIN)
    machine.start()
    machine.tell(Health("kv", 1, True))
    assert machine.phase("kv") is Phase.STARTING
    machine.tell(Ready("kv", 1))
    machine.tell(Health("kv", 1, False, "opening the store"))
    assert machine.phase("kv") is Phase.STARTING
    assert machine.system.processes["kv"].reason == "opening the store"


@pytest.mark.parametrize(
    ("spec", "event"),
    [
        (Spec("x", {}, readiness="health"), Health("x", 1, True)),
        (Spec("x", {}, readiness="tcp", has_health=False), Ready("x", 1)),
        (Spec("x", {}, readiness="notify", has_health=False), Ready("x", 1)),
    ],
)
def test_foreign_programs_are_up_by_their_own_sign(spec: Spec, event: Event) -> None:
    machine = Machine(spec)
    machine.start()
    machine.tell(event)
    assert machine.phase("x") is Phase.UP


def test_a_late_start_is_aborted_then_killed_and_counts_as_failure() -> None:
    machine = Machine(Spec("x", {}, start_timeout_ns=10 * SEC))
    machine.start()
    assert machine.tell(Tick(), 9 * SEC) == ()
    assert machine.tell(Tick(), 1 * SEC) == (Signal("x", 1, "abort"),)
    assert machine.tell(Tick(), ABORT_TIMEOUT_NS) == (Kill("x", 1),)
    machine.end("x", signal=9)
    assert machine.phase("x") is Phase.BACKOFF
    assert "not ready within 10 s" in machine.system.processes["x"].reason


def test_exit_status_of_an_aborted_process_is_no_verdict() -> None:
    machine = Machine(Spec("x", {}, start_timeout_ns=SEC))
    machine.start()
    machine.tell(Tick(), SEC)
    machine.end("x", status=0)
    assert machine.phase("x") is Phase.BACKOFF


def test_a_silent_watchdog_is_aborted() -> None:
    machine = Machine(Spec("x", {}, has_watchdog=True))
    machine.start()
    machine.come_up("x")
    machine.tell(Watchdog("x", 1), 20 * SEC)
    assert machine.tell(Tick(), 20 * SEC) == ()
    assert next_deadline_ns(machine.system) == machine.now - 20 * SEC + WATCHDOG_NS
    assert machine.tell(Tick(), 10 * SEC) == (Signal("x", 1, "abort"),)


def test_backoff_doubles_to_thirty_seconds_and_is_reset_by_a_minute_of_health() -> None:
    machine = Machine(Spec("x", {}, restart="always"))
    machine.start()
    delays = []
    for _ in range(8):
        machine.end("x", status=1)
        delays.append((next_deadline_ns(machine.system) or 0) - machine.now)
        assert machine.tell(Tick(), delays[-1]) == (Spawn("x", machine.incarnation("x")),)
    assert delays == [SEC // 2, SEC, 2 * SEC, 4 * SEC, 8 * SEC, 16 * SEC, 30 * SEC, 30 * SEC]
    machine.come_up("x")
    machine.end("x", status=1, after_ns=61 * SEC)
    assert (next_deadline_ns(machine.system) or 0) - machine.now == SEC // 2


def test_ten_failures_in_ten_minutes_are_enough() -> None:
    machine = Machine(Spec("x", {}), Spec("y", {}))
    machine.start()
    machine.come_up("y")
    for _ in range(10):
        machine.end("x", status=1)
        machine.tell(Tick(), 30 * SEC)
    assert machine.phase("x") is Phase.FAILED
    assert "10 failures in 10 minutes" in machine.system.processes["x"].reason
    assert machine.phase("y") is Phase.UP


def test_failures_spread_over_time_never_give_up() -> None:
    machine = Machine(Spec("x", {}))
    machine.start()
    for _ in range(30):
        machine.come_up("x")
        machine.end("x", status=1, after_ns=70 * SEC)
        machine.tell(Tick(), BACKOFF_MAX_NS * 2)
    assert machine.phase("x") is Phase.STARTING


@pytest.mark.parametrize("status", [64, 69, 77, 78])
def test_statuses_that_no_retry_can_help(status: int) -> None:
    machine = Machine(Spec("x", {}), Spec("y", {"x": "healthy"}))
    machine.start()
    assert machine.end("x", status=status) == ()
    assert machine.phase("x") is Phase.FAILED
    assert machine.phase("y") is Phase.BLOCKED
    assert "needs x, which is failed" in machine.system.processes["y"].reason


def test_a_port_lost_to_another_is_reported_and_not_retried_blindly() -> None:
    machine = Machine(Spec("x", {}))
    machine.start()
    machine.end("x", status=71)
    assert machine.phase("x") is Phase.FAILED
    machine.start()
    machine.come_up("x")
    machine.end("x", status=71)
    assert machine.phase("x") is Phase.BACKOFF


@pytest.mark.parametrize(
    ("policy", "status", "phase"),
    [
        ("on-failure", 0, Phase.STOPPED),
        ("on-failure", 1, Phase.BACKOFF),
        ("always", 0, Phase.BACKOFF),
        ("never", 0, Phase.STOPPED),
        ("never", 1, Phase.FAILED),
    ],
)
def test_restart_policies(policy: str, status: int, phase: Phase) -> None:
    machine = Machine(Spec("x", {}, restart=policy))
    machine.start()
    machine.come_up("x")
    machine.end("x", status=status)
    assert machine.phase("x") is phase


def test_dependents_stay_when_what_they_need_restarts() -> None:
    machine = Machine(*CHAIN)
    machine.start()
    machine.come_up("kv")
    machine.come_up("auth")
    machine.end("kv", signal=9)
    assert machine.phase("auth") is Phase.UP
    assert machine.tell(Tick(), SEC) == (Spawn("kv", 2),)


def test_stops_in_reverse_each_after_the_last_has_gone() -> None:
    machine = Machine(*CHAIN)
    machine.start()
    for name in ("kv", "auth", "store"):
        machine.come_up(name)
    assert machine.tell(Stop(("kv", "auth", "store"))) == (Signal("store", 1, "terminate"),)
    assert machine.end("store", status=0) == (Signal("auth", 1, "terminate"),)
    assert machine.end("auth", status=0) == (Signal("kv", 1, "terminate"),)
    machine.end("kv", status=0)
    assert {machine.phase(name) for name in machine.system.order} == {Phase.STOPPED}


def test_stopping_one_leaves_its_dependents_and_blocks_their_next_start() -> None:
    machine = Machine(*CHAIN)
    machine.start()
    machine.come_up("kv")
    machine.come_up("auth")
    assert machine.tell(Stop(("kv",))) == (Signal("kv", 1, "terminate"),)
    machine.end("kv", status=0)
    assert machine.phase("auth") is Phase.UP
    machine.end("auth", signal=9)
    machine.tell(Tick(), SEC)
    assert machine.phase("auth") is Phase.BLOCKED
    assert machine.start("kv") == (Spawn("kv", 2),)
    assert machine.come_up("kv") == (Spawn("auth", 2),)


def test_a_child_that_ignores_sigterm_is_killed_and_told_again() -> None:
    machine = Machine(Spec("x", {}, stop_timeout_ns=3 * SEC))
    machine.start()
    machine.come_up("x")
    machine.tell(Stop(("x",)))
    assert machine.tell(Tick(), 3 * SEC) == (Kill("x", 1),)
    assert machine.tell(Tick(), 5 * SEC) == (Kill("x", 1),)
    machine.end("x", signal=9)
    assert machine.phase("x") is Phase.STOPPED


def test_force_kills_everything_at_once() -> None:
    machine = Machine(*CHAIN)
    machine.start()
    machine.come_up("kv")
    machine.tell(Stop(("kv", "auth", "store")))
    assert set(machine.tell(Force())) == {Kill("kv", 1), Kill("auth", 1), Kill("store", 1)}


def test_news_of_an_earlier_process_is_ignored() -> None:
    machine = Machine(Spec("x", {}))
    machine.start()
    machine.end("x", status=1)
    machine.tell(Tick(), SEC)
    before = machine.system.processes
    for stale in (Ready("x", 1), Health("x", 1, True), Watchdog("x", 1), Ended("x", 1, Exit(status=0))):
        machine.tell(stale)
        assert machine.system.processes == before


def test_restart_on_request_forgives_and_does_not_count() -> None:
    machine = Machine(Spec("x", {}), Spec("y", {"x": "healthy"}))
    machine.start()
    machine.come_up("x")
    machine.come_up("y")
    assert machine.tell(Restart(("x",))) == (Signal("x", 1, "terminate"),)
    assert machine.end("x", status=0) == (Spawn("x", 2),)
    assert machine.system.processes["x"].failures == ()
    assert machine.phase("y") is Phase.UP


def test_start_while_stopping_starts_again_afterwards() -> None:
    machine = Machine(Spec("x", {}))
    machine.start()
    machine.come_up("x")
    machine.tell(Stop(("x",)))
    machine.start("x")
    assert machine.end("x", status=0) == (Spawn("x", 2),)


def test_reconfigure_touches_only_what_differs() -> None:
    machine = Machine(Spec("a", {}), Spec("b", {}), Spec("c", {}), Spec("d", {}))
    machine.start()
    for name in "abcd":
        machine.come_up(name)
    new = (Spec("a", {}), Spec("b", {}), Spec("c", {}), Spec("e", {"a": "healthy"}))
    commands = machine.tell(Reconfigure(new, restart=("b",), hangup=("c",)))
    assert set(commands) == {
        Signal("b", 1, "terminate"),
        Signal("c", 1, "hangup"),
        Signal("d", 1, "terminate"),
        Spawn("e", 1),
    }
    assert machine.end("d", status=0) == ()
    assert set(machine.system.processes) == {"a", "b", "c", "e"}
    assert machine.phase("a") is Phase.UP


def test_a_removed_component_that_comes_back_is_started_when_its_old_process_is_gone() -> None:
    machine = Machine(Spec("a", {}))
    machine.start()
    machine.come_up("a")
    machine.tell(Reconfigure((Spec("b", {}),)))
    machine.tell(Reconfigure((Spec("a", {}), Spec("b", {}))))
    assert machine.phase("a") is Phase.STOPPING
    assert machine.end("a", status=0) == (Spawn("a", 2),)


@dataclass
class World:
    """Processes as the kernel would have them, driven by commands; breaks when a promise is broken."""

    machine: Machine
    alive: dict[str, int] = field(default_factory=dict)

    def tell(self, happened: Event, after_ns: int = 0) -> None:
        for command in self.machine.tell(happened, after_ns):
            if isinstance(command, Spawn):
                assert command.name not in self.alive, f"two processes of {command.name}"
                self._needs_are_met(command.name)
                self.alive[command.name] = command.incarnation
            else:
                assert self.alive.get(command.name) == command.incarnation
                if isinstance(command, Signal) and command.kind == "terminate":
                    self._nobody_above_is_being_stopped(command.name)
        for name, process in self.machine.system.processes.items():
            assert process.is_live == (name in self.alive)
            if process.phase is Phase.BACKOFF:
                assert process.deadline_ns - self.machine.now <= BACKOFF_MAX_NS * 1.1 + 1

    def _needs_are_met(self, name: str) -> None:
        spec = self.machine.system.specs[name]
        for need, condition in spec.needs.items():
            other = self.machine.system.processes[need]
            if condition == "healthy":
                assert other.phase is Phase.UP
                assert other.is_healthy
            else:
                assert other.is_live

    def _nobody_above_is_being_stopped(self, name: str) -> None:
        after = self.machine.system
        if after.processes[name].wanted:
            return  # a restart: those above stay, or go on with their own stop
        for above in after.needed_by[name]:
            still_wanted = after.processes[above].wanted
            assert above not in self.alive or still_wanted, f"{name} is stopped before {above}, which needs it"


def random_topology(chance: random.Random) -> list[Spec]:
    names = [f"c{number}" for number in range(chance.randint(1, 6))]
    specs = []
    for position, name in enumerate(names):
        below = [other for other in names[:position] if chance.random() < 0.4]
        needs = {other: chance.choice(("healthy", "started")) for other in below}
        policy = chance.choice(("on-failure", "always", "never"))
        readiness = chance.choice(("notify", "health", "tcp"))
        specs.append(
            Spec(name, needs, readiness, chance.random() < 0.8, chance.random() < 0.5, 5 * SEC, 5 * SEC, policy)
        )
    return specs


def random_event(chance: random.Random, world: World) -> Event:
    names = list(world.machine.system.processes)
    name = chance.choice(names)
    incarnation = world.alive.get(name, chance.randint(0, 3))
    kind = chance.random()
    if kind < 0.25:
        return Ready(name, incarnation)
    if kind < 0.5:
        return Health(name, incarnation, chance.random() < 0.8, "sick")
    if kind < 0.68:
        if name in world.alive:
            del world.alive[name]
        status = chance.choice((0, 1, 1, 1, 71, 78))
        return Ended(name, incarnation, Exit(status=status), chance.uniform(-1, 1))
    if kind < 0.78:
        return Tick()
    if kind < 0.86:
        return Start(tuple(chance.sample(names, chance.randint(1, len(names)))))
    if kind < 0.93:
        return Stop(tuple(chance.sample(names, chance.randint(1, len(names)))))
    if kind < 0.97:
        return Restart((name,))
    return Watchdog(name, incarnation) if kind < 0.995 else Force()


def play(seed: int, length: int) -> World:
    chance = random.Random(seed)
    world = World(Machine(*random_topology(chance)))
    world.tell(Start(world.machine.system.order))
    for _ in range(length):
        if world.machine.system.processes:
            world.tell(random_event(chance, world), chance.choice((0, SEC // 10, SEC, 6 * SEC, 40 * SEC)))
    return world


def settle_down(world: World) -> None:
    """Stop everything; every process obeys at last: the machine must come to rest."""
    world.tell(Stop(tuple(world.machine.system.processes)))
    for _ in range(200):
        if not world.alive:
            break
        stopping = [n for n, p in world.machine.system.processes.items() if p.phase in _ENDING and n in world.alive]
        assert stopping, "nothing is being stopped and something is alive"
        name = stopping[0]
        world.tell(Ended(name, world.alive.pop(name), Exit(status=0)), SEC)
    assert {process.phase for process in world.machine.system.processes.values()} <= {Phase.STOPPED}


_ENDING = (Phase.STOPPING, Phase.KILLING, Phase.ABORTING)


def test_ten_thousand_random_event_sequences_keep_every_promise() -> None:
    for seed in range(10_000):
        world = play(seed, 12)
        if seed % 10 == 0:
            settle_down(world)


@given(seed=st.integers(min_value=10_000), length=st.integers(min_value=0, max_value=120))
@settings(max_examples=100, deadline=None)
def test_long_random_event_sequences_keep_every_promise(seed: int, length: int) -> None:
    settle_down(play(seed, length))


def test_two_hundred_components_in_one_chain() -> None:
    specs = [Spec(f"c{n}", {f"c{n - 1}": "healthy"} if n else {}) for n in range(200)]
    machine = Machine(*specs)
    machine.start()
    for n in range(200):
        machine.come_up(f"c{n}")
    assert all(process.phase is Phase.UP for process in machine.system.processes.values())
