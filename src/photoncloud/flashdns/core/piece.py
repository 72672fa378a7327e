"""An RRset on its way into a reply."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from photoncloud.flashdns.core.zone import RRset


class Piece(NamedTuple):
    """An RRset in a section, with the signatures that go with it.

    is_qname     the owner is QNAME itself though the zone holds the data under a wildcard
    is_required  without room for it the answer is truncated; otherwise it is left out
    is_shared    the same octets stand in many answers, so its names are compressed against the apex only
    """

    rrset: RRset
    signatures: RRset | None = None
    is_qname: bool = False
    is_required: bool = True
    is_shared: bool = False


def without_repeats(extra: Iterable[Piece], answered: Iterable[Piece]) -> list[Piece]:
    """Additional sets that stand nowhere else in the reply."""
    present = {(piece.rrset.owner.lower(), piece.rrset.rtype) for piece in answered if not piece.is_qname}
    kept = []
    for piece in extra:
        key = piece.rrset.owner.lower(), piece.rrset.rtype
        if key not in present:
            present.add(key)
            kept.append(piece)
    return kept
