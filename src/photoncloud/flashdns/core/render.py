"""Sections → octets after the question: compression and truncation (RFC 1035 §4.1.4, RFC 2181 §9, RFC 9471).

Names are compressed against the part of QNAME the zone knows and what the answer section and a referral already hold;
pieces that many answers share, only against the apex. So a compiled fragment needs nothing but its pointers moved by
the difference in length between the QNAME asked and the one it was compiled for.
"""

from __future__ import annotations

from typing import NamedTuple

from photoncloud.flashdns.core.answer import Answer
from photoncloud.flashdns.core.piece import Piece
from photoncloud.flashdns.core.rdata_layout import LAYOUTS
from photoncloud.flashdns.core.wire import HEADER_OCTETS, U16, Compressor, read_plain_name
from photoncloud.flashdns.core.zone import RRset

QUESTION_FIXED_OCTETS = 4
_QNAME_POINTER = b"\xc0\x0c"
# Names are remembered below this position, so that no pointer passes 14 bits when QNAME is 254 octets longer.
_REMEMBER_LIMIT = 0x3FFF - 254


class Body(NamedTuple):
    """Octets after the question, the counts of the three sections, and whether something required is missing."""

    octets: bytes
    answers: int
    authorities: int
    additionals: int
    is_truncated: bool


class Sections:
    """Writes pieces after a question: `qname_octets` of QNAME, of which the suffix `anchor` may be pointed into."""

    def __init__(self, qname_octets: int, anchor: bytes, apex: bytes) -> None:
        start = HEADER_OCTETS + qname_octets + QUESTION_FIXED_OCTETS
        shift = qname_octets - len(anchor)
        self.names = Compressor(start, limit=_REMEMBER_LIMIT + shift)
        self.names.know(anchor, HEADER_OCTETS + shift)
        self._apex = apex
        self._qname_octets = qname_octets

    @property
    def size(self) -> int:
        return len(self.names.out)

    def add(self, rrset: RRset, piece: Piece, *, remember: bool) -> None:
        """Append the records of `rrset`, the piece's own or its signatures."""
        if piece.is_shared:
            octets, pointers = shared_fragment(rrset, self._apex, self._qname_octets)
            self.names.pointers += (self.size + position for position in pointers)
            self.names.out += octets
        else:
            write_rrset(self.names, rrset, is_qname=piece.is_qname, remember=remember)


def shared_fragment(rrset: RRset, apex: bytes, qname_octets: int) -> tuple[bytes, list[int]]:
    """The octets of a shared piece behind a QNAME of that length, and where its pointers stand in them."""
    names = Compressor(0)
    names.know(apex, HEADER_OCTETS + qname_octets - len(apex))
    write_rrset(names, rrset, is_qname=False, remember=False)
    return bytes(names.out), names.pointers


def write_rrset(names: Compressor, rrset: RRset, *, is_qname: bool, remember: bool) -> None:
    """Append all records of a set."""
    out = names.out
    fixed = b"".join((U16.pack(rrset.rtype), b"\x00\x01", rrset.ttl.to_bytes(4, "big")))
    layout = LAYOUTS.get(rrset.rtype)
    compress = layout is not None and layout.compress
    for rdata in rrset.rdatas:
        if is_qname:
            out += _QNAME_POINTER
        else:
            names.name(rrset.owner, remember=remember)
        out += fixed
        if compress:
            _write_compressed(names, rrset.rtype, rdata, remember=remember)
        else:
            out += U16.pack(len(rdata))
            out += rdata


def _write_compressed(names: Compressor, rtype: int, rdata: bytes, *, remember: bool) -> None:
    layout = LAYOUTS[rtype]
    out = names.out
    length_at = len(out)
    out += b"\x00\x00"
    out += rdata[: layout.prefix]
    position = layout.prefix
    for _ in range(layout.names):
        end = read_plain_name(rdata, position)
        names.name(rdata[position:end], remember=remember)
        position = end
    out += rdata[position:]
    U16.pack_into(out, length_at, len(out) - length_at - 2)


def render(answer: Answer, qname_octets: int, apex: bytes, room: int) -> Body:
    """Fill `room` octets: whole sets only, in order; optional ones are left out silently, required ones set TC."""
    sections = Sections(qname_octets, answer.anchor, apex)
    counts = [0, 0, 0]
    has_room = True
    for index, pieces in enumerate((answer.answer, answer.authority, answer.additional)):
        for piece in pieces:
            if not (has_room or piece.is_required):
                continue
            added = _add(sections, piece, room, remember=index < 2 and not piece.is_shared, may_drop_sigs=index == 2)
            counts[index] += added
            if added or not piece.rrset.rdatas:
                continue
            if piece.is_required:
                return _truncated(sections, counts)
            has_room = False
    return Body(bytes(sections.names.out), counts[0], counts[1], counts[2], False)


def _truncated(sections: Sections, counts: list[int]) -> Body:
    return Body(bytes(sections.names.out), counts[0], counts[1], counts[2], True)


def _add(sections: Sections, piece: Piece, room: int, *, remember: bool, may_drop_sigs: bool) -> int:
    """Records added: all of the piece, its records without signatures when those may be dropped, or none."""
    before, pointers = sections.size, len(sections.names.pointers)
    sections.add(piece.rrset, piece, remember=remember)
    if sections.size <= room:
        count = len(piece.rrset.rdatas)
        if piece.signatures is None:
            return count
        between = sections.size, len(sections.names.pointers)
        sections.add(piece.signatures, piece, remember=remember)
        if sections.size <= room:
            return count + len(piece.signatures.rdatas)
        if may_drop_sigs:
            _cut(sections, *between)
            return count
    _cut(sections, before, pointers)
    return 0


def _cut(sections: Sections, size: int, pointers: int) -> None:
    """Take back what did not fit. Names it remembered stay known: nothing that could point to them follows."""
    del sections.names.out[size:]
    del sections.names.pointers[pointers:]
