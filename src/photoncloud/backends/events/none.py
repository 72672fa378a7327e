"""The null object: events are checked, counted and dropped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from weakref import WeakSet

from photoncloud.backends.events.errors import BackendUnavailable
from photoncloud.backends.events.event import Event, check_event
from photoncloud.backends.events.port import NEW, Delivery, Published, Start
from photoncloud.backends.events.subjects import compile_pattern, subject_of


class Silence(AsyncIterator[Delivery]):
    """A subscription to which nothing comes; ends when the bus or it is closed."""

    def __init__(self) -> None:
        self._ended = asyncio.Event()

    async def __anext__(self) -> Delivery:
        await self._ended.wait()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self._ended.set()


class NoneEvents:
    """`dropped` counts what was published."""

    capabilities: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.dropped = 0
        self._silences: WeakSet[Silence] = WeakSet()
        self._is_closed = False

    async def publish(self, event: Event, *, timeout_sec: float = 5.0) -> Published:
        if self._is_closed:
            raise BackendUnavailable("the bus is closed", maybe_applied=False)
        check_event(event)
        subject_of(event)
        self.dropped += 1
        return Published(0, duplicate=False, stored=False)

    def subscribe(
        self,
        pattern: str,
        *,
        durable: str | None = None,
        start: Start = NEW,
        max_in_flight: int = 256,
        ack_wait_sec: float = 30.0,
        max_attempts: int = 10,
    ) -> Silence:
        compile_pattern(pattern)
        silence = Silence()
        self._silences.add(silence)
        return silence

    async def close(self) -> None:
        self._is_closed = True
        for silence in self._silences:
            await silence.aclose()


async def open_none() -> NoneEvents:
    """The adapter `none` of the registry."""
    return NoneEvents()
