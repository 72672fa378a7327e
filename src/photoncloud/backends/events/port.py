"""The contract of the events port (eventbus specification 4.1).

Publishing returns when the adapter's durability is reached. Subscribing delivers at least once, per subject in
publication order; repeats carry the same id. `gap` on a delivery says that events before it may be missing: the
consumer reads its state anew. Who needs an effect exactly once stores the id together with the effect.
"""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple, Protocol, TypeAlias

from photoncloud.backends.events.errors import (
    BackendUnavailable,
    EventsError,
    InvalidEvent,
    LimitExceeded,
    PermissionDenied,
    Unsupported,
)
from photoncloud.backends.events.event import Event

__all__ = [
    "ALL",
    "NEW",
    "BackendUnavailable",
    "Delivery",
    "Event",
    "EventBus",
    "EventsError",
    "InvalidEvent",
    "LimitExceeded",
    "PermissionDenied",
    "Published",
    "Start",
    "StartKind",
    "Unsupported",
]


class StartKind(enum.Enum):
    NEW = "new"
    ALL = "all"


NEW = StartKind.NEW
ALL = StartKind.ALL
Start: TypeAlias = StartKind | int | datetime
"""Only new events, everything retained, from a position on (inclusive), or from a time on."""


class Published(NamedTuple):
    """`position` grows with publication (0 = not stored); `duplicate`: this id was known, nothing new happens."""

    position: int
    duplicate: bool
    stored: bool


class Delivery(Protocol):
    """One event handed to a consumer, who answers with exactly one of `ack`, `nak` and `term`."""

    @property
    def event(self) -> Event: ...

    @property
    def position(self) -> int: ...

    @property
    def attempt(self) -> int:
        """1 at the first delivery."""
        ...

    @property
    def gap(self) -> bool:
        """Events before this one may be missing: list your state again."""
        ...

    async def ack(self) -> None:
        """Done with it; a repeat does no harm."""
        ...

    async def nak(self, delay_sec: float = 0.0) -> None:
        """Not now: deliver it again after `delay_sec`, with the next attempt number."""
        ...

    async def term(self, reason: str) -> None:
        """Never again: it becomes a dead letter with `reason`."""
        ...

    async def in_progress(self) -> None:
        """Still working: the acknowledgement wait starts anew."""
        ...


class EventBus(Protocol):
    """Calls may come from any task of one event loop."""

    @property
    def capabilities(self) -> frozenset[str]:
        """Subset of {"durable", "shared", "replay", "ordered", "queue"}."""
        ...

    async def publish(self, event: Event, *, timeout_sec: float = 5.0) -> Published:
        """Idempotent by (source, id) within the adapter's window.

        Raises BackendUnavailable (with `maybe_applied`: publish again with the same id), LimitExceeded, InvalidEvent,
        PermissionDenied. Not for request paths: it waits for the bus.
        """
        ...

    def subscribe(
        self,
        pattern: str,
        *,
        durable: str | None = None,
        start: Start = NEW,
        max_in_flight: int = 256,
        ack_wait_sec: float = 30.0,
        max_attempts: int = 10,
    ) -> AsyncIterator[Delivery]:
        """Deliveries of the subjects that match; registered when this returns.

        `durable` names a position that survives the subscription: it continues at the first unacknowledged event and
        `start` counts only the first time. Two subscriptions of one durable share the work (capability "queue",
        else Unsupported). What is not answered within `ack_wait_sec` comes again; after `max_attempts` it becomes a
        dead letter. Ends with `aclose()` of the iterator or `close()` of the bus.
        """
        ...

    async def close(self) -> None:
        """End subscriptions. A second call does nothing."""
        ...
