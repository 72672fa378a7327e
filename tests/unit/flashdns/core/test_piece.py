"""Pieces of a reply that stand there once."""

from __future__ import annotations

from photoncloud.flashdns.core.piece import Piece, without_repeats
from photoncloud.flashdns.core.zone import RRset


def test_repeats_are_by_folded_owner_and_type() -> None:
    def piece(owner: bytes, rtype: int = 1, *, is_qname: bool = False) -> Piece:
        return Piece(RRset(owner, rtype, 1, (b"",)), is_qname=is_qname)

    one, upper, other = piece(b"\x01a\x00"), piece(b"\x01A\x00"), piece(b"\x01a\x00", 28)
    assert without_repeats([one, upper, other], []) == [one, other]
    assert without_repeats([upper, other], [one]) == [other]
    assert without_repeats([one], [piece(b"\x01a\x00", is_qname=True)]) == [one], "synthesized: another owner"
