"""Gaps in NSEC and NSEC3 chains of pre-signed zones are errors."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.limits import ZoneLimits
from photoncloud.flashdns.core.signing import SigningPolicy
from photoncloud.flashdns.core.zone import Zone
from photoncloud.flashdns.core.zone_check import check_zone

NSEC, NSEC3 = SigningPolicy(algorithm=15), SigningPolicy(algorithm=15, denial="nsec3")


def codes(zone: Zone, limits: ZoneLimits | None = None) -> set[str]:
    return {finding.code for finding in check_zone(zone, limits=limits) if finding.severity != "warning"}


@pytest.mark.parametrize("policy", [NSEC, NSEC3])
def test_what_we_sign_is_whole(dns: SimpleNamespace, example: Zone, policy: SigningPolicy) -> None:
    assert codes(dns.sign(example, policy)) == set()


def test_a_missing_nsec(dns: SimpleNamespace, example: Zone) -> None:
    zone = dns.sign(example, NSEC)
    del zone.nodes[dns.name("mail.example.")].rrsets[rr.NSEC]
    assert codes(zone) == {"denial_chain_broken"}


def test_no_nsec_at_all(dns: SimpleNamespace) -> None:
    zone = dns.sign(dns.zone("$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n\nn A 192.0.2.1\n"), NSEC)
    for node in zone.nodes.values():
        node.rrsets.pop(rr.NSEC)
    assert codes(zone) == {"denial_chain_broken"}


def test_a_missing_nsec3(dns: SimpleNamespace, example: Zone) -> None:
    zone = dns.sign(example, NSEC3)
    del zone.hashed[max(zone.hashed)]
    assert codes(zone) == {"denial_chain_broken"}


def test_costly_hashing(dns: SimpleNamespace, example: Zone) -> None:
    """RFC 9276: validators give up, attackers do not."""
    zone = dns.sign(example, NSEC3)
    param = zone.apex_node.rrsets[rr.NSEC3PARAM]
    zone.apex_node.rrsets[rr.NSEC3PARAM] = param._replace(rdatas=(b"\x01\x00\x00\x65\x00",))
    fresh = Zone(zone.apex, zone.nodes, zone.hashed)
    assert codes(fresh) == {"nsec3_iterations"}
    assert codes(fresh, ZoneLimits(nsec3_max_iterations=200)) == set()
