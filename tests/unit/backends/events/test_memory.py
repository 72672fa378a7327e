"""What the memory bus shows besides the contract: dead letters, gaps, bounds."""

from __future__ import annotations

import pytest

from photoncloud.backends.events.memory import MemoryEvents
from photoncloud.backends.events.port import ALL, InvalidEvent, LimitExceeded
from photoncloud.testkit.clock import SimClock
from photoncloud.testkit.events_conformance import event, receive


async def test_a_terminated_event_is_a_dead_letter_with_its_reason() -> None:
    bus = MemoryEvents(clock=SimClock())
    subscription = bus.subscribe("photon.>", durable="d")
    await bus.publish(event(1))
    await (await receive(subscription)).term("cannot parse")
    (letter,) = bus.dead_letters
    assert (letter.event.id, letter.durable, letter.reason, letter.attempts) == ("id-1", "d", "cannot parse", 1)
    await bus.close()


async def test_an_event_nobody_acknowledges_dies_after_its_attempts() -> None:
    clock = SimClock()
    bus = MemoryEvents(clock=clock)
    subscription = bus.subscribe("photon.>", ack_wait_sec=10, max_attempts=2)
    await bus.publish(event(1))
    await bus.publish(event(2))
    for attempt in (1, 2):
        assert (await receive(subscription)).attempt == attempt
        await clock.advance(11)
    assert (await receive(subscription)).event.id == "id-2"
    assert [letter.attempts for letter in bus.dead_letters] == [2]
    await bus.close()


async def test_refusing_it_too_often_is_the_end_too() -> None:
    bus = MemoryEvents(clock=SimClock())
    subscription = bus.subscribe("photon.>", max_attempts=3)
    await bus.publish(event(1))
    for _ in range(3):
        await (await receive(subscription)).nak()
    assert bus.dead_letters[0].attempts == 3
    await bus.close()


async def test_a_consumer_that_slept_too_long_sees_a_gap_once() -> None:
    bus = MemoryEvents(clock=SimClock(), kept_events=5)
    subscription = bus.subscribe("photon.>", durable="slow")
    for number in range(8):
        await bus.publish(event(number, tenant=f"t{number}"))
    deliveries = [await receive(subscription) for _ in range(5)]
    assert [delivery.event.id for delivery in deliveries] == [f"id-{number}" for number in range(3, 8)]
    assert [delivery.gap for delivery in deliveries] == [True, False, False, False, False]
    await bus.close()


async def test_starting_at_all_after_events_were_dropped_is_a_gap() -> None:
    bus = MemoryEvents(clock=SimClock(), kept_events=2)
    for number in range(4):
        await bus.publish(event(number))
    assert (await receive(bus.subscribe("photon.>", start=ALL))).gap
    assert (await receive(bus.subscribe("photon.>", start=1))).gap
    assert not (await receive(bus.subscribe("photon.>", start=3))).gap
    await bus.close()


async def test_an_event_that_left_the_ring_while_being_worked_on_is_a_gap() -> None:
    clock = SimClock()
    bus = MemoryEvents(clock=clock, kept_events=2)
    subscription = bus.subscribe("photon.>", ack_wait_sec=10)
    await bus.publish(event(1, tenant="a"))
    await receive(subscription)
    for number in range(2, 5):
        await bus.publish(event(number, tenant="b"))
    await clock.advance(11)
    assert (await receive(subscription)).gap
    await bus.close()


async def test_a_durable_keeps_its_pattern() -> None:
    bus = MemoryEvents()
    bus.subscribe("photon.a.>", durable="d")
    with pytest.raises(InvalidEvent):
        bus.subscribe("photon.b.>", durable="d")
    await bus.close()


async def test_the_payload_limit_is_the_buses() -> None:
    bus = MemoryEvents(max_data_bytes=0)
    with pytest.raises(LimitExceeded):
        await bus.publish(event(1))
    await bus.close()
