"""The contract of the registry port (chainfire specification 4.5).

A registration is kept alive by the adapter, never by the caller: heartbeat, re-registration after a lost lease and
take-over by another instance happen inside and show in `Registration.status`. A registry that is away degrades what
others see, never what this component serves.
"""

from __future__ import annotations

import enum
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol

from photoncloud.backends.registry.errors import BackendUnavailable, Fenced, InvalidMember, RegistryError

__all__ = [
    "BackendUnavailable",
    "Change",
    "ChangeKind",
    "Fenced",
    "InvalidMember",
    "Member",
    "Members",
    "Registration",
    "Registry",
    "RegistryError",
    "Service",
    "check_member",
]

MAX_METADATA_ENTRIES = 32
MAX_METADATA_KEY = 63
MAX_METADATA_VALUE = 255

_NAME = re.compile(r"[A-Za-z0-9._-]{1,128}")


def _empty() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Member:
    """One running component. `instance` is a UUID per process start; `endpoints` are name -> URL."""

    component: str
    component_id: str
    cluster_id: str
    instance: str
    started_at: datetime
    endpoints: Mapping[str, str] = field(default_factory=_empty)
    capabilities: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=_empty)
    version: str = ""
    mode: str = ""
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """One instance of a service that is found by name; it lives as long as its lease."""

    name: str
    instance_id: str
    address: str
    port: int
    protocol: str = "tcp"
    weight: int = 1
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=_empty)


class Members(NamedTuple):
    """`is_stale`: the registry is away, this is the last list known."""

    members: tuple[Member, ...]
    is_stale: bool


class ChangeKind(enum.Enum):
    SNAPSHOT = "snapshot"
    JOINED = "joined"
    CHANGED = "changed"
    LEFT = "left"


class Change(NamedTuple):
    """A snapshot carries everybody; any other change carries the one member concerned."""

    kind: ChangeKind
    members: tuple[Member, ...]


class Registration(Protocol):
    """This component's own record."""

    @property
    def status(self) -> str:
        """For the health check `registry`: "ok", or what is wrong ("component_id in use by <instance>")."""
        ...

    async def update(self, member: Member) -> None:
        """Replace the record (same component, component_id and instance); written when it changed. Raises Fenced."""
        ...

    async def close(self) -> None:
        """Take the record back. A second call does nothing."""
        ...


class Registry(Protocol):
    @property
    def capabilities(self) -> frozenset[str]:
        """Subset of {"shared"}: without it only this process is seen."""
        ...

    async def register(self, member: Member, *, ttl_sec: float = 30.0) -> Registration:
        """Make `member` known and keep it known; `ttl_sec` is how long it stays after this process died.

        A record of another instance under the same component_id is taken over. Raises InvalidMember. Does not fail
        when the registry is away: it is registered as soon as possible.
        """
        ...

    async def members(self, component: str | None = None) -> Members:
        """Everybody, or everybody of one component, by (component, component_id)."""
        ...

    async def services(self, name: str) -> tuple[Service, ...]:
        """Instances of a named service, by instance_id."""
        ...

    def watch(self) -> AsyncIterator[Change]:
        """A snapshot first, then joined / changed / left; after a loss of history a snapshot again."""
        ...

    async def close(self) -> None:
        """Take back all registrations and end watches. A second call does nothing."""
        ...


def check_member(member: Member) -> None:
    """Refuse names and metadata that may not become keys. Raises InvalidMember."""
    for name in ("component", "component_id", "cluster_id", "instance"):
        if not _NAME.fullmatch(getattr(member, name)):
            raise InvalidMember(name, f"{getattr(member, name)!r} is not [A-Za-z0-9._-]{{1,128}}")
    if member.started_at.utcoffset() is None:
        raise InvalidMember("started_at", "it needs a time zone")
    if len(member.metadata) > MAX_METADATA_ENTRIES:
        raise InvalidMember("metadata", f"more than {MAX_METADATA_ENTRIES} entries")
    for key, value in member.metadata.items():
        if not 0 < len(key) <= MAX_METADATA_KEY or len(value) > MAX_METADATA_VALUE:
            raise InvalidMember("metadata", f"entry {key[:MAX_METADATA_KEY]!r} is too long")
