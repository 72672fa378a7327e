"""Time as a port. Wall time is for people and protocols; only monotonic time decides how long something took."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    def now_ns(self) -> int:
        """Wall clock, nanoseconds since 1970-01-01 UTC; may jump in either direction."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary point; never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of monotonic time; 0 or less yields to the loop once."""


class SystemClock:
    """The machine's clocks."""

    def now_ns(self) -> int:
        return time.time_ns()

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
