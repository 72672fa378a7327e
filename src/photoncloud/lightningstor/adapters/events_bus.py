"""EventSink over the shared events port: the outbox's CloudEvents become events of the bus."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from photoncloud.backends.events.errors import EventsError, InvalidEvent, LimitExceeded
from photoncloud.backends.events.event import MAX_ATTRIBUTE_BYTES, Event
from photoncloud.backends.events.port import EventBus
from photoncloud.backends.events.subjects import NO_TENANT, token
from photoncloud.lightningstor.errors import EventRefused, EventsUnavailable

TARGET = "photontarget"
"""Extension attribute that names the destination of the bucket's configuration."""
TOKEN_BYTES_MAX = 63
"""What one part of a subject may have."""


class BusSink:
    """Every target is a subject of the bus: consumers subscribe to it by name."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus

    def serves(self, target: str) -> bool:
        """Any name that can be part of a subject."""
        return len(token(target)) <= TOKEN_BYTES_MAX

    async def publish(self, target: str, event_id: str, event: bytes) -> None:
        try:
            await self._bus.publish(_event(target, event_id, json.loads(event)))
        except (InvalidEvent, LimitExceeded) as error:
            raise EventRefused(str(error)) from error
        except EventsError as error:
            raise EventsUnavailable(str(error)) from error


class NoTargets:
    """Events are switched off: no bucket may name a target, and nothing is ever published."""

    def serves(self, target: str) -> bool:
        return False

    async def publish(self, target: str, event_id: str, event: bytes) -> None:
        """Rows written while a bus was configured are dropped with it switched off."""


def _event(target: str, event_id: str, envelope: dict[str, Any]) -> Event:
    kind = str(envelope["type"])
    route, extensions = "", {}
    if target:
        family, leaves = kind.split(".")[1], kind.split(".")[2:]
        route = ".".join(["photon", family, NO_TENANT, *leaves, token(target)])
        extensions[TARGET] = target
    return Event(
        id=event_id,
        source=str(envelope["source"]),
        type=kind,
        time=datetime.fromisoformat(str(envelope["time"]).replace("Z", "+00:00")),
        subject=_subject(str(envelope["subject"])),
        data=json.dumps(envelope["data"], separators=(",", ":")).encode(),
        extensions=extensions,
        route=route,
    )


def _subject(subject: str) -> str:
    """`bucket/key`, or nothing when the key cannot stand in an attribute; the data has it in full."""
    fits = len(subject.encode()) <= MAX_ATTRIBUTE_BYTES and subject.isprintable()
    return subject if fits else ""
