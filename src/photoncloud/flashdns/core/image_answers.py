"""The answers of an image while it is built: fragments stored once, pointers noted for moving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from photoncloud.flashdns.core import image_format as fmt
from photoncloud.flashdns.core.answer import Answer
from photoncloud.flashdns.core.piece import Piece
from photoncloud.flashdns.core.render import Sections, shared_fragment
from photoncloud.flashdns.core.zone import RRset

Fragment = tuple[bytes, tuple[int, ...], int]  # octets, positions of pointers, octets of QNAME it was made for


_QNAME_POINTER = b"\xc0\x0c"


class Trailer(NamedTuple):
    """Authority and additional section of every plain positive answer of a zone."""

    run: tuple[int, ...]
    authorities: int
    additionals: int
    size: int


class AnswerStore:
    """Grows the sections `answers`, `fragments`, `tails`, `octets`, `relocs`."""

    def __init__(self, apex: bytes, index: Mapping[bytes, int]) -> None:
        self._apex = apex
        self._index = index
        self._answers = bytearray()
        self._known: dict[bytes, int] = {}
        self.count = 0
        self._fragments = bytearray()
        self._runs: dict[tuple[int, ...], int] = {}
        self._fragment_count = 0
        self._tails = bytearray()
        self._tail_of: dict[Fragment, int] = {}
        self._octets = bytearray()
        self._octets_at: dict[bytes, int] = {}
        self._relocs = bytearray()
        self._relocs_at: dict[tuple[int, ...], int] = {}
        self._shared: dict[tuple[RRset, RRset | None], Fragment] = {}

    def add(self, reply: Answer, qtype: int, shape: int) -> int:
        """File a static answer; its number."""
        fragments = self._fragments_of(reply)
        run = tuple(map(self._tail, fragments))
        counts = _counts(reply)
        self._answers += fmt.ANSWER.pack(
            qtype, shape, reply.rcode, int(reply.is_authoritative), fmt.KINDS.index(reply.kind), *counts, len(run),
            self._run(run), sum(len(octets) for octets, _, _ in fragments),
            self._index.get(reply.imputed, fmt.NONE),
        )  # fmt: skip
        self.count += 1
        return self.count - 1

    def trailer(self, reply: Answer) -> Trailer:
        """What stands behind the answer section of a reply: nothing but shared pieces."""
        without = replace(reply, answer=[])
        fragments = self._fragments_of(without)
        size = sum(len(octets) for octets, _, _ in fragments)
        _, authorities, additionals = _counts(without)
        return Trailer(tuple(map(self._tail, fragments)), authorities, additionals, size)

    def add_plain(self, rrset: RRset, qname: bytes, trailer: Trailer) -> None:
        """File the answer that is one set at QNAME and a trailer; `add` would lay down the same, more slowly."""
        fixed = b"".join((_QNAME_POINTER, rrset.rtype.to_bytes(2, "big"), b"\x00\x01", rrset.ttl.to_bytes(4, "big")))
        octets = b"".join([fixed + len(rdata).to_bytes(2, "big") + rdata for rdata in rrset.rdatas])
        run = (self._tail((octets, (), len(qname))), *trailer.run)
        self._answers += fmt.ANSWER.pack(
            rrset.rtype, 0, 0, 1, 0, len(rrset.rdatas), trailer.authorities, trailer.additionals, len(run),
            self._run(run), len(octets) + trailer.size, self._index[qname],
        )  # fmt: skip
        self.count += 1

    def _fragments_of(self, reply: Answer) -> list[Fragment]:
        """Runs of private pieces become one fragment each; shared ones stay apart."""
        made: list[Fragment] = []
        qname_octets = len(reply.anchor)
        sections = Sections(qname_octets, reply.anchor, self._apex)
        start, pointers = 0, 0
        for number, pieces in enumerate((reply.answer, reply.authority, reply.additional)):
            for piece in pieces:
                if piece.is_shared and sections.size > start:
                    made.append(_taken(sections, start, pointers, qname_octets))
                remember = number < 2 and not piece.is_shared
                for rrset in (piece.rrset, piece.signatures):
                    if rrset is not None:
                        sections.add(rrset, piece, remember=remember)
                if piece.is_shared:
                    made.append(self._shared_fragment(piece))
                    start, pointers = sections.size, len(sections.names.pointers)
        if sections.size > start:
            made.append(_taken(sections, start, pointers, qname_octets))
        return made

    def shared(self, piece: Piece) -> tuple[int, int]:
        """A shared piece by itself: (number of its tail, records in it)."""
        return self._tail(self._shared_fragment(piece)), _records(piece)

    def _shared_fragment(self, piece: Piece) -> Fragment:
        key = piece.rrset, piece.signatures
        known = self._shared.get(key)
        if known is None:
            octets, pointers = shared_fragment(piece.rrset, self._apex, len(self._apex))
            if piece.signatures is not None:
                more, moved = shared_fragment(piece.signatures, self._apex, len(self._apex))
                pointers = [*pointers, *(len(octets) + position for position in moved)]
                octets += more
            known = self._shared[key] = octets, tuple(pointers), len(self._apex)
        return known

    def _tail(self, fragment: Fragment) -> int:
        known = self._tail_of.get(fragment)
        if known is None:
            octets, pointers, qname_octets = fragment
            at = self._octets_at.get(octets)
            if at is None:
                at = self._octets_at[octets] = len(self._octets)
                self._octets += octets
            first = self._relocs_at.get(pointers)
            if first is None:
                first = self._relocs_at[pointers] = len(self._relocs) // 2
                self._relocs += b"".join(map(fmt.U16.pack, pointers))
            self._tails += fmt.TAIL.pack(at, len(octets), qname_octets, len(pointers), first)
            known = self._tail_of[fragment] = len(self._tail_of)
        return known

    def _run(self, run: tuple[int, ...]) -> int:
        first = self._runs.get(run)
        if first is None:
            first = self._runs[run] = self._fragment_count
            self._fragments += b"".join(map(fmt.U32.pack, run))
            self._fragment_count += len(run)
        return first

    def sections(self) -> dict[str, tuple[int, bytes]]:
        """Count and octets of each section."""
        return {
            "answers": (self.count, bytes(self._answers)),
            "fragments": (self._fragment_count, bytes(self._fragments)),
            "tails": (len(self._tail_of), bytes(self._tails)),
            "octets": (0, bytes(self._octets)),
            "relocs": (len(self._relocs) // 2, bytes(self._relocs)),
        }


def _counts(reply: Answer) -> list[int]:
    return [sum(map(_records, section)) for section in (reply.answer, reply.authority, reply.additional)]


def _records(piece: Piece) -> int:
    return len(piece.rrset.rdatas) + (len(piece.signatures.rdatas) if piece.signatures else 0)


def _taken(sections: Sections, start: int, pointers: int, qname_octets: int) -> Fragment:
    """The private octets since `start`, with pointer positions counted from there."""
    moved = tuple(position - start for position in sections.names.pointers[pointers:])
    return bytes(sections.names.out[start:]), moved, qname_octets
