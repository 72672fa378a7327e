"""The lag is what /livez and the watchdog decide by."""

import asyncio

from photoncloud.runtime.loop_lag import INTERVAL_SEC, LoopLag
from photoncloud.testkit.clock import SimClock, settle


async def test_lag_is_how_much_later_it_wakes() -> None:
    clock = SimClock()
    observed: list[float] = []
    lag = LoopLag(clock, observed.append)
    assert lag.current_sec == 0
    task = asyncio.create_task(lag.run())
    await settle()
    await clock.advance(INTERVAL_SEC)
    assert observed == [0.0]
    clock.tick(INTERVAL_SEC + 7)
    assert lag.current_sec == 7
    assert not lag.is_live
    await clock.advance(0)
    assert observed == [0.0, 7.0]
    await clock.advance(INTERVAL_SEC)
    assert lag.current_sec == 0
    assert lag.is_live
    task.cancel()
