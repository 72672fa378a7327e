"""Hours pass in milliseconds, and what happens in them happens in order."""

import asyncio

from photoncloud.runtime.clock import Clock
from photoncloud.testkit.clock import START_NS, SimClock, settle


def needs_a_clock(clock: Clock) -> int:
    return clock.now_ns()


async def test_sleepers_wake_in_the_order_of_their_deadlines_at_their_time() -> None:
    clock = SimClock()
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, *seconds: float) -> None:
        for duration in seconds:
            await clock.sleep(duration)
            woken.append((name, clock.monotonic_ns() / 1e9))

    tasks = [
        asyncio.create_task(sleeper("a", 10, 10)),
        asyncio.create_task(sleeper("b", 5, 3600)),
        asyncio.create_task(sleeper("c", 10)),
    ]
    await settle()
    assert clock.sleepers == 3
    await clock.advance(25)
    assert woken == [("b", 5.0), ("a", 10.0), ("c", 10.0), ("a", 20.0)]
    assert clock.monotonic_ns() == 25 * 10**9
    await clock.advance(3600)
    assert woken[-1] == ("b", 3605.0)
    await asyncio.gather(*tasks)


async def test_a_cancelled_sleeper_is_forgotten() -> None:
    clock = SimClock()
    task = asyncio.create_task(clock.sleep(5))
    await settle()
    task.cancel()
    await settle()
    assert clock.sleepers == 0
    await clock.advance(10)


async def test_wall_time_jumps_alone() -> None:
    clock = SimClock()
    assert needs_a_clock(clock) == START_NS
    clock.jump_wall(-3600)
    assert (clock.now_ns(), clock.monotonic_ns()) == (START_NS - 3600 * 10**9, 0)
    clock.tick(1)
    assert clock.monotonic_ns() == 10**9


async def test_sleeping_no_time_yields() -> None:
    await SimClock().sleep(0)
