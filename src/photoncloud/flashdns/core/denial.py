"""Which NSEC or NSEC3 records prove that something is not there (RFC 4035 §3.1.3, RFC 5155 §7.2).

Every function gives nodes in the order they are sent; a node may come twice, the caller sends it once.
"""

from __future__ import annotations

import hashlib

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.zone import Node, Nsec3Param, ZoneReader

Proof = list[Node | None]


def nsec3_hash(name: bytes, param: Nsec3Param) -> bytes:
    """RFC 5155 §5 over the folded name; 20 octets."""
    digest = hashlib.sha1(name.lower() + param.salt).digest()
    for _ in range(param.iterations):
        digest = hashlib.sha1(digest + param.salt).digest()
    return digest


def nodata(zone: ZoneReader, name: bytes) -> Proof:
    """`name` exists (perhaps as an empty non-terminal) without the type; also a cut without DS."""
    if zone.nsec3 is None:
        return [_nsec_of(zone, name)]
    match = zone.nsec3_at(nsec3_hash(name, zone.nsec3))
    if match is not None:
        return [match]
    encloser, next_closer = _provable_encloser(zone, zone.nsec3, name)
    return [_match(zone, zone.nsec3, encloser), _cover(zone, zone.nsec3, next_closer)]


def nxdomain(zone: ZoneReader, name: bytes, encloser: bytes) -> Proof:
    """Neither `name` nor a wildcard below its closest encloser exists."""
    wildcard = b"\x01*" + encloser
    if zone.nsec3 is None:
        return [zone.nsec_before(name), zone.nsec_before(wildcard)]
    return [
        _match(zone, zone.nsec3, encloser),
        _cover(zone, zone.nsec3, next_closer_name(name, encloser)),
        _cover(zone, zone.nsec3, wildcard),
    ]


def wildcard_answer(zone: ZoneReader, name: bytes, encloser: bytes) -> Proof:
    """The answer came from a wildcard: no closer name exists."""
    if zone.nsec3 is None:
        return [zone.nsec_before(name)]
    return [_cover(zone, zone.nsec3, next_closer_name(name, encloser))]


def wildcard_nodata(zone: ZoneReader, name: bytes, encloser: bytes) -> Proof:
    """The wildcard that matches `name` lacks the type."""
    wildcard = b"\x01*" + encloser
    if zone.nsec3 is None:
        return [_nsec_of(zone, wildcard), zone.nsec_before(name)]
    return [
        _match(zone, zone.nsec3, encloser),
        _cover(zone, zone.nsec3, next_closer_name(name, encloser)),
        _match(zone, zone.nsec3, wildcard),
    ]


def next_closer_name(name: bytes, encloser: bytes) -> bytes:
    """The ancestor of `name` (or itself) one label longer than `encloser`."""
    for position in names.offsets(name):
        if names.parent(name[position:]) == encloser:
            return name[position:]
    return name


def _nsec_of(zone: ZoneReader, name: bytes) -> Node | None:
    node = zone.find(name)
    return node if node is not None and rr.NSEC in node.rrsets else zone.nsec_before(name)


def _match(zone: ZoneReader, param: Nsec3Param, name: bytes) -> Node | None:
    return zone.nsec3_at(nsec3_hash(name, param))


def _cover(zone: ZoneReader, param: Nsec3Param, name: bytes) -> Node | None:
    return zone.nsec3_before(nsec3_hash(name, param))


def _provable_encloser(zone: ZoneReader, param: Nsec3Param, name: bytes) -> tuple[bytes, bytes]:
    """The closest ancestor that has an NSEC3 record (opt-out spans leave names out), and the next closer name."""
    next_closer = name
    while next_closer != zone.apex:
        encloser = names.parent(next_closer)
        if _match(zone, param, encloser) is not None:
            return encloser, next_closer
        next_closer = encloser
    return zone.apex, name
