from __future__ import annotations

from datetime import UTC, datetime

from photoncloud.backends.events.event import Event
from photoncloud.backends.events.none import open_none
from photoncloud.backends.events.port import Published


async def test_events_are_counted_and_dropped() -> None:
    bus = await open_none()
    for number in range(3):
        event = Event(f"{number}", "/photon/a/b", "photon.dns.zone", datetime(2026, 1, 1, tzinfo=UTC))
        assert await bus.publish(event) == Published(0, duplicate=False, stored=False)
    assert bus.dropped == 3
    assert bus.capabilities == frozenset()
    await bus.close()
