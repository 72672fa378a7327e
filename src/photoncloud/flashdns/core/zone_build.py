"""Records → zone (or the findings that refuse it)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.finding import Finding
from photoncloud.flashdns.core.limits import ZoneLimits
from photoncloud.flashdns.core.master_file import Record
from photoncloud.flashdns.core.rdata import type_text
from photoncloud.flashdns.core.rdata_layout import LAYOUTS, canonical
from photoncloud.flashdns.core.zone import Node, RRset, Zone

HASH_OCTETS = 20  # SHA-1, the only NSEC3 hash
_HASH_LABEL_OCTETS = 32


@dataclass(slots=True)
class BuiltZone:
    """`zone` is None when there is no usable SOA; the findings say why."""

    zone: Zone | None
    findings: list[Finding]


def find_apex(records: Iterable[Record]) -> bytes | None:
    """The owner of the first SOA; None without one."""
    return next((record.owner for record in records if record.rtype == rr.SOA), None)


def build(records: Iterable[Record], apex: bytes, limits: ZoneLimits | None = None) -> BuiltZone:
    """Group records into nodes. Records outside the apex are left out with a warning, duplicates are kept once."""
    builder = _Builder(apex, limits or ZoneLimits())
    for record in records:
        builder.add(record)
    return builder.finish()


class _Draft:
    """An RRset that grows."""

    __slots__ = ("first", "keys", "rdatas", "ttl")

    def __init__(self, record: Record) -> None:
        self.first = record
        self.ttl = record.ttl
        self.rdatas = [record.rdata]
        self.keys: set[bytes] | None = None


class _Builder:
    def __init__(self, apex: bytes, limits: ZoneLimits) -> None:
        self._apex = apex.lower()
        self._limits = limits
        self._findings: list[Finding] = []
        self._nodes: dict[bytes, dict[int, _Draft]] = {}

    def add(self, record: Record) -> None:
        owner = record.owner.lower()
        sets = self._nodes.get(owner)
        if sets is None:
            if not names.is_under(owner, self._apex):
                self._find("out_of_zone", record, f"not below {names.to_text(self._apex)}, ignored")
                return
            sets = self._nodes[owner] = {}
        rtype = record.rtype
        key = rtype if rtype != rr.RRSIG else -1 - int.from_bytes(record.rdata[:2], "big")
        draft = sets.get(key)
        if draft is None:
            sets[key] = _Draft(record)
            if len(sets) > self._limits.max_types_per_name:
                self._find("limit_exceeded", record, f"more than {self._limits.max_types_per_name} types at one name")
        else:
            self._append(draft, record)
        if rtype == rr.SOA and owner != self._apex:
            self._find("soa_below_apex", record, f"the zone begins at {names.to_text(self._apex)}")

    def _append(self, draft: _Draft, record: Record) -> None:
        if record.ttl != draft.ttl:
            self._find("ttl_mismatch", record, f"TTL {record.ttl} beside {draft.ttl}: the lowest is used")
            draft.ttl = min(draft.ttl, record.ttl)
        rtype = record.rtype
        rdata = canonical(rtype, record.rdata) if rtype in LAYOUTS else record.rdata
        if draft.keys is None:
            draft.keys = {canonical(rtype, draft.rdatas[0])}
        if rdata in draft.keys:
            self._find("duplicate_record", record, "the same record stands twice")
            return
        draft.keys.add(rdata)
        draft.rdatas.append(record.rdata)
        if len(draft.rdatas) == self._limits.max_rrset_records + 1:
            self._find("limit_exceeded", record, f"more than {self._limits.max_rrset_records} records of one type")
        if rtype == rr.SOA:
            self._find("soa_multiple", record, "a second, different SOA")

    def _find(self, code: str, record: Record, message: str) -> None:
        owner, rtype = names.to_text(record.owner), type_text(record.rtype)
        self._findings.append(Finding(code, message, owner, rtype, record.file, record.line))

    def finish(self) -> BuiltZone:
        if rr.SOA not in self._nodes.get(self._apex, ()):
            apex = names.to_text(self._apex)
            self._findings.append(Finding("soa_missing", "no SOA at the apex", apex, "SOA"))
            return BuiltZone(None, self._findings)
        nodes: dict[bytes, Node] = {}
        hashed: dict[bytes, Node] = {}
        for name, sets in self._nodes.items():
            node = _node(sets)
            digest = hash_of(name, node, self._apex)
            if digest is None:
                nodes[name] = node
            else:
                hashed[digest] = node
        add_empty_non_terminals(nodes, self._apex)
        return BuiltZone(Zone(self._apex, nodes, hashed), self._findings)


def _node(sets: dict[int, _Draft]) -> Node:
    rrsets: dict[int, RRset] = {}
    signatures: dict[int, RRset] = {}
    name = b""
    for key, draft in sets.items():
        first = draft.first
        name = name or first.owner
        rrset = RRset(first.owner, first.rtype, draft.ttl, tuple(draft.rdatas))
        if key >= 0:
            rrsets[key] = rrset
        else:
            signatures[-1 - key] = rrset
    return Node(name, rrsets, signatures)


def hash_of(name: bytes, node: Node, apex: bytes) -> bytes | None:
    """The raw hash when the node is nothing but an NSEC3 record (RFC 5155 §7.2.8: not a name of the zone)."""
    if rr.NSEC3 not in node.rrsets or len(node.rrsets) > 1 or name[0] != _HASH_LABEL_OCTETS:
        return None
    if names.parent(name) != apex:
        return None
    try:
        digest = base64.b32hexdecode(name[1 : 1 + _HASH_LABEL_OCTETS].upper())
    except (binascii.Error, ValueError):
        return None
    return digest if len(digest) == HASH_OCTETS else None


def add_empty_non_terminals(nodes: dict[bytes, Node], apex: bytes) -> None:
    """Every name between a node and the apex exists (RFC 4592 §2.2.2)."""
    for name in list(nodes):
        while name != apex:
            name = names.parent(name)
            if name in nodes:
                break
            nodes[name] = Node(name, {}, {})
