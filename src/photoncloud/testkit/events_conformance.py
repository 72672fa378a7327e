"""Conformance suite of the events port; every adapter's test module subclasses it and gives the fixture `subject`.

`subject.open()` makes a bus on the same state each time; `advance(seconds)` lets its clock pass.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from photoncloud.backends.events.port import (
    ALL,
    BackendUnavailable,
    Delivery,
    Event,
    EventBus,
    InvalidEvent,
    LimitExceeded,
)

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class BusSubject:
    open: Callable[[], Awaitable[EventBus]]
    advance: Callable[[float], Awaitable[None]]


def event(number: int, *, kind: str = "photon.dns.zone.changed", tenant: str = "", **other: Any) -> Event:
    extensions = {"photontenant": tenant} if tenant else {}
    time = BEGINNING + timedelta(seconds=number)
    return Event(
        f"id-{number}", "/photon/flashdns/dns-1", kind, time, data=b"%d" % number, extensions=extensions, **other
    )


async def receive(subscription: AsyncIterator[Delivery]) -> Delivery:
    async with asyncio.timeout(10):
        return await anext(subscription)


async def is_silent(subscription: AsyncIterator[Delivery]) -> bool:
    """Whether nothing is delivered although the loop had every chance."""
    task = asyncio.ensure_future(receive(subscription))
    for _ in range(20):
        await asyncio.sleep(0)
    silent = not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return silent


class EnvelopeSuite:
    """What every bus refuses, storing or not."""

    @pytest.fixture
    async def bus(self, subject: BusSubject) -> AsyncIterator[EventBus]:
        bus = await subject.open()
        yield bus
        await bus.close()

    @pytest.mark.parametrize(
        "changes",
        [
            {"id": ""},
            {"source": ""},
            {"source": "flashdns"},
            {"type": "zone.changed"},
            {"type": "photon.dns"},
            {"type": "photon.DNS.changed"},
            {"subject": "a\r\nb"},
            {"extensions": {"Bad-Name": "x"}},
            {"extensions": {"data": "x"}},
            {"extensions": {"fine": "a\nb"}},
            {"time": datetime(2026, 1, 1)},
            {"datacontenttype": ""},
            {"route": "elsewhere.x"},
            {"route": "photon.a.b.c.d.e.f.g.h"},
            {"route": "photon.dns.UPPER"},
        ],
    )
    async def test_a_bad_envelope_is_refused(self, bus: EventBus, changes: dict[str, Any]) -> None:
        good = event(1)
        fields = {name: getattr(good, name) for name in Event.__slots__}
        with pytest.raises(InvalidEvent):
            await bus.publish(Event(**(fields | changes)))

    async def test_too_much_is_refused(self, bus: EventBus) -> None:
        with pytest.raises(LimitExceeded):
            await bus.publish(Event("i" * 129, "/photon/x/y", "photon.a.b", BEGINNING))
        with pytest.raises(LimitExceeded):
            await bus.publish(Event("i", "/photon/x/y", "photon.a.b", BEGINNING, data=b"x" * (2 << 20)))

    @pytest.mark.parametrize("pattern", ["", "photon.>.x", "photon.a*", "photon..x", "photon.A"])
    async def test_a_bad_pattern_is_refused(self, bus: EventBus, pattern: str) -> None:
        with pytest.raises(InvalidEvent):
            bus.subscribe(pattern)

    async def test_close_ends_subscriptions_and_refuses_publishing(self, bus: EventBus) -> None:
        subscription = bus.subscribe("photon.>")
        reader = asyncio.ensure_future(anext(subscription, None))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        await bus.close()
        async with asyncio.timeout(10):
            assert await reader is None
        with pytest.raises(BackendUnavailable):
            await bus.publish(event(1))
        await bus.close()

    async def test_a_subscription_can_be_left(self, bus: EventBus) -> None:
        subscription: Any = bus.subscribe("photon.>")
        reader = asyncio.ensure_future(anext(subscription, None))
        await asyncio.sleep(0)
        await subscription.aclose()
        async with asyncio.timeout(10):
            assert await reader is None
        await bus.publish(event(1))


class DeliverySuite(EnvelopeSuite):
    """Buses that store."""

    async def test_what_is_published_arrives_as_it_was(self, bus: EventBus) -> None:
        subscription = bus.subscribe("photon.dns.>")
        sent = event(1, tenant="acme", subject="example.com")
        published = await bus.publish(sent)
        assert (published.duplicate, published.stored) == (False, True)
        delivery = await receive(subscription)
        assert (delivery.event, delivery.position, delivery.attempt, delivery.gap) == (
            sent,
            published.position,
            1,
            False,
        )
        await delivery.ack()

    async def test_the_same_id_is_stored_once(self, bus: EventBus, subject: BusSubject) -> None:
        subscription = bus.subscribe("photon.>")
        first = await bus.publish(event(1))
        again = await bus.publish(event(1))
        assert (again.position, again.duplicate) == (first.position, True)
        await bus.publish(event(2))
        for expected in ("id-1", "id-2"):
            delivery = await receive(subscription)
            assert delivery.event.id == expected
            await delivery.ack()
        await subject.advance(121)
        assert not (await bus.publish(event(1))).duplicate

    async def test_one_id_of_two_sources_is_two_events(self, bus: EventBus) -> None:
        await bus.publish(event(1))
        other = Event("id-1", "/photon/fiberlb/lb-1", "photon.lb.changed", BEGINNING)
        assert not (await bus.publish(other)).duplicate

    async def test_patterns_choose(self, bus: EventBus) -> None:
        one = bus.subscribe("photon.dns.*.zone.changed")
        acme = bus.subscribe("photon.*.acme.>")
        await bus.publish(event(1, tenant="acme"))
        await bus.publish(event(2, tenant="umbrella"))
        await bus.publish(event(3, kind="photon.lb.rule.changed", tenant="acme"))
        await bus.publish(event(4, route="photon.zone.default.example_com"))
        assert [(await receive(one)).event.id for _ in range(1)] == ["id-1"]
        assert (await receive(acme)).event.id == "id-1"
        assert (await receive(acme)).event.id == "id-3"
        assert await is_silent(acme)

    async def test_order_per_subject(self, bus: EventBus) -> None:
        subscription = bus.subscribe("photon.>")
        for number in range(60):
            await bus.publish(event(number, tenant=f"t{number % 3}"))
        seen: dict[str, list[int]] = {"t0": [], "t1": [], "t2": []}
        for _ in range(60):
            delivery = await receive(subscription)
            seen[delivery.event.extensions["photontenant"]].append(int(delivery.event.data))
            await delivery.ack()
        assert all(numbers == sorted(numbers) and len(numbers) == 20 for numbers in seen.values())

    async def test_a_durable_continues_at_the_first_unacknowledged_event(self, bus: EventBus) -> None:
        first: Any = bus.subscribe("photon.>", durable="worker", start=ALL, ack_wait_sec=30)
        for number in range(3):
            await bus.publish(event(number, tenant=f"t{number}"))
        await (await receive(first)).ack()
        await first.aclose()
        await bus.publish(event(3, tenant="t3"))
        second = bus.subscribe("photon.>", durable="worker")
        assert [(await receive(second)).event.id for _ in range(3)] == ["id-1", "id-2", "id-3"]

    async def test_start(self, bus: EventBus) -> None:
        positions = [(await bus.publish(event(number, tenant=f"t{number}"))).position for number in range(4)]
        assert (await receive(bus.subscribe("photon.>", start=ALL))).event.id == "id-0"
        assert (await receive(bus.subscribe("photon.>", start=positions[2]))).event.id == "id-2"
        later = BEGINNING + timedelta(seconds=3)
        assert (await receive(bus.subscribe("photon.>", start=later))).event.id == "id-3"
        assert await is_silent(bus.subscribe("photon.>"))

    async def test_unacknowledged_events_come_again_before_later_ones(self, bus: EventBus, subject: BusSubject) -> None:
        subscription = bus.subscribe("photon.>", ack_wait_sec=30)
        await bus.publish(event(1))
        await bus.publish(event(2))
        assert (await receive(subscription)).attempt == 1
        await subject.advance(31)
        again = await receive(subscription)
        assert (again.event.id, again.attempt) == ("id-1", 2)
        await again.ack()
        assert (await receive(subscription)).event.id == "id-2"

    async def test_in_progress_puts_the_wait_off(self, bus: EventBus, subject: BusSubject) -> None:
        subscription = bus.subscribe("photon.>", ack_wait_sec=30)
        await bus.publish(event(1))
        delivery = await receive(subscription)
        await subject.advance(20)
        await delivery.in_progress()
        await subject.advance(20)
        assert await is_silent(subscription)
        await subject.advance(11)
        assert (await receive(subscription)).attempt == 2

    async def test_nak_delays(self, bus: EventBus, subject: BusSubject) -> None:
        subscription = bus.subscribe("photon.>")
        await bus.publish(event(1))
        await (await receive(subscription)).nak(5)
        assert await is_silent(subscription)
        await subject.advance(6)
        assert (await receive(subscription)).attempt == 2

    async def test_max_in_flight(self, bus: EventBus) -> None:
        subscription = bus.subscribe("photon.>", max_in_flight=2)
        for number in range(3):
            await bus.publish(event(number, tenant=f"t{number}"))
        first = await receive(subscription)
        await receive(subscription)
        assert await is_silent(subscription)
        await first.ack()
        assert (await receive(subscription)).event.id == "id-2"

    async def test_two_subscribers_of_one_durable_share_the_work(self, bus: EventBus) -> None:
        if "queue" not in bus.capabilities:
            pytest.skip("no queue")
        workers = [bus.subscribe("photon.>", durable="pool", max_in_flight=100) for _ in range(2)]
        for number in range(10):
            await bus.publish(event(number, tenant=f"t{number}"))
        seen = []
        for turn in range(10):
            delivery = await receive(workers[turn % 2])
            seen.append(delivery.event.id)
            await delivery.ack()
        assert sorted(seen) == [f"id-{number}" for number in range(10)]
        assert await is_silent(workers[0])

    async def test_a_subscription_without_a_name_gets_everything(self, bus: EventBus) -> None:
        both = [bus.subscribe("photon.>") for _ in range(2)]
        await bus.publish(event(1))
        assert [(await receive(subscription)).event.id for subscription in both] == ["id-1", "id-1"]
