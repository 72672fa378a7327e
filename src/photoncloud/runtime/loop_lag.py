"""How late the event loop runs: what /livez, the watchdog and `photon_loop_lag_seconds` look at."""

from __future__ import annotations

from collections.abc import Callable

from photoncloud.runtime.clock import Clock

INTERVAL_SEC = 0.25
LIVE_LAG_SEC = 5.0
"""From this lag on /livez answers 503: nobody gets an answer in useful time."""
WATCHDOG_LAG_SEC = 1.0
"""From this lag on the supervisor's watchdog is not fed."""

_NANOSECONDS = 1_000_000_000


class LoopLag:
    """Sleeps a fixed time over and over and sees how much later it wakes."""

    def __init__(self, clock: Clock, observe: Callable[[float], None]) -> None:
        """`observe(lag_sec)` is called after every measurement."""
        self._clock = clock
        self._observe = observe
        self._last_sec = 0.0
        self._due_ns: int | None = None

    @property
    def current_sec(self) -> float:
        """The last measured lag, or how overdue the next measurement is if that is more."""
        if self._due_ns is None:
            return self._last_sec
        return max(self._last_sec, (self._clock.monotonic_ns() - self._due_ns) / _NANOSECONDS)

    @property
    def is_live(self) -> bool:
        return self.current_sec < LIVE_LAG_SEC

    async def run(self) -> None:
        while True:
            self._due_ns = self._clock.monotonic_ns() + int(INTERVAL_SEC * _NANOSECONDS)
            await self._clock.sleep(INTERVAL_SEC)
            self._last_sec = max(0.0, (self._clock.monotonic_ns() - self._due_ns) / _NANOSECONDS)
            self._observe(self._last_sec)
