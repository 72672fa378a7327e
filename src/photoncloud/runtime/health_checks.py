"""Checks on their own timers: each probe runs alone, bounded, and only its result reaches `Health`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from photoncloud.runtime.clock import Clock
from photoncloud.runtime.errors import PhotonError
from photoncloud.runtime.health import Health
from photoncloud.runtime.limits import CHECK_INTERVAL_SEC
from photoncloud.runtime.logging import get_logger

log = get_logger(__name__)

Probe = Callable[[], Awaitable[str]]
"""Returns "ok" or a reason in words; may raise: then the error's code or type is the reason."""

DEFAULT_TIMEOUT_SEC = 2.0


@dataclass(frozen=True, slots=True)
class Check:
    """One check of an App."""

    name: str
    probe: Probe
    critical: bool = False
    interval_sec: float = CHECK_INTERVAL_SEC.value
    timeout_sec: float = DEFAULT_TIMEOUT_SEC

    def __post_init__(self) -> None:
        if not 0 < self.interval_sec <= CHECK_INTERVAL_SEC.value:
            raise ValueError(f"check {self.name}: interval_sec must be in (0, {CHECK_INTERVAL_SEC.value:g}]")
        if self.timeout_sec <= 0:
            raise ValueError(f"check {self.name}: timeout_sec must be positive")


async def run_once(check: Check, health: Health) -> None:
    """Probe once and report; a change of the result is one log line."""
    before = health.result(check.name)
    health.report(check.name, await _probe(check))
    after = health.result(check.name)
    if after != before:
        write = log.info if after == "ok" else log.warning
        write("check_changed", check=check.name, result=after, before=before, critical=check.critical)


async def _probe(check: Check) -> str:
    try:
        async with asyncio.timeout(check.timeout_sec):
            return await check.probe()
    except TimeoutError:
        return f"no answer within {check.timeout_sec:g} s"
    except PhotonError as error:
        return f"{error.code}: {error.cause}" if error.cause else error.code
    except Exception as error:  # a foreign error text may hold user data: the type is what is shown
        log.warning("check_raised", check=check.name, exc_info=error)
        return f"check raised {type(error).__name__}"


async def run_forever(check: Check, health: Health, clock: Clock) -> None:
    """`run_once` every `interval_sec`, until cancelled."""
    while True:
        await clock.sleep(check.interval_sec)
        await run_once(check, health)
