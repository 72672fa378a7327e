"""Records → nodes: grouping, empty non-terminals, duplicates, hashed names, limits."""

from __future__ import annotations

from types import SimpleNamespace

from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.limits import ZoneLimits
from photoncloud.flashdns.core.master_file import parse
from photoncloud.flashdns.core.zone_build import BuiltZone, build, find_apex

HEAD = "$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"


def made(dns: SimpleNamespace, text: str, limits: ZoneLimits | None = None) -> BuiltZone:
    origin = dns.name("example.")
    return build(parse(HEAD + text, origin=origin, file="f").records, origin, limits)


def codes(built: BuiltZone) -> list[str]:
    return [finding.code for finding in built.findings]


def test_every_name_on_the_way_exists(dns: SimpleNamespace) -> None:
    """RFC 4592 §2.2.2: empty non-terminals are nodes."""
    zone = made(dns, "x.y.z A 192.0.2.1\n").zone
    assert set(zone.nodes) == {dns.name(text) for text in ("example.", "ns.example.", "x.y.z.example.", "y.z.example.", "z.example.")}  # fmt: skip  # noqa: E501
    assert zone.nodes[dns.name("y.z.example.")].rrsets == {}


def test_case_is_kept_and_folded_for_lookup(dns: SimpleNamespace) -> None:
    zone = made(dns, "WwW A 192.0.2.1\nwww A 192.0.2.2\n").zone
    rrset = zone.nodes[dns.name("www.example.")].rrsets[rr.A]
    assert rrset.owner == dns.name("WwW.example.")
    assert rrset.rdatas == (bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2)))


def test_duplicates_are_kept_once(dns: SimpleNamespace) -> None:
    built = made(dns, "a CNAME b\nA CNAME B\nc A 192.0.2.1\nc A 192.0.2.2\nc A 192.0.2.1\n@ SOA NS H 1 2 3 4 5\n")
    assert codes(built) == ["duplicate_record"] * 3
    assert built.findings[1].line == 9
    assert len(built.zone.nodes[dns.name("c.example.")].rrsets[rr.A].rdatas) == 2


def test_order_is_the_files(dns: SimpleNamespace) -> None:
    zone = made(dns, "a A 192.0.2.9\na A 192.0.2.1\n").zone
    assert [rdata[3] for rdata in zone.nodes[dns.name("a.example.")].rrsets[rr.A].rdatas] == [9, 1]


def test_the_lowest_ttl_counts(dns: SimpleNamespace) -> None:
    built = made(dns, "a 9 A 192.0.2.9\na 5 A 192.0.2.1\n")
    assert codes(built) == ["ttl_mismatch"]
    assert built.zone.nodes[dns.name("a.example.")].rrsets[rr.A].ttl == 5


def test_signatures_of_different_types_are_different_sets(dns: SimpleNamespace) -> None:
    signature = "13 2 {ttl} 20300101000000 20200101000000 1 example. AQ=="
    built = made(
        dns,
        f"a 9 A 192.0.2.1\na 7 MX 1 a\na 9 RRSIG A {signature.format(ttl=9)}\na 7 RRSIG MX {signature.format(ttl=7)}\n",
    )
    node = built.zone.nodes[dns.name("a.example.")]
    assert codes(built) == []
    assert {covered: rrset.ttl for covered, rrset in node.signatures.items()} == {rr.A: 9, rr.MX: 7}
    assert rr.RRSIG not in node.rrsets


def test_other_zones_records_are_ignored(dns: SimpleNamespace) -> None:
    built = made(dns, "a.other. A 192.0.2.1\nxexample. A 192.0.2.1\n")
    assert codes(built) == ["out_of_zone"] * 2
    assert len(built.zone.nodes) == 2


def test_start_of_authority(dns: SimpleNamespace) -> None:
    origin = dns.name("example.")
    assert codes(build(parse("a 1 A 192.0.2.1\n", origin=origin, file="f").records, origin)) == ["soa_missing"]
    assert codes(made(dns, "@ SOA ns h 2 2 3 4 5\n")) == ["soa_multiple"]
    assert codes(made(dns, "sub SOA ns h 2 2 3 4 5\n")) == ["soa_below_apex"]
    assert find_apex(parse(HEAD, origin=origin, file="f").records) == origin
    assert find_apex([]) is None


def test_limits(dns: SimpleNamespace) -> None:
    many = "".join(f"m A 192.0.2.{n}\n" for n in range(12))
    assert codes(made(dns, many, ZoneLimits(max_rrset_records=10))) == ["limit_exceeded"]
    types = "".join(f"t TYPE{n} \\# 0\n" for n in range(65300, 65312))
    assert "limit_exceeded" in codes(made(dns, types, ZoneLimits(max_types_per_name=10)))


def test_hashed_names_are_no_names_of_the_zone(dns: SimpleNamespace) -> None:
    """RFC 5155 §7.2.8; only direct children of the apex with nothing but NSEC3 are hashes."""
    label = "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"
    nsec3 = f"NSEC3 1 0 0 - {label} A"
    zone = made(dns, f"{label} {nsec3}\n{label}.sub {nsec3}\nshort {nsec3}\n{'z' * 32} {nsec3}\n").zone
    assert len(zone.hashed) == 1
    assert dns.name(f"{label}.example.") not in zone.nodes
    for other in (f"{label}.sub.example.", "short.example.", "z" * 32 + ".example."):
        assert dns.name(other) in zone.nodes
