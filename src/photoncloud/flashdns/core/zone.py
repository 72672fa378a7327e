"""An immutable zone: the names that exist, with their records or as empty non-terminals.

Nothing here changes after `core.zone_build` or `core.change_set` made it; readers share it without locks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple, Protocol

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.rdata import soa_fields


class RRset(NamedTuple):
    """Records of one owner and type. `owner` and rdata keep the case they were written in, order is the file's."""

    owner: bytes
    rtype: int
    ttl: int
    rdatas: tuple[bytes, ...]


class Node:
    """A name that exists. `rrsets` by type without RRSIG; `signatures` by covered type. Both empty: a non-terminal."""

    __slots__ = ("name", "rrsets", "signatures")

    def __init__(self, name: bytes, rrsets: dict[int, RRset], signatures: dict[int, RRset]) -> None:
        self.name = name
        self.rrsets = rrsets
        self.signatures = signatures

    def __repr__(self) -> str:
        return f"Node({names.to_text(self.name)}, {sorted(self.rrsets)})"

    def all_rrsets(self) -> Iterator[RRset]:
        """Every set, signatures beside what they cover."""
        for rtype, rrset in self.rrsets.items():
            yield rrset
            if rtype in self.signatures:
                yield self.signatures[rtype]
        for rtype, signatures in self.signatures.items():
            if rtype not in self.rrsets:
                yield signatures


class Nsec3Param(NamedTuple):
    """How names of the zone are hashed (RFC 5155 §4)."""

    algorithm: int
    iterations: int
    salt: bytes


class ZoneReader(Protocol):
    """What the lookup needs of a zone: the built object and the compiled image both give it. Names are folded."""

    @property
    def apex(self) -> bytes:
        """The folded apex."""
        ...

    @property
    def is_signed(self) -> bool: ...

    @property
    def nsec3(self) -> Nsec3Param | None:
        """None: the zone proves absence with NSEC (or, unsigned, not at all)."""
        ...

    def find(self, name: bytes) -> Node | None:
        """The node of a name that exists."""
        ...

    def nsec_before(self, name: bytes) -> Node | None:
        """The last node with an NSEC at or before `name` in canonical order; None without any."""
        ...

    def nsec3_at(self, digest: bytes) -> Node | None:
        """The NSEC3 node whose hash is exactly `digest`."""
        ...

    def nsec3_before(self, digest: bytes) -> Node | None:
        """The NSEC3 node with the largest hash below or equal `digest`, else the last of the ring."""
        ...


class Zone:
    """All of one zone at one revision. `nodes` by folded name; `hashed` the NSEC3 nodes by raw hash."""

    def __init__(self, apex: bytes, nodes: dict[bytes, Node], hashed: dict[bytes, Node]) -> None:
        self.apex = apex.lower()
        self.nodes = nodes
        self.hashed = hashed

    @property
    def apex_node(self) -> Node:
        return self.nodes[self.apex]

    @property
    def soa(self) -> RRset:
        return self.apex_node.rrsets[rr.SOA]

    @cached_property
    def serial(self) -> int:
        return soa_fields(self.soa.rdatas[0])[2]

    @property
    def is_signed(self) -> bool:
        """Whether the SOA carries a signature."""
        return rr.SOA in self.apex_node.signatures

    @cached_property
    def nsec3(self) -> Nsec3Param | None:
        param = self.apex_node.rrsets.get(rr.NSEC3PARAM)
        if param is None or not self.hashed:
            return None
        rdata = param.rdatas[0]
        return Nsec3Param(rdata[0], int.from_bytes(rdata[2:4], "big"), rdata[5:])

    def find(self, name: bytes) -> Node | None:
        return self.nodes.get(name)

    @cached_property
    def _nsec_order(self) -> tuple[list[tuple[bytes, ...]], list[Node]]:
        pairs = sorted((names.canonical_key(name), name) for name, node in self.nodes.items() if rr.NSEC in node.rrsets)
        return [key for key, _ in pairs], [self.nodes[name] for _, name in pairs]

    @cached_property
    def _nsec3_order(self) -> list[bytes]:
        return sorted(self.hashed)

    def nsec_before(self, name: bytes) -> Node | None:
        keys, nodes = self._nsec_order
        return nodes[bisect_right(keys, names.canonical_key(name)) - 1] if nodes else None

    def nsec3_at(self, digest: bytes) -> Node | None:
        return self.hashed.get(digest)

    def nsec3_before(self, digest: bytes) -> Node | None:
        order = self._nsec3_order
        return self.hashed[order[bisect_right(order, digest) - 1]] if order else None

    def rrsets(self) -> Iterator[RRset]:
        """Every set of the zone, the SOA first, hashed names last."""
        yield self.soa
        for node in (*self.nodes.values(), *self.hashed.values()):
            for rrset in node.all_rrsets():
                if rrset.rtype != rr.SOA:
                    yield rrset

    @cached_property
    def record_count(self) -> int:
        return sum(len(rrset.rdatas) for rrset in self.rrsets())


def is_cut(node: Node, name: bytes, apex: bytes) -> bool:
    """Whether authority ends here: NS below the apex."""
    return rr.NS in node.rrsets and name != apex


def covering_cut(zone: ZoneReader, name: bytes) -> bytes | None:
    """The first cut met on the way from the apex to `name` (which may be the cut itself); None when authoritative."""
    if not names.is_under(name, zone.apex):
        return None
    for position in reversed(names.offsets(name[: len(name) - len(zone.apex)] + names.ROOT)[:-1]):
        node = zone.find(name[position:])
        if node is not None and rr.NS in node.rrsets:
            return name[position:]
    return None
