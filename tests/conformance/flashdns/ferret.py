"""Ferret cases as data: reading them, shifting names under a unique label, comparing answers (flashdns.md §9.1)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rdata
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.answer import Answer
from photoncloud.flashdns.core.piece import Piece
from photoncloud.flashdns.core.render import render
from photoncloud.flashdns.core.wire import HEADER, RECORD_FIXED, read_name, read_plain_name
from photoncloud.flashdns.core.zone import Node, RRset, Zone

FOLDER = Path(__file__).parents[4] / "shared" / "conformance" / "ferret"
_RCODES = {"NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5, "YXDOMAIN": 6}
RR = tuple[bytes, int, int, bytes]


def cases(file: str) -> Iterator[dict[str, Any]]:
    """The lines of one sample."""
    with (FOLDER / file).open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


class Response(NamedTuple):
    """A reply without order; additional data apart because servers differ in it."""

    rcode: int
    flags: frozenset[str]
    answer: frozenset[RR]
    authority: frozenset[RR]
    additional: frozenset[RR]

    @property
    def binding(self) -> tuple[object, ...]:
        return self[:4]


def recorded(lines: list[str]) -> Response:
    """A recorded response."""
    rcode, flags = 0, frozenset[str]()
    sections: dict[str, set[RR]] = {}
    section: set[RR] | None = None
    for line in lines:
        if line.startswith(";"):
            section = sections.setdefault(line[1:], set())
        elif section is None:
            key, _, value = line.partition(" ")
            if key == "rcode":
                rcode = _RCODES[value]
            elif key == "flags":
                flags = frozenset(value.split()) & {"AA", "TC"}
        elif line and "QUESTION" in sections and len(sections) > 1:
            section.add(_record(line))
    return Response(rcode, flags, *(frozenset(sections.get(key, ())) for key in ("ANSWER", "AUTHORITY", "ADDITIONAL")))


def _record(line: str) -> RR:
    owner, ttl, _class, rtype, *tokens = line.split()
    number = rdata.type_number(rtype)
    assert number is not None, line
    wire = rdata.from_text(number, [token.strip('"') if number == rr.TXT else token for token in tokens], _absolute)
    return _absolute(owner).lower(), number, int(ttl), _folded(number, wire)


def _absolute(text: str) -> bytes:
    return names.from_text(text, names.ROOT)


def _folded(rtype: int, wire: bytes) -> bytes:
    return wire if rtype == rr.TXT else wire.lower()


def ours(answer: Answer, qname: bytes) -> Response:
    """The reference answer in the same form."""
    flags = frozenset({"AA"}) if answer.is_authoritative else frozenset[str]()
    return Response(
        answer.rcode,
        flags,
        _records(answer.answer, qname),
        _records(answer.authority, qname),
        _records(answer.additional, qname),
    )


def _records(pieces: list[Piece], qname: bytes) -> frozenset[RR]:
    return frozenset(
        (
            qname.lower() if piece.is_qname else piece.rrset.owner.lower(),
            piece.rrset.rtype,
            piece.rrset.ttl,
            _folded(piece.rrset.rtype, data),
        )
        for piece in pieces
        for data in piece.rrset.rdatas
    )


def on_the_wire(answer: Answer, qname: bytes, apex: bytes, room: int) -> Response:
    """The answer as it leaves by UDP: rendered into `room` octets after the question, read back."""
    body = render(answer, len(qname), apex, room)
    flags = (0x0400 if answer.is_authoritative else 0) | (0x0200 if body.is_truncated else 0)
    head = HEADER.pack(0, flags | answer.rcode, 1, body.answers, body.authorities, body.additionals)
    return received(head + qname + bytes(4) + body.octets)


def received(message: bytes) -> Response:
    """A reply with a question as it came from the wire."""
    _, flags, _, *counts = HEADER.unpack_from(message)
    position = read_plain_name(message, HEADER.size) + 4
    sections: list[frozenset[RR]] = []
    for count in counts:
        records, position = _read_records(message, position, count)
        sections.append(records)
    assert position == len(message)
    shown = {text for bit, text in ((0x0400, "AA"), (0x0200, "TC")) if flags & bit}
    return Response(flags & 0xF, frozenset(shown), *sections)


def _read_records(message: bytes, position: int, count: int) -> tuple[frozenset[RR], int]:
    records: set[RR] = set()
    for _ in range(count):
        owner, position = read_name(message, position)
        rtype, _rclass, ttl, length = RECORD_FIXED.unpack_from(message, position)
        position += RECORD_FIXED.size
        data = rdata.from_message(rtype, message, position, position + length)
        position += length
        records.add((owner.lower(), rtype, ttl, _folded(rtype, data)))
    return frozenset(records), position


# Types of the sample whose data is names, and how many.
_NAMES_IN = {rr.NS: 1, rr.CNAME: 1, rr.DNAME: 1, rr.SOA: 2}


def _shifted_rdata(rtype: int, wire: bytes, suffix: bytes) -> bytes:
    """The names inside rdata, each with `suffix` in place of its root."""
    position, parts = 0, []
    for _ in range(_NAMES_IN.get(rtype, 0)):
        end = read_plain_name(wire, position)
        parts.append(wire[position : end - 1] + suffix)
        position = end
    return b"".join(parts) + wire[position:]


def shifted_zone(zone: Zone, suffix: bytes) -> Zone:
    """The same zone with every name below `suffix`."""

    def one(rrset: RRset) -> RRset:
        moved = tuple(_shifted_rdata(rrset.rtype, data, suffix) for data in rrset.rdatas)
        return rrset._replace(owner=rrset.owner[:-1] + suffix, rdatas=moved)

    nodes = {
        name[:-1] + suffix: Node(node.name[:-1] + suffix, {rtype: one(s) for rtype, s in node.rrsets.items()}, {})
        for name, node in zone.nodes.items()
    }
    return Zone(zone.apex[:-1] + suffix, nodes, {})


def shifted(response: Response, suffix: bytes) -> Response:
    """The same response with every name below `suffix`."""

    def moved(records: frozenset[RR]) -> frozenset[RR]:
        return frozenset(
            (owner[:-1] + suffix, rtype, ttl, _shifted_rdata(rtype, data, suffix))
            for owner, rtype, ttl, data in records
        )

    return response._replace(
        answer=moved(response.answer), authority=moved(response.authority), additional=moved(response.additional)
    )
