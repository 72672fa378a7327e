"""The zone as a reader sees it."""

from __future__ import annotations

from types import SimpleNamespace

from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.denial import nsec3_hash
from photoncloud.flashdns.core.signing import SigningPolicy
from photoncloud.flashdns.core.zone import Zone, covering_cut, is_cut


def test_facts(example: Zone) -> None:
    assert example.serial == 2024010101
    assert not example.is_signed
    assert example.nsec3 is None
    assert example.record_count == sum(len(rrset.rdatas) for rrset in example.rrsets())
    assert next(example.rrsets()).rtype == rr.SOA
    assert example.nsec_before(example.apex) is None
    assert example.nsec3_before(bytes(20)) is None


def test_cuts(dns: SimpleNamespace, example: Zone) -> None:
    for name, cut in (
        ("sub.example.", "sub.example."),
        ("ns.sub.example.", "sub.example."),
        ("a.b.ns.sub.example.", "sub.example."),
        ("example.", None),
        ("www.example.", None),
        ("nothing.example.", None),
        ("other.", None),
    ):
        assert covering_cut(example, dns.name(name)) == (dns.name(cut) if cut else None)
    apex = example.apex
    assert not is_cut(example.apex_node, apex, apex)
    assert is_cut(example.nodes[dns.name("sub.example.")], dns.name("sub.example."), apex)


def test_nsec_neighbours_wrap_in_canonical_order(dns: SimpleNamespace) -> None:
    zone = dns.sign(dns.zone("$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n\nn A 192.0.2.1\nz A 192.0.2.2\n"))
    for asked, before in (("example.", "example."), ("a.example.", "example."), ("n.example.", "n.example."),
                          ("x.n.example.", "n.example."), ("zz.example.", "z.example.")):  # fmt: skip
        assert zone.nsec_before(dns.name(asked)).name == dns.name(before)


def test_nsec3_neighbours_wrap(dns: SimpleNamespace) -> None:
    source = dns.zone("$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n\nn A 192.0.2.1\n")
    zone = dns.sign(source, SigningPolicy(algorithm=15, denial="nsec3"))
    first, last = sorted(zone.hashed)
    assert zone.nsec3_before(bytes(20)) is zone.hashed[last]
    assert zone.nsec3_before(first) is zone.hashed[first]
    assert zone.nsec3_before(b"\xff" * 20) is zone.hashed[last]
    assert zone.nsec3_at(nsec3_hash(zone.apex, zone.nsec3)) is not None
