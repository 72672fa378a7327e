"""The conformance suite of the events port on every adapter that needs no server."""

from __future__ import annotations

import pytest

from photoncloud.backends.events.memory import MemoryEvents
from photoncloud.backends.events.none import NoneEvents
from photoncloud.testkit.clock import SimClock
from photoncloud.testkit.events_conformance import BusSubject, DeliverySuite, EnvelopeSuite


class TestMemory(DeliverySuite):
    @pytest.fixture
    def subject(self) -> BusSubject:
        clock = SimClock()

        async def open_bus() -> MemoryEvents:
            return MemoryEvents(clock=clock)

        return BusSubject(open_bus, clock.advance)


class TestNone(EnvelopeSuite):
    @pytest.fixture
    def subject(self) -> BusSubject:
        async def open_bus() -> NoneEvents:
            return NoneEvents()

        return BusSubject(open_bus, SimClock().advance)
