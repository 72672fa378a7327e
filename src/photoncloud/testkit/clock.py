"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import heapq
import itertools

NANOSECONDS = 1_000_000_000
START_NS = 1_750_000_000 * NANOSECONDS
"""Wall time a SimClock begins with: a moment in 2025."""
SETTLE_TURNS = 50
"""Loop turns after each step: enough for a woken task to run, spawn others, and sleep again."""


class SimClock:
    """`runtime.clock.Clock`; `advance` wakes sleepers in the order of their deadlines."""

    def __init__(self, now_ns: int = START_NS) -> None:
        self._wall_ns = now_ns
        self._monotonic_ns = 0
        self._order = itertools.count()
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []

    def now_ns(self) -> int:
        return self._wall_ns

    def monotonic_ns(self) -> int:
        return self._monotonic_ns

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic_ns + round(seconds * NANOSECONDS), next(self._order), wake))
        await wake

    @property
    def sleepers(self) -> int:
        """How many tasks sleep now."""
        return sum(not wake.done() for _, _, wake in self._sleepers)

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, one deadline after the other; what a woken task does happens at its time."""
        await settle()
        end_ns = self._monotonic_ns + round(seconds * NANOSECONDS)
        while self._sleepers and self._sleepers[0][0] <= end_ns:
            deadline_ns, _, wake = heapq.heappop(self._sleepers)
            self._move_to(deadline_ns)
            if not wake.done():
                wake.set_result(None)
                await settle()
        self._move_to(end_ns)
        await settle()

    def tick(self, seconds: float) -> None:
        """Let time pass without waking anybody: for code that only looks at the clock."""
        self._move_to(self._monotonic_ns + round(seconds * NANOSECONDS))

    def jump_wall(self, seconds: float) -> None:
        """Move wall time only, in either direction, as an administrator or NTP does."""
        self._wall_ns += round(seconds * NANOSECONDS)

    def _move_to(self, monotonic_ns: int) -> None:
        passed = max(0, monotonic_ns - self._monotonic_ns)
        self._monotonic_ns += passed
        self._wall_ns += passed


async def settle() -> None:
    """Let everything that can run do so."""
    for _ in range(SETTLE_TURNS):
        await asyncio.sleep(0)
