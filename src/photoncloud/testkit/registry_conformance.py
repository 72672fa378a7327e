"""Conformance suite of the registry port; an adapter's test module subclasses it and gives the fixture `subject`.

`subject` is an async callable that opens a registry on the same state each time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from photoncloud.backends.registry.port import Change, ChangeKind, Fenced, InvalidMember, Member, Registry

RegistrySubject = Callable[[], Awaitable[Registry]]


def member(component: str = "flashdns", component_id: str = "dns-1", instance: str = "i-1", **other: Any) -> Member:
    return Member(component, component_id, "cluster-1", instance, datetime(2026, 1, 1, tzinfo=UTC), **other)


async def change(watch: AsyncIterator[Change]) -> Change:
    async with asyncio.timeout(10):
        return await anext(watch)


class RegistrySuite:
    @pytest.fixture
    async def registry(self, subject: RegistrySubject) -> AsyncIterator[Registry]:
        registry = await subject()
        yield registry
        await registry.close()

    async def test_a_registered_member_is_seen_until_it_leaves(self, registry: Registry) -> None:
        me = member(endpoints={"dns": "udp://10.0.0.1:53"}, metadata={"zone": "a"})
        registration = await registry.register(me)
        assert registration.status == "ok"
        assert (await registry.members()).members == (me,)
        assert (await registry.members("flashdns")).members == (me,)
        assert (await registry.members("fiberlb")).members == ()
        await registration.close()
        await registration.close()
        assert (await registry.members()).members == ()

    async def test_members_come_in_order(self, registry: Registry) -> None:
        for component, component_id in (("b", "2"), ("a", "9"), ("b", "1")):
            await registry.register(member(component, component_id))
        found = (await registry.members()).members
        assert [(one.component, one.component_id) for one in found] == [("a", "9"), ("b", "1"), ("b", "2")]

    async def test_a_watch_starts_with_everybody(self, registry: Registry) -> None:
        first = await registry.register(member())
        watch = registry.watch()
        assert await change(watch) == Change(ChangeKind.SNAPSHOT, (member(),))
        other = member("fiberlb", "lb-1")
        await registry.register(other)
        assert await change(watch) == Change(ChangeKind.JOINED, (other,))
        changed = member(metadata={"zone": "b"})
        await first.update(changed)
        await first.update(changed)
        assert await change(watch) == Change(ChangeKind.CHANGED, (changed,))
        await first.close()
        assert await change(watch) == Change(ChangeKind.LEFT, (changed,))

    async def test_the_newcomer_takes_over_and_the_displaced_is_fenced(self, registry: Registry) -> None:
        old = await registry.register(member())
        new = await registry.register(member(instance="i-2"))
        assert old.status == "component_id in use by i-2"
        assert new.status == "ok"
        with pytest.raises(Fenced) as fenced:
            await old.update(member(metadata={"zone": "x"}))
        assert fenced.value.instance == "i-2"
        await old.close()
        assert (await registry.members()).members == (member(instance="i-2"),)

    @pytest.mark.parametrize(
        "bad",
        [
            member(component="a/b"),
            member(component_id=""),
            member(component_id="x" * 129),
            member(instance="ä"),
            member(metadata={"k" * 64: "v"}),
            member(metadata={"k": "v" * 256}),
            member(metadata={str(number): "" for number in range(33)}),
            replace(member(), started_at=datetime(2026, 1, 1)),
        ],
    )
    async def test_bad_records_are_refused(self, registry: Registry, bad: Member) -> None:
        with pytest.raises(InvalidMember):
            await registry.register(bad)
        assert (await registry.members()).members == ()

    async def test_an_update_stays_the_same_member(self, registry: Registry) -> None:
        registration = await registry.register(member())
        with pytest.raises(InvalidMember):
            await registration.update(member(component_id="other"))

    async def test_unknown_services_have_no_instances(self, registry: Registry) -> None:
        assert await registry.services("web") == ()

    async def test_close_ends_watches(self, registry: Registry) -> None:
        watch = registry.watch()
        await change(watch)
        await registry.close()
        async with asyncio.timeout(10):
            assert await anext(watch, None) is None  # type: ignore[arg-type]
        await registry.close()

    async def test_a_watch_can_be_left(self, registry: Registry) -> None:
        watch: Any = registry.watch()
        await change(watch)
        await watch.aclose()
        assert await anext(watch, None) is None
