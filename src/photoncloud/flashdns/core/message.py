"""Requests in, reply headers out (RFC 1035 §4.1, flashdns.md §4.1). Every malformed packet costs linear time."""

from __future__ import annotations

from dataclasses import dataclass

from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.edns import Edns, parse_opt
from photoncloud.flashdns.core.wire import HEADER, HEADER_OCTETS, RECORD_FIXED, read_plain_name
from photoncloud.flashdns.errors import BadMessage

QR, AA, TC, RD, RA, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0010
_KNOWN_OPCODES = frozenset({rr.OPCODE_QUERY, rr.OPCODE_NOTIFY, rr.OPCODE_UPDATE})


@dataclass(slots=True)
class Query:
    """A request. `error` is the RCODE its form already earns; `question` is then empty if it may not be echoed.

    records_at   where the records after the question start
    tsig_at      where the TSIG record starts, 0 without one
    """

    id: int
    flags: int
    packet: bytes
    opcode: int = 0
    qname: bytes = b""
    qtype: int = 0
    qclass: int = 0
    question: bytes = b""
    edns: Edns | None = None
    error: int | None = None
    records_at: int = HEADER_OCTETS
    tsig_at: int = 0

    @property
    def dnssec(self) -> bool:
        return self.edns is not None and self.edns.dnssec


def parse_query(packet: bytes) -> Query | None:
    """The request in a packet; None when it gets no reply at all (cut header, or a reply itself)."""
    if len(packet) < HEADER_OCTETS or packet[2] & 0x80:
        return None
    number, flags, questions, *counts = HEADER.unpack_from(packet)
    query = Query(number, flags, packet, opcode=flags >> 11 & 0xF)
    if query.opcode not in _KNOWN_OPCODES:
        query.error = rr.NOTIMP
    elif questions > 1:
        query.error = rr.FORMERR
        return query
    try:
        _read_questions(query, questions)
        _read_records(query, counts)
    except BadMessage:
        if query.error is None:
            query.error = rr.FORMERR
        query.edns = None
    if query.error == rr.NOTIMP:
        query.question = b""
    elif questions == 0 and query.error is None:
        query.error = rr.FORMERR
    return query


def _read_questions(query: Query, count: int) -> None:
    packet, position = query.packet, HEADER_OCTETS
    for _ in range(count):
        end = read_plain_name(packet, position)
        if end + 4 > len(packet):
            raise BadMessage("cut question")
        query.qname = packet[position:end]
        query.qtype = packet[end] << 8 | packet[end + 1]
        query.qclass = packet[end + 2] << 8 | packet[end + 3]
        query.question = packet[position : end + 4]
        position = end + 4
    query.records_at = position


def _read_records(query: Query, counts: list[int]) -> None:
    """Walk all records, so that nothing malformed passes; pick OPT and TSIG out of the additional section."""
    packet, position = query.packet, query.records_at
    total = sum(counts)
    additional_from = total - counts[2]
    for number in range(total):
        start = position
        position = _skip_name(packet, position)
        if position + RECORD_FIXED.size > len(packet):
            raise BadMessage("cut record")
        rtype, rclass, ttl, length = RECORD_FIXED.unpack_from(packet, position)
        position += RECORD_FIXED.size + length
        if position > len(packet):
            raise BadMessage("record data runs past the end")
        if rtype == rr.OPT:
            if number < additional_from or query.edns is not None or packet[start] != 0:
                raise BadMessage("OPT where it may not stand")
            query.edns = parse_opt(rclass, ttl, packet[position - length : position])
        elif rtype == rr.TSIG:
            if number != total - 1 or number < additional_from:
                raise BadMessage("TSIG is not the last record")
            query.tsig_at = start
    if position != len(packet):
        raise BadMessage("octets after the last record")


def _skip_name(packet: bytes, position: int) -> int:
    """Past a name that may end in a pointer. Raises BadMessage."""
    start, size = position, len(packet)
    while position < size:
        length = packet[position]
        if length == 0:
            return position + 1
        if length >= 192:
            if position + 2 > size or ((length & 0x3F) << 8 | packet[position + 1]) >= start:
                break
            return position + 2
        if length > 63:
            break
        position += length + 1
    raise BadMessage("bad name")


def reply(
    query: Query,
    rcode: int,
    *,
    flags: int = 0,
    counts: tuple[int, int, int] = (0, 0, 0),
    body: bytes = b"",
    opt: bytes = b"",
    echo: bool = True,
) -> bytes:
    """A reply: ID, opcode and RD copied, QR set, CD cleared (RFC 4035 §3.1.6); the question octet by octet."""
    question = query.question if echo else b""
    word = QR | query.opcode << 11 | query.flags & RD | flags | rcode & 0xF
    head = HEADER.pack(query.id, word, 1 if question else 0, counts[0], counts[1], counts[2] + (1 if opt else 0))
    return b"".join((head, question, body, opt))
