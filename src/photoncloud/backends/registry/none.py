"""The null object: this process is the only member there is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from photoncloud.backends.registry.errors import BackendUnavailable, Fenced, InvalidMember
from photoncloud.backends.registry.port import Change, ChangeKind, Member, Members, Service, check_member


class NoneRegistration:
    """A record only this process sees."""

    def __init__(self, registry: NoneRegistry, member: Member) -> None:
        self._registry = registry
        self._member = member

    @property
    def status(self) -> str:
        holder = self._registry.holder(self._member)
        if holder is None or holder.instance == self._member.instance:
            return "ok"
        return f"component_id in use by {holder.instance}"

    async def update(self, member: Member) -> None:
        check_member(member)
        own = self._member
        if (member.component, member.component_id, member.instance) != (own.component, own.component_id, own.instance):
            raise InvalidMember("component_id", "an update keeps component, component_id and instance")
        holder = self._registry.holder(own)
        if holder is not None and holder.instance != own.instance:
            raise Fenced(own.component_id, holder.instance)
        if member != own:
            self._member = member
            self._registry.store(member)

    async def close(self) -> None:
        holder = self._registry.holder(self._member)
        if holder is not None and holder.instance == self._member.instance:
            self._registry.remove(self._member)


class NoneWatch(AsyncIterator[Change]):
    """Snapshot, then the changes this process makes itself."""

    def __init__(self, registry: NoneRegistry) -> None:
        self._registry = registry
        self._queue: asyncio.Queue[Change | None] = asyncio.Queue()  # fed only by this process's few registrations

    def tell(self, change: Change | None) -> None:
        self._queue.put_nowait(change)

    async def __anext__(self) -> Change:
        change = await self._queue.get()
        if change is None:
            raise StopAsyncIteration
        return change

    async def aclose(self) -> None:
        self._registry.leave(self)
        self.tell(None)


class NoneRegistry:
    """The adapter `none`."""

    capabilities: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self._members: dict[tuple[str, str], Member] = {}
        self._watches: set[NoneWatch] = set()
        self._is_closed = False

    async def register(self, member: Member, *, ttl_sec: float = 30.0) -> NoneRegistration:
        if self._is_closed:
            raise BackendUnavailable("the registry is closed")
        check_member(member)
        self.store(member)
        return NoneRegistration(self, member)

    async def members(self, component: str | None = None) -> Members:
        chosen = [member for _, member in sorted(self._members.items()) if component in (None, member.component)]
        return Members(tuple(chosen), is_stale=False)

    async def services(self, name: str) -> tuple[Service, ...]:
        return ()

    def watch(self) -> NoneWatch:
        watch = NoneWatch(self)
        watch.tell(Change(ChangeKind.SNAPSHOT, tuple(self._members.values())))
        if self._is_closed:
            watch.tell(None)
        self._watches.add(watch)
        return watch

    async def close(self) -> None:
        self._is_closed = True
        self._members.clear()
        for watch in self._watches:
            watch.tell(None)
        self._watches.clear()

    # For registrations and watches

    def holder(self, member: Member) -> Member | None:
        """The record now stored under this component_id."""
        return self._members.get((member.component, member.component_id))

    def store(self, member: Member) -> None:
        kind = ChangeKind.JOINED if self.holder(member) is None else ChangeKind.CHANGED
        self._members[member.component, member.component_id] = member
        self._tell(Change(kind, (member,)))

    def remove(self, member: Member) -> None:
        self._tell(Change(ChangeKind.LEFT, (self._members.pop((member.component, member.component_id)),)))

    def leave(self, watch: NoneWatch) -> None:
        self._watches.discard(watch)

    def _tell(self, change: Change) -> None:
        for watch in self._watches:
            watch.tell(change)


async def open_none() -> NoneRegistry:
    """The adapter `none` of the registry."""
    return NoneRegistry()
