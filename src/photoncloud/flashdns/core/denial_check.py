"""Whether the NSEC or NSEC3 chain of a signed zone is whole (flashdns.md §4.8, §4.12)."""

from __future__ import annotations

from collections.abc import Callable

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.limits import ZoneLimits
from photoncloud.flashdns.core.rdata_layout import name_at
from photoncloud.flashdns.core.zone import Zone

Report = Callable[[str, str, bytes, int], None]


def check_denial(zone: Zone, limits: ZoneLimits, report: Report) -> None:
    """Report gaps in the chain and costly hashing. An unsigned zone has neither."""
    if zone.nsec3 is not None:
        if zone.nsec3.iterations > limits.nsec3_max_iterations:
            message = f"{zone.nsec3.iterations} iterations, above {limits.nsec3_max_iterations}"
            report("nsec3_iterations", message, zone.apex, rr.NSEC3PARAM)
        _check_nsec3(zone, report)
    elif zone.is_signed:
        _check_nsec(zone, report)


def nsec3_next(rdata: bytes) -> bytes:
    """The next hashed owner in NSEC3 rdata (RFC 5155 §3.2)."""
    salt = rdata[4]
    length = rdata[5 + salt]
    return rdata[6 + salt : 6 + salt + length]


def _check_nsec3(zone: Zone, report: Report) -> None:
    order = sorted(zone.hashed)
    for digest, following in zip(order, [*order[1:], order[0]], strict=True):
        node = zone.hashed[digest]
        if nsec3_next(node.rrsets[rr.NSEC3].rdatas[0]) != following:
            report("denial_chain_broken", "the next hash is not the next record", node.name, rr.NSEC3)


def _check_nsec(zone: Zone, report: Report) -> None:
    order = sorted((name for name, node in zone.nodes.items() if rr.NSEC in node.rrsets), key=names.canonical_key)
    if not order:
        report("denial_chain_broken", "a signed zone without NSEC", zone.apex, rr.SOA)
        return
    for name, following in zip(order, [*order[1:], order[0]], strict=True):
        node = zone.nodes[name]
        if name_at(rr.NSEC, node.rrsets[rr.NSEC].rdatas[0]).lower() != following:
            report("denial_chain_broken", "the next name is not the next record", node.name, rr.NSEC)
