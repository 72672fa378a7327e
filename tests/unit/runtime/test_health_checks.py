"""Checks run on their own timers, bounded, and only their result reaches /health."""

import asyncio
from typing import Any

import pytest

from photoncloud.runtime.errors import PhotonError
from photoncloud.runtime.health import Health, Identity
from photoncloud.runtime.health_checks import Check, run_forever, run_once
from photoncloud.testkit.clock import SimClock, settle


@pytest.fixture
def health() -> Health:
    health = Health(Identity("demo", "1", "standalone", "S0", {}))
    health.register("a", critical=True)
    return health


async def raising(error: Exception) -> str:
    raise error


async def slow() -> str:
    await asyncio.sleep(60)
    return "ok"


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (PhotonError("disk-full", "write", "/secret/place", "no space"), "disk-full: no space"),
        (PhotonError("disk-full"), "disk-full"),
        (KeyError("user data"), "check raised KeyError"),
        (TimeoutError(), "no answer within 2 s"),
    ],
)
async def test_a_raising_probe_is_a_reason(health: Health, error: Exception, shown: str) -> None:
    await run_once(Check("a", lambda: raising(error)), health)
    assert health.result("a") == shown


async def test_a_slow_probe_is_cut_off(health: Health) -> None:
    await run_once(Check("a", slow, timeout_sec=0.01), health)
    assert health.result("a") == "no answer within 0.01 s"


async def test_cancellation_is_not_swallowed(health: Health) -> None:
    task = asyncio.create_task(run_once(Check("a", slow), health))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_it_runs_every_interval(health: Health, captured: list[Any]) -> None:
    answers = iter(["ok", "ok", "slow disk", "ok"])

    async def probe() -> str:
        return next(answers)

    clock = SimClock()
    task = asyncio.create_task(run_forever(Check("a", probe, interval_sec=5), health, clock))
    await settle()
    seen = []
    for _ in range(4):
        await clock.advance(5)
        seen.append(health.result("a"))
    task.cancel()
    assert seen == ["ok", "ok", "slow disk", "ok"]
    changes = [(r["result"], r["log_level"]) for r in captured if r["event"] == "check_changed"]
    assert changes == [("ok", "info"), ("slow disk", "warning"), ("ok", "info")]


@pytest.mark.parametrize("interval", [0, -1, 5.1])
def test_an_interval_above_five_seconds_would_make_health_lie(interval: float) -> None:
    with pytest.raises(ValueError, match="interval_sec"):
        Check("a", slow, interval_sec=interval)


def test_a_check_without_a_timeout_could_hang() -> None:
    with pytest.raises(ValueError, match="timeout_sec"):
        Check("a", slow, timeout_sec=0)
