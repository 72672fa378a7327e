"""Replies of other servers, taken apart: for transfers in, refresh queries and NOTIFY answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.limits import TTL_MAX
from photoncloud.flashdns.core.message import QR, TC
from photoncloud.flashdns.core.rdata import from_message
from photoncloud.flashdns.core.wire import HEADER, HEADER_OCTETS, RECORD_FIXED, read_name, read_plain_name
from photoncloud.flashdns.errors import BadMessage


class WireRecord(NamedTuple):
    """A received record; names expanded, rdata checked, case kept."""

    owner: bytes
    rtype: int
    rclass: int
    ttl: int
    rdata: bytes


@dataclass(slots=True)
class Response:
    """A reply. `tsig_at` is where its TSIG starts, 0 without one; OPT and TSIG are not among the records."""

    id: int
    flags: int
    rcode: int
    qname: bytes = b""
    qtype: int = 0
    answers: list[WireRecord] = field(default_factory=list)
    authorities: list[WireRecord] = field(default_factory=list)
    tsig_at: int = 0

    @property
    def is_truncated(self) -> bool:
        return bool(self.flags & TC)


def parse_response(message: bytes) -> Response:
    """Raises BadMessage: not a reply, malformed, more than one question, data against its type."""
    if len(message) < HEADER_OCTETS:
        raise BadMessage("shorter than a header")
    number, flags, questions, answers, authorities, additionals = HEADER.unpack_from(message)
    if not flags & QR or questions > 1:
        raise BadMessage("not a reply to one question")
    response = Response(number, flags, flags & 0xF)
    position = HEADER_OCTETS
    if questions:
        end = read_plain_name(message, position)
        if end + 4 > len(message):
            raise BadMessage("cut question")
        response.qname = message[position:end]
        response.qtype = int.from_bytes(message[end : end + 2], "big")
        position = end + 4
    for section, count in ((response.answers, answers), (response.authorities, authorities)):
        for _ in range(count):
            record, position = _read_record(message, position)
            section.append(record)
    position = _read_additionals(message, position, additionals, response)
    if position != len(message):
        raise BadMessage("octets after the last record")
    return response


def _read_record(message: bytes, position: int) -> tuple[WireRecord, int]:
    owner, position = read_name(message, position)
    if position + RECORD_FIXED.size > len(message):
        raise BadMessage("cut record")
    rtype, rclass, ttl, length = RECORD_FIXED.unpack_from(message, position)
    position += RECORD_FIXED.size
    end = position + length
    if end > len(message):
        raise BadMessage("record data runs past the end")
    if not rr.is_data(rtype):
        raise BadMessage(f"type {rtype} is no data")
    rdata = from_message(rtype, message, position, end)
    return WireRecord(owner, rtype, rclass, ttl if ttl <= TTL_MAX else 0, rdata), end


def _read_additionals(message: bytes, position: int, count: int, response: Response) -> int:
    for number in range(count):
        start = position
        _, position = read_name(message, position)
        if position + RECORD_FIXED.size > len(message):
            raise BadMessage("cut record")
        rtype, _, ttl, length = RECORD_FIXED.unpack_from(message, position)
        position += RECORD_FIXED.size + length
        if position > len(message):
            raise BadMessage("record data runs past the end")
        if rtype == rr.TSIG:
            if number != count - 1:
                raise BadMessage("TSIG is not the last record")
            response.tsig_at = start
        elif rtype == rr.OPT:
            response.rcode |= ttl >> 24 << 4
    return position
