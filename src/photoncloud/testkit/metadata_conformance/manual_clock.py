"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio


class ManualClock:
    """A `runtime.clock.Clock`; sleepers wake when `advance` passes their time."""

    def __init__(self) -> None:
        self._now_ns = 1_000_000_000
        self._sleepers: list[tuple[int, asyncio.Future[None]]] = []

    def now_ns(self) -> int:
        return self._now_ns

    def monotonic_ns(self) -> int:
        return self._now_ns

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now_ns + int(seconds * 1e9), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass and give whoever wakes the time to act."""
        await self._settle()
        self._now_ns += int(seconds * 1e9)
        due = [woken for at, woken in self._sleepers if at <= self._now_ns and not woken.done()]
        self._sleepers = [(at, woken) for at, woken in self._sleepers if at > self._now_ns]
        for woken in due:
            woken.set_result(None)
        await self._settle()

    async def _settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)
