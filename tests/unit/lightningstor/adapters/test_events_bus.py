"""Outbox events on the bus: routed by target, subjects that cannot be attributes left out."""

from __future__ import annotations

import json

import pytest

from photoncloud.backends.events.errors import PermissionDenied
from photoncloud.backends.events.memory import MemoryEvents
from photoncloud.backends.events.port import BackendUnavailable, Event, Published
from photoncloud.lightningstor.adapters.events_bus import BusSink, NoTargets
from photoncloud.lightningstor.errors import EventRefused, EventsUnavailable


class Bus:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.is_away = False

    async def publish(self, event: Event, *, timeout_sec: float = 5.0) -> Published:
        if self.is_away:
            raise BackendUnavailable("away", maybe_applied=False)
        self.events.append(event)
        return Published(1, duplicate=False, stored=True)


def envelope(subject: str = "bkt/key") -> bytes:
    return json.dumps(
        {
            "type": "photon.lightningstor.object.created",
            "source": "/photon/lightningstor/one",
            "time": "2026-01-01T00:00:00.000Z",
            "subject": subject,
            "data": {"eventName": "ObjectCreated:Put"},
        }
    ).encode()


async def test_a_target_is_part_of_the_route() -> None:
    bus = Bus()
    sink = BusSink(bus)  # type: ignore[arg-type]
    await sink.publish("My.Queue", "id-1", envelope())
    await sink.publish("", "id-2", envelope())
    named, own = bus.events
    assert named.route == "photon.lightningstor._.object.created.my_queue"
    assert named.extensions["photontarget"] == "My.Queue"
    assert own.route == ""
    assert json.loads(named.data) == {"eventName": "ObjectCreated:Put"}
    assert sink.serves("anything")
    assert not sink.serves("t" * 64), "a part of a subject has 63 bytes"


@pytest.mark.parametrize("key", ["x" * 1024, "line\nbreak"])
async def test_keys_that_fit_no_attribute_stand_in_the_data_only(key: str) -> None:
    bus = Bus()
    await BusSink(bus).publish("q", "id", envelope(f"bucket/{key}"))  # type: ignore[arg-type]
    assert bus.events[0].subject == ""


async def test_an_outage_is_told_in_the_components_words() -> None:
    bus = Bus()
    bus.is_away = True
    with pytest.raises(EventsUnavailable):
        await BusSink(bus).publish("q", "id", envelope())  # type: ignore[arg-type]


async def test_without_events_no_target_is_served() -> None:
    assert not NoTargets().serves("q")
    await NoTargets().publish("q", "id", envelope())


async def test_what_the_bus_will_never_take_is_refused_for_good() -> None:
    bus = MemoryEvents()
    with pytest.raises(EventRefused):
        await BusSink(bus).publish("q", "i" * 200, envelope())
    await bus.close()


async def test_a_missing_right_may_be_given_later() -> None:
    class Closed(Bus):
        async def publish(self, event: Event, *, timeout_sec: float = 5.0) -> Published:
            raise PermissionDenied("photon.lightningstor")

    with pytest.raises(EventsUnavailable):
        await BusSink(Closed()).publish("q", "id", envelope())  # type: ignore[arg-type]
