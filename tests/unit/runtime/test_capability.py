"""Losing and regaining an integrated service: the table of states, driven by calls, probes and time."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from photoncloud.config.fallback import Policy
from photoncloud.runtime.capability import CapabilityWatch
from photoncloud.runtime.degradation import Ledger, Transition
from photoncloud.testkit.clock import SimClock

SECOND = 10**9


class Stage:
    """A service that can be switched off, watched."""

    def __init__(self, *, fallback_allowed: bool = True) -> None:
        self.clock = SimClock()
        self.ledger = Ledger(self.clock, 10)
        self.is_up = True
        self.probes = 0
        self.policy = Policy(30 * SECOND, fallback_allowed)
        self.transitions: list[tuple[str, float]] = []
        self.ledger.on_transition(self._heard)
        self.watch = CapabilityWatch(
            "metadata",
            "chainfire",
            self._probe,
            ledger=self.ledger,
            clock=self.clock,
            policy=lambda: self.policy,
            chance=lambda: 0.5,
        )

    def _heard(self, change: Transition) -> None:
        self.transitions.append((change.after, self.clock.monotonic_ns() / SECOND))

    async def _probe(self) -> None:
        self.probes += 1
        if not self.is_up:
            raise ConnectionRefusedError("connection refused")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    task = asyncio.create_task(stage.watch.run())
    yield stage
    task.cancel()


async def test_an_outage_of_a_minute_and_back(stage: Stage) -> None:
    await stage.clock.advance(100)
    assert stage.probes == 0
    stage.is_up = False
    stage.watch.failed("connection refused")
    assert stage.watch.state.may_write
    await stage.clock.advance(60)
    assert not stage.watch.state.may_write
    stage.is_up = True
    await stage.clock.advance(20)
    assert stage.watch.state.may_write
    assert [state for state, _ in stage.transitions] == ["suspect", "fallback", "recovering", "ok"]
    times = dict(stage.transitions)
    assert times["fallback"] == 130
    assert times["ok"] - times["recovering"] >= 5
    probes = stage.probes
    await stage.clock.advance(100)
    assert stage.probes == probes


async def test_a_short_silence_is_only_suspect(stage: Stage) -> None:
    stage.watch.failed("slow")
    await stage.clock.advance(3)
    assert [state for state, _ in stage.transitions] == ["suspect", "ok"]


async def test_a_good_call_ends_suspicion_at_once(stage: Stage) -> None:
    stage.watch.failed("slow")
    stage.watch.succeeded()
    stage.watch.succeeded()
    assert [state for state, _ in stage.transitions] == ["suspect", "ok"]


async def test_without_fallback_it_is_failed_and_a_reload_of_the_policy_counts(stage: Stage) -> None:
    stage.policy = Policy(10 * SECOND, False)
    stage.is_up = False
    stage.watch.failed("gone")
    await stage.clock.advance(12)
    assert stage.watch.state.state == "failed"
    stage.policy = Policy(10 * SECOND, True)
    await stage.clock.advance(2)
    assert stage.watch.state.state == "fallback"
    assert stage.ledger.document()[0]["reason"] == "connection refused"
