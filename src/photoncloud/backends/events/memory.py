"""A bus inside one process: a ring of events, positions, durable groups that share work, redelivery, dead letters.

For tests and single processes; what was published is lost with the process.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple

from photoncloud.backends.events.errors import BackendUnavailable, InvalidEvent
from photoncloud.backends.events.event import MAX_DATA_BYTES, Event, check_event
from photoncloud.backends.events.memory_group import NANOSECONDS, Group
from photoncloud.backends.events.port import ALL, NEW, Delivery, Published, Start
from photoncloud.backends.events.subjects import compile_pattern, subject_of
from photoncloud.runtime import tasks
from photoncloud.runtime.clock import Clock, SystemClock

KEPT_EVENTS = 10_000
KEPT_DEAD_LETTERS = 1_000
DUPLICATE_WINDOW_SEC = 120.0  # as the streams of the real bus


class DeadLetter(NamedTuple):
    """An event nobody could handle, and why."""

    event: Event
    durable: str
    reason: str
    attempts: int
    position: int


class MemoryDelivery:
    """See `port.Delivery`."""

    def __init__(
        self, bus: MemoryEvents, group: Group, durable: str, event: Event, position: int, attempt: int, gap: bool
    ) -> None:
        self.event = event
        self.position = position
        self.attempt = attempt
        self.gap = gap
        self.durable = durable
        self._bus = bus
        self._group = group

    async def ack(self) -> None:
        self._bus.settle(self._group, self)

    async def nak(self, delay_sec: float = 0.0) -> None:
        if self.attempt >= self._group.max_attempts:
            self._bus.settle(self._group, self, f"refused {self.attempt} times")
        else:
            self._bus.postpone(self._group, self, delay_sec)

    async def term(self, reason: str) -> None:
        self._bus.settle(self._group, self, reason)

    async def in_progress(self) -> None:
        self._bus.postpone(self._group, self, self._group.ack_wait_ns / NANOSECONDS)


class MemorySubscription(AsyncIterator[Delivery]):
    """What `subscribe` returns; for one consumer."""

    def __init__(self, bus: MemoryEvents, group: Group, durable: str | None, max_in_flight: int) -> None:
        self._bus = bus
        self._group = group
        self._durable = durable
        self._max_in_flight = max_in_flight
        self._is_left = False

    async def __anext__(self) -> MemoryDelivery:
        while True:
            if self._is_left or self._bus.is_closed:
                raise StopAsyncIteration
            delivery = self._bus.hand_out(self._group, self._durable or "", self._max_in_flight)
            if delivery is not None:
                return delivery
            await self._bus.wait(self._group)

    async def aclose(self) -> None:
        """Stop; a durable keeps its position, anything else is forgotten."""
        self._is_left = True
        if self._durable is None:
            self._bus.drop(self._group)
        self._bus.wake()


class MemoryEvents:
    """The adapter `memory`. `dead_letters` holds the newest of them."""

    capabilities = frozenset({"replay", "ordered", "queue"})

    def __init__(
        self, *, clock: Clock | None = None, kept_events: int = KEPT_EVENTS, max_data_bytes: int = MAX_DATA_BYTES
    ) -> None:
        self.dead_letters: deque[DeadLetter] = deque(maxlen=KEPT_DEAD_LETTERS)
        self.is_closed = False
        self._clock = clock or SystemClock()
        self._kept_events = kept_events
        self._max_data_bytes = max_data_bytes
        self._position = 0
        self._events: OrderedDict[int, tuple[Event, str]] = OrderedDict()
        self._ids: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()
        self._durables: dict[str, Group] = {}
        self._groups: set[Group] = set()
        self._changed = asyncio.Event()

    async def publish(self, event: Event, *, timeout_sec: float = 5.0) -> Published:
        if self.is_closed:
            raise BackendUnavailable("the bus is closed", maybe_applied=False)
        check_event(event, max_data_bytes=self._max_data_bytes)
        subject = subject_of(event)
        known = self._known(event)
        if known:
            return Published(known, duplicate=True, stored=True)
        self._position += 1
        self._ids[event.source, event.id] = (self._position, self._clock.monotonic_ns())
        self._events[self._position] = (event, subject)
        for group in self._groups:
            group.offer(self._position, subject)
        if len(self._events) > self._kept_events:
            oldest, _ = self._events.popitem(last=False)
            for group in self._groups:
                group.forget(oldest)
        self.wake()
        return Published(self._position, duplicate=False, stored=True)

    def subscribe(
        self,
        pattern: str,
        *,
        durable: str | None = None,
        start: Start = NEW,
        max_in_flight: int = 256,
        ack_wait_sec: float = 30.0,
        max_attempts: int = 10,
    ) -> MemorySubscription:
        expression = compile_pattern(pattern)
        group = self._durables.get(durable) if durable is not None else None
        if group is None:
            group = Group(expression, ack_wait_sec, max_attempts, self._kept_events)
            self._fill(group, start)
            self._groups.add(group)
            if durable is not None:
                self._durables[durable] = group
        elif group.pattern != expression:
            raise InvalidEvent("durable", f"{durable!r} exists with another pattern")
        return MemorySubscription(self, group, durable, max_in_flight)

    async def close(self) -> None:
        self.is_closed = True
        self.wake()

    # For subscriptions and deliveries

    def hand_out(self, group: Group, durable: str, max_in_flight: int) -> MemoryDelivery | None:
        """The next delivery, unless the consumer has enough already; exhausted ones become dead letters."""
        while True:
            now_ns = self._clock.monotonic_ns()
            due_ns = group.next_due_ns()
            if group.in_flight() >= max_in_flight and (due_ns is None or due_ns > now_ns):
                return None
            found = group.next(now_ns)
            if found is None:
                return None
            position, attempt = found
            kept = self._events.get(position)
            if kept is None:  # it left the ring between two attempts
                group.settle(position)
                group.has_gap = True
                continue
            delivery = MemoryDelivery(self, group, durable, kept[0], position, attempt, group.has_gap)
            if attempt > group.max_attempts:
                self.settle(group, delivery, f"not acknowledged in {group.max_attempts} attempts")
                continue
            group.has_gap = False
            return delivery

    def settle(self, group: Group, delivery: MemoryDelivery, dead_because: str | None = None) -> None:
        """Take an answer; the first one counts."""
        if group.settle(delivery.position):
            if dead_because is not None:
                attempts = min(delivery.attempt, group.max_attempts)
                letter = DeadLetter(delivery.event, delivery.durable, dead_because, attempts, delivery.position)
                self.dead_letters.append(letter)
            self.wake()

    def postpone(self, group: Group, delivery: MemoryDelivery, delay_sec: float) -> None:
        """Come again after `delay_sec`."""
        group.retry(delivery.position, delivery.attempt, self._clock.monotonic_ns() + int(delay_sec * NANOSECONDS))
        self.wake()

    def drop(self, group: Group) -> None:
        self._groups.discard(group)

    def wake(self) -> None:
        """Something changed: everybody who waits looks again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, group: Group) -> None:
        """Until something changed or an outstanding event of the group is due."""
        changed = self._changed
        due_ns = group.next_due_ns()
        if due_ns is None:
            await changed.wait()
            return
        delay_sec = (due_ns - self._clock.monotonic_ns()) / NANOSECONDS
        waits = [
            tasks.spawn(changed.wait(), name="events_wait"),
            tasks.spawn(self._clock.sleep(delay_sec), name="events_wait"),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _known(self, event: Event) -> int:
        """Position of an event with this id within the duplicate window; 0 = none."""
        oldest = self._clock.monotonic_ns() - int(DUPLICATE_WINDOW_SEC * NANOSECONDS)
        while self._ids and next(iter(self._ids.values()))[1] <= oldest:
            self._ids.popitem(last=False)
        return self._ids.get((event.source, event.id), (0, 0))[0]

    def _fill(self, group: Group, start: Start) -> None:
        """Give a new group the retained events from `start` on."""
        first = next(iter(self._events), self._position + 1)
        if start is NEW:
            return
        for position, (event, subject) in self._events.items():
            if _is_included(start, position, event):
                group.offer(position, subject)
        group.has_gap = first > 1 and (start is ALL or (isinstance(start, int) and start < first))


def _is_included(start: Start, position: int, event: Event) -> bool:
    if isinstance(start, datetime):
        return event.time >= start
    return start is ALL or (isinstance(start, int) and position >= start)


async def open_memory(*, clock: Clock | None = None) -> MemoryEvents:
    """The adapter `memory` of the registry."""
    return MemoryEvents(clock=clock)
