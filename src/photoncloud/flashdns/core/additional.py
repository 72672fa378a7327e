"""What goes along with an answer: addresses of the names it mentions (RFC 1034 §3.7, RFC 9460 §4.1, RFC 9471)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.limits import ADDITIONAL_NAMES_MAX
from photoncloud.flashdns.core.piece import Piece, without_repeats
from photoncloud.flashdns.core.rdata_layout import name_at
from photoncloud.flashdns.core.zone import RRset, ZoneReader

_WITH_TARGETS = frozenset({rr.NS, rr.MX, rr.SRV, rr.SVCB, rr.HTTPS})
_SERVICE_BINDINGS = frozenset({rr.SVCB, rr.HTTPS})
_ADDRESSES = (rr.A, rr.AAAA)


def of_answers(zone: ZoneReader, rrsets: Iterable[RRset], *, dnssec: bool) -> Iterator[Piece]:
    """Addresses of the targets of MX, SRV, NS, SVCB and HTTPS that the zone holds, all optional."""
    for rrset in rrsets:
        if rrset.rtype not in _WITH_TARGETS:
            continue
        for rdata in rrset.rdatas[:ADDITIONAL_NAMES_MAX]:
            target = name_at(rrset.rtype, rdata).lower()
            types: tuple[int, ...] = _ADDRESSES
            if rrset.rtype in _SERVICE_BINDINGS:
                if target == names.ROOT:
                    target = rrset.owner.lower()
                if rdata[:2] == b"\x00\x00":  # AliasMode
                    types = (rrset.rtype, *_ADDRESSES)
            yield from _sets(zone, target, types, dnssec=dnssec)


def of_authority(zone: ZoneReader, ns: RRset, *, dnssec: bool) -> Iterator[Piece]:
    """Addresses of the name servers in the authority section of a positive answer."""
    for rdata in ns.rdatas[:ADDITIONAL_NAMES_MAX]:
        for piece in _sets(zone, rdata.lower(), _ADDRESSES, dnssec=dnssec):
            yield piece._replace(is_shared=True)


def glue(zone: ZoneReader, delegation: RRset, cut: bytes, *, dnssec: bool) -> list[Piece]:
    """Addresses of all name servers of a cut that the zone holds; those below the cut first, they are required."""
    required: list[Piece] = []
    optional: list[Piece] = []
    for rdata in delegation.rdatas:
        target = rdata.lower()
        if names.is_under(target, cut):
            required += (piece._replace(is_required=True) for piece in _sets(zone, target, _ADDRESSES, dnssec=False))
        else:
            optional += _sets(zone, target, _ADDRESSES, dnssec=dnssec)
    return without_repeats([*required, *optional], [])


def _sets(zone: ZoneReader, target: bytes, types: tuple[int, ...], *, dnssec: bool) -> Iterator[Piece]:
    node = zone.find(target)
    if node is None:
        return
    for rtype in types:
        rrset = node.rrsets.get(rtype)
        if rrset is not None:
            yield Piece(rrset, node.signatures.get(rtype) if dnssec else None, is_required=False)
