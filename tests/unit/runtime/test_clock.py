"""The system clock: wall time near the machine's, monotonic time that only grows."""

import time

from photoncloud.runtime.clock import SystemClock


async def test_wall_and_monotonic_time() -> None:
    clock = SystemClock()
    assert abs(clock.now_ns() - time.time_ns()) < 10**9
    before = clock.monotonic_ns()
    await clock.sleep(0.01)
    assert clock.monotonic_ns() - before >= 9_000_000
