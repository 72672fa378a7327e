"""Zone → image: every answer that depends on nothing but (name, type, DO) is finished here once.

The lookup of `core.answer` decides, `core.render` writes; this file only lays the results down
(format: `core.image_format`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import NamedTuple

from photoncloud.flashdns.core import image_format as fmt
from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.answer import Answer, AnswerOptions, answer
from photoncloud.flashdns.core.image_answers import AnswerStore, Trailer
from photoncloud.flashdns.core.piece import Piece
from photoncloud.flashdns.core.rdata_layout import LAYOUTS
from photoncloud.flashdns.core.zone import Node, RRset, Zone

BUILDER_VERSION = 1
# Tables tried for short probes: with good hashing the load of the last one gives them to millions of names.
SEEDS_TRIED, GROWTHS_TRIED = 2, 3
# Questions worth finishing for an alias; other types are rare and take the reference path.
_ALIAS_TYPES = (rr.A, rr.AAAA, rr.HTTPS, rr.MX, rr.TXT)
_PRIVATE_TYPES = range(65280, 65535)  # RFC 6895: one the zone lacks stands for every type a node does not have


# Types whose answers hold more than the set itself, or names that are compressed.
_EMBEDDING = frozenset({*LAYOUTS, rr.RRSIG})


class Probe(NamedTuple):
    """A name to ask for, the type, and where the answer is filed."""

    qname: bytes
    qtype: int
    filed: int
    shape: int


def build_image(
    zone: Zone, *, revision: int = 0, options: AnswerOptions | None = None, meta: Mapping[str, object] | None = None
) -> bytes:
    """The image of a zone that passed the checker. `meta` is kept as JSON (sources, findings, time)."""
    builder = _Builder(zone, options or AnswerOptions())
    builder.add_nodes()
    builder.add_answers()
    return builder.finish(revision, meta or {})


class _Builder:
    def __init__(self, zone: Zone, options: AnswerOptions) -> None:
        self._zone = zone
        self._options = options
        self._order = sorted(zone.nodes, key=names.canonical_key)
        self._index = {name: number for number, name in enumerate(self._order)}
        self._hashed = sorted(zone.hashed.items())
        self._names = bytearray()
        self._name_at: dict[bytes, int] = {}
        self._rrsets = bytearray()
        self._rrset_count = 0
        self._data = bytearray()
        self._first_rrset: list[tuple[int, int]] = []
        self._flags = self._node_flags()
        self._answers = AnswerStore(zone.apex, self._index)
        self._defaults: dict[int, int] = {}
        self._runs: dict[int, tuple[int, int]] = {}
        self._dependants: set[tuple[int, int]] = set()
        self._nxdomain: dict[int, int] = {}
        self._trailer: Trailer | None = None
        self._nodata: int | None = None
        servers = zone.apex_node.rrsets.get(rr.NS)
        self._server_names = {rdata.lower() for rdata in servers.rdatas} if servers is not None else set()
        present = {rtype for node in zone.nodes.values() for rtype in node.rrsets}
        self._absent_type = next((rtype for rtype in _PRIVATE_TYPES if rtype not in present), 0)
        self._shapes = (0, fmt.SHAPE_DO) if zone.is_signed else (0,)

    # --- nodes

    def _node_flags(self) -> list[int]:
        zone, flags = self._zone, []
        seen: dict[bytes, int] = {}
        for name in self._order:  # parents come before children in canonical order
            node = zone.nodes[name]
            mine = 0 if node.rrsets or node.signatures else fmt.NODE_ENT
            if name == zone.apex:
                mine |= fmt.NODE_APEX
            else:
                above = seen[names.parent(name)]
                if above & (fmt.NODE_CUT | fmt.NODE_OCCLUDED):
                    mine |= fmt.NODE_OCCLUDED
                if above & (fmt.NODE_DNAME | fmt.NODE_BELOW_DNAME):
                    mine |= fmt.NODE_BELOW_DNAME
                if rr.NS in node.rrsets:
                    mine |= fmt.NODE_CUT
            if rr.DNAME in node.rrsets:
                mine |= fmt.NODE_DNAME
            if rr.CNAME in node.rrsets:
                mine |= fmt.NODE_ALIAS
            seen[name] = mine
            flags.append(mine)
        return flags

    def add_nodes(self) -> None:
        """Names and sets of every node, hashed ones behind the others."""
        for node in (*(self._zone.nodes[name] for name in self._order), *(node for _, node in self._hashed)):
            first = self._rrset_count
            for rtype, rrset in node.rrsets.items():
                self._add_rrset(rrset, 0)
                if rtype in node.signatures:
                    self._add_rrset(node.signatures[rtype], rtype)
            for rtype, signatures in node.signatures.items():
                if rtype not in node.rrsets:
                    self._add_rrset(signatures, rtype)
            self._first_rrset.append((first, self._rrset_count - first))

    def _add_rrset(self, rrset: RRset, covered: int) -> None:
        owner = self._place(rrset.owner)
        self._rrsets += fmt.RRSET.pack(
            rrset.rtype, covered, rrset.ttl, owner, len(rrset.owner), len(rrset.rdatas), len(self._data)
        )
        self._rrset_count += 1
        for rdata in rrset.rdatas:
            self._data += fmt.U16.pack(len(rdata))
            self._data += rdata

    def _place(self, name: bytes) -> int:
        """Where `name` stands in the section of names."""
        at = self._name_at.get(name)
        if at is None:
            at = self._name_at[name] = len(self._names)
            self._names += name
        return at

    # --- answers

    def add_answers(self) -> None:
        """Finish what can be finished for each node that is asked, and for names that do not exist."""
        for number, name in enumerate(self._order):
            flags = self._flags[number]
            if flags & (fmt.NODE_OCCLUDED | fmt.NODE_BELOW_DNAME):
                continue
            first = self._answers.count
            node = self._zone.nodes[name]
            if self._is_plain(name, node, flags):
                self._add_plain(number, name, node)
            else:
                for probe in self._probes(name, node, flags):
                    self._add_answer(number, probe)
            self._runs[number] = first, self._answers.count - first
        self._add_nxdomain()

    def _is_plain(self, name: bytes, node: Node, flags: int) -> bool:
        """Whether every answer of the node is one of its sets with the same sections behind, in an unsigned zone."""
        if flags & ~fmt.NODE_ENT or self._zone.is_signed or name[:2] == b"\x01*":
            return False
        return _EMBEDDING.isdisjoint(node.rrsets) and name not in self._server_names and not node.signatures

    def _add_plain(self, number: int, name: bytes, node: Node) -> None:
        for rrset in node.rrsets.values():
            if self._trailer is None:
                reply = answer(self._zone, name, rrset.rtype, options=self._options)
                self._trailer = self._answers.trailer(reply)
            self._answers.add_plain(rrset, name, self._trailer)
        if self._nodata is None:
            self._nodata = self._answers.count
            self._add_answer(number, Probe(name, self._absent_type, fmt.QTYPE_DEFAULT, 0))
        self._defaults[number] = self._nodata

    def _probes(self, name: bytes, node: Node, flags: int) -> Iterable[Probe]:
        if flags & fmt.NODE_CUT:
            yield Probe(name, self._absent_type, fmt.QTYPE_DEFAULT, 0)
            yield Probe(name, rr.DS, rr.DS, 0)
            return
        yield from self._probes_at(name, node, 0)
        if names.is_wildcard(name) and name != self._zone.apex:
            asked = self._absent_child(names.parent(name))
            if asked is not None:
                yield from self._probes_at(asked, node, fmt.SHAPE_SYNTHESIZED)

    def _probes_at(self, qname: bytes, node: Node, shape: int) -> Iterable[Probe]:
        types = set(node.rrsets)
        if rr.CNAME in types:
            types.update(_ALIAS_TYPES)
        else:
            yield Probe(qname, self._absent_type, fmt.QTYPE_DEFAULT, shape)
        for rtype in sorted(types | ({rr.DS} if self._zone.nsec3 else set())):
            yield Probe(qname, rtype, rtype, shape)

    def _absent_child(self, encloser: bytes) -> bytes | None:
        """A name the wildcard of `encloser` stands for; None when no such name fits."""
        for octet in range(256):
            candidate = bytes((1, octet)) + encloser
            if len(candidate) > names.MAX_NAME_OCTETS:
                return None
            if candidate.lower() not in self._index:
                return candidate.lower()
        return None

    def _add_answer(self, number: int, probe: Probe) -> None:
        for dnssec in self._shapes:
            reply = answer(self._zone, probe.qname, probe.qtype, dnssec=bool(dnssec), options=self._options)
            if not reply.is_static:
                continue
            entry = self._answers.add(reply, probe.filed, probe.shape | dnssec)
            if probe.filed == fmt.QTYPE_DEFAULT and not probe.shape | dnssec:
                self._defaults[number] = entry
            self._note_dependants(number, reply)

    def _note_dependants(self, number: int, reply: Answer) -> None:
        for piece in (*reply.answer, *reply.authority, *reply.additional):
            other = self._index.get(piece.rrset.owner.lower())
            if other is not None and other != number and not piece.is_shared:
                self._dependants.add((other, number))

    def _add_nxdomain(self) -> None:
        """The plain NXDOMAIN is one answer for the whole zone; it is filed under no node. The signed one lacks only
        the proofs, which differ from name to name."""
        asked = self._missing_name()
        if asked is None:
            return
        for dnssec in self._shapes:
            reply = answer(self._zone, asked, rr.A, dnssec=bool(dnssec), options=self._options)
            del reply.authority[1:]
            self._nxdomain[dnssec] = self._answers.add(reply, fmt.QTYPE_DEFAULT, dnssec)

    def _missing_name(self) -> bytes | None:
        """Some name that does not exist and no wildcard covers."""
        for name in self._order:
            blocked = fmt.NODE_OCCLUDED | fmt.NODE_BELOW_DNAME | fmt.NODE_CUT | fmt.NODE_DNAME
            if not self._flags[self._index[name]] & blocked and b"\x01*" + name not in self._index:
                child = self._absent_child(name)
                if child is not None:
                    return child
        return None

    # --- laying down

    def finish(self, revision: int, meta: Mapping[str, object]) -> bytes:
        seed, probes, slots = _slots(self._order)
        nodes = self._pack_nodes()
        store = self._answers
        described = {
            "builder": BUILDER_VERSION,
            "options": asdict(self._options),
            "nxdomain": [self._nxdomain.get(shape) for shape in (0, fmt.SHAPE_DO)],
            "nodes": len(self._order),
            "info": dict(meta),
        }
        denial = self._denial()
        dependants = b"".join(fmt.PAIR.pack(*pair) for pair in sorted(self._dependants))
        sections: dict[str, tuple[int, bytes]] = {
            "slots": (len(slots) // 4, slots),
            "nodes": (len(nodes) // fmt.NODE.size, nodes),
            "names": (len(self._name_at), bytes(self._names)),
            "rrsets": (self._rrset_count, bytes(self._rrsets)),
            "data": (0, bytes(self._data)),
            **store.sections(),
            "denial": denial,
            "dependants": (len(self._dependants), dependants),
            "meta": (1, json.dumps(described, separators=(",", ":"), sort_keys=True).encode()),
        }
        return _assemble(
            self._zone, self._image_flags(), revision, (seed, probes), self._index[self._zone.apex], sections
        )

    def _pack_nodes(self) -> bytes:
        out = bytearray()
        for number, name in enumerate(self._order):
            wildcard = self._index.get(b"\x01*" + name, fmt.NONE)
            parent = fmt.NONE if name == self._zone.apex else self._index[names.parent(name)]
            out += self._pack_node(number, name, self._flags[number], parent, wildcard)
        for offset, (_, node) in enumerate(self._hashed):
            number = len(self._order) + offset
            out += self._pack_node(number, node.name.lower(), fmt.NODE_HASHED, fmt.NONE, fmt.NONE)
        return bytes(out)

    def _pack_node(self, number: int, name: bytes, flags: int, parent: int, wildcard: int) -> bytes:
        first_answer, answers = self._runs.get(number, (0, 0))
        first_rrset, rrsets = self._first_rrset[number]
        return fmt.NODE.pack(
            self._place(name), len(name), names.label_count(name), flags, parent, wildcard,
            self._defaults.get(number, fmt.NONE), first_answer, answers, rrsets, first_rrset,
        )  # fmt: skip

    def _denial(self) -> tuple[int, bytes]:
        packed = []
        for at, (digest, node) in enumerate(self._hashed, len(self._order)):
            packed.append(fmt.DENIAL_NSEC3.pack(digest, at, *self._proof(node, rr.NSEC3)))
        for at, name in enumerate(self._order if not self._hashed else ()):
            node = self._zone.nodes[name]
            if rr.NSEC in node.rrsets:
                packed.append(fmt.DENIAL_NSEC.pack(at, *self._proof(node, rr.NSEC)))
        return len(packed), b"".join(packed)

    def _proof(self, node: Node, rtype: int) -> tuple[int, int]:
        signatures = node.signatures.get(rtype) if self._zone.is_signed else None
        return self._answers.shared(Piece(node.rrsets[rtype], signatures, is_shared=True))

    def _image_flags(self) -> int:
        flags = fmt.FLAG_SIGNED if self._zone.is_signed else 0
        if self._zone.nsec3 is not None:
            flags |= fmt.FLAG_NSEC3
        if any(node.rrsets[rr.NSEC3].rdatas[0][1] & 1 for _, node in self._hashed):
            flags |= fmt.FLAG_OPT_OUT
        if any(names.is_wildcard(name) for name in self._order):
            flags |= fmt.FLAG_WILDCARD
        return flags


def _slots(order: list[bytes]) -> tuple[int, int, bytes]:
    """A seed, the most probes any name needs, and the table."""
    size = 8
    while size < 2 * len(order):
        size *= 2
    for attempt in range(GROWTHS_TRIED * SEEDS_TRIED):
        seed = attempt % SEEDS_TRIED
        table, probes = _fill(order, size << attempt // SEEDS_TRIED, seed)
        if probes <= fmt.MAX_PROBES:
            break
    return seed, probes, b"".join(map(fmt.U32.pack, table))


def _fill(order: list[bytes], size: int, seed: int) -> tuple[list[int], int]:
    table = [0] * size
    most = 1
    for number, name in enumerate(order, 1):
        slot = fmt.home_slot(name, seed, size)
        probes = 1
        while table[slot]:
            slot = slot + 1 if slot + 1 < size else 0
            probes += 1
        table[slot] = number
        most = max(most, probes)
    return table, most


def _assemble(
    zone: Zone,
    flags: int,
    revision: int,
    hashing: tuple[int, int],
    apex: int,
    sections: Mapping[str, tuple[int, bytes]],
) -> bytes:
    table = bytearray()
    body = bytearray()
    for number, key in enumerate(fmt.SECTIONS):
        count, octets = sections[key]
        body += bytes(-len(body) % 8)
        table += fmt.SECTION.pack(number, count, fmt.HEADER_SIZE + len(body), len(octets))
        body += octets
    table += bytes(fmt.HEADER_SIZE - fmt.SECTION_TABLE_AT - len(table))

    def head(digest: bytes) -> bytes:
        packed = fmt.HEADER.pack(
            fmt.MAGIC, fmt.KIND_BASE, flags, fmt.VERSION, hashing[1], fmt.HEADER_SIZE + len(body), digest, bytes(32),
            revision, zone.serial, hashing[0], apex,
        )  # fmt: skip
        return packed + bytes(fmt.SECTION_TABLE_AT - len(packed)) + bytes(table)

    return head(hashlib.sha256(head(bytes(32)) + body).digest()) + bytes(body)
