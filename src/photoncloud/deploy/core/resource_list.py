"""What of ours a machine holds, and the proof that nothing of it is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Everything we make in the kernel carries one of these names; nothing else is ever removed.
OUR_PREFIX = "photon-"
OUR_TABLE = "photon"

KINDS = ("process", "socket", "file", "cgroup", "netns", "link", "nft-table", "ipvs")


@dataclass(frozen=True, order=True, slots=True)
class Resource:
    """`kind` is one of KINDS, `name` what a person would call it (a pid with its command, an address, a path)."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def is_ours(kind: str, name: str) -> bool:
    """Whether a kernel object may be removed by its name."""
    return name == OUR_TABLE or name.startswith(OUR_PREFIX) if kind == "nft-table" else name.startswith(OUR_PREFIX)


def listed(found: Mapping[str, Iterable[str]]) -> tuple[Resource, ...]:
    """A listing as sorted resources, one kind after the other."""
    return tuple(Resource(kind, name) for kind in KINDS for name in sorted(set(found.get(kind, ()))))
