"""Making NSEC and NSEC3 chains for a zone that is about to be signed (RFC 4034 §4, RFC 5155 §7.1)."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.denial import nsec3_hash
from photoncloud.flashdns.core.zone import Node, Nsec3Param, RRset, Zone
from photoncloud.flashdns.errors import SigningImpossible

# SHA-1, no extra iterations, no salt (RFC 9276 §3.1); not configurable.
NSEC3_PARAM = Nsec3Param(1, 0, b"")
NSEC3PARAM_RDATA = b"\x01\x00\x00\x00\x00"
_HASH_LABEL_OCTETS = 33
_HASH_OCTETS = 20
_OPT_OUT = 1


def type_bitmap(types: Iterable[int]) -> bytes:
    """RFC 4034 §4.1.2: windows of 256 types."""
    windows: dict[int, bytearray] = {}
    for rtype in types:
        bits = windows.setdefault(rtype >> 8, bytearray(32))
        bits[(rtype & 0xFF) >> 3] |= 0x80 >> (rtype & 7)
    out = bytearray()
    for window in sorted(windows):
        bits = windows[window].rstrip(b"\x00")
        out += bytes((window, len(bits))) + bits
    return bytes(out)


def authoritative_nodes(zone: Zone) -> dict[bytes, Node]:
    """Names the zone speaks for, cuts and empty non-terminals included; nothing below a cut or a DNAME."""
    found: dict[bytes, Node] = {}
    for name in sorted(zone.nodes, key=names.canonical_key):  # parents first
        node = zone.nodes[name]
        if name != zone.apex:
            above = names.parent(name)
            parent = found.get(above)
            if parent is None or rr.DNAME in parent.rrsets or (rr.NS in parent.rrsets and above != zone.apex):
                continue
        found[name] = node
    return found


def signed_types(name: bytes, node: Node, apex: bytes) -> set[int]:
    """Types at a node that get a signature: at a cut only DS."""
    types = set(node.rrsets)
    return types & {rr.DS} if rr.NS in types and name != apex else types


def _seen_types(name: bytes, node: Node, apex: bytes) -> set[int]:
    """Types a denial record may admit: at a cut NS and DS only."""
    types = set(node.rrsets)
    return types & {rr.NS, rr.DS} if rr.NS in types and name != apex else types


def nsec_chain(zone: Zone, ttl: int) -> dict[bytes, RRset]:
    """NSEC sets by folded owner: one for each authoritative name with records, the last pointing to the apex."""
    nodes = {name: node for name, node in authoritative_nodes(zone).items() if node.rrsets}
    order = list(nodes)
    made = {}
    for name, following in zip(order, [*order[1:], order[0]], strict=True):
        types = _seen_types(name, nodes[name], zone.apex) | {rr.RRSIG, rr.NSEC}
        owner = nodes[name].name
        made[name] = RRset(owner, rr.NSEC, ttl, (following + type_bitmap(types),))
    return made


def nsec3_chain(zone: Zone, ttl: int, *, opt_out: bool) -> dict[bytes, RRset]:
    """NSEC3 sets by raw hash. Raises SigningImpossible: `apex_too_long`, `hash_collision`."""
    if len(zone.apex) + _HASH_LABEL_OCTETS > names.MAX_NAME_OCTETS:
        raise SigningImpossible("apex_too_long", "no room for hashed names below the apex")
    types_of = _hashed_types(zone, opt_out=opt_out)
    by_hash: dict[bytes, set[int]] = {}
    for name, types in types_of.items():
        digest = nsec3_hash(name, NSEC3_PARAM)
        if digest in by_hash:
            raise SigningImpossible("hash_collision", f"two names hash alike, one is {names.to_text(name)}")
        by_hash[digest] = types
    order = sorted(by_hash)
    head = bytes((NSEC3_PARAM.algorithm, _OPT_OUT if opt_out else 0, 0, 0, 0, _HASH_OCTETS))
    return {
        digest: RRset(
            hashed_owner(digest, zone.apex), rr.NSEC3, ttl, (head + following + type_bitmap(by_hash[digest]),)
        )
        for digest, following in zip(order, [*order[1:], order[0]], strict=True)
    }


def hashed_owner(digest: bytes, apex: bytes) -> bytes:
    """The owner of an NSEC3 record: base32hex without padding below the apex."""
    return names.prepend(base64.b32hexencode(digest).lower(), apex)


def _hashed_types(zone: Zone, *, opt_out: bool) -> Mapping[bytes, set[int]]:
    """Names that get an NSEC3 record and the types it admits. Opt-out leaves insecure delegations out, and with them
    the empty non-terminals that exist for nothing else (RFC 5155 §7.1)."""
    nodes = authoritative_nodes(zone)
    kept: dict[bytes, set[int]] = {}
    needed: set[bytes] = set()
    for name, node in nodes.items():
        is_insecure = rr.NS in node.rrsets and rr.DS not in node.rrsets and name != zone.apex
        if not node.rrsets or (opt_out and is_insecure):
            continue
        types = _seen_types(name, node, zone.apex)
        kept[name] = types | {rr.RRSIG} if signed_types(name, node, zone.apex) else types
        while name != zone.apex:
            name = names.parent(name)
            needed.add(name)
    for name in needed - kept.keys():
        if not nodes[name].rrsets:
            kept[name] = set()
    return kept
