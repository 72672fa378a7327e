"""Differences between versions: applying a diff gives the other version, whatever they are."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.change_set import apply, diff
from photoncloud.flashdns.core.signing import SigningPolicy
from photoncloud.flashdns.core.zone import RRset, Zone
from photoncloud.flashdns.errors import ChangeConflict

RECORD = st.sampled_from(
    [
        "a A 192.0.2.1", "a A 192.0.2.2", "a 9 A 192.0.2.3", "A MX 1 b", "b.c.d TXT x", "c.d TXT y", "d A 192.0.2.1",
        "*.w TXT z", "e CNAME a", "e.f NS ns.e.f", "ns.e.f A 192.0.2.1", "f TXT q", "@ TXT apex", "a MX 1 B",
    ]
)  # fmt: skip
VERSION = st.lists(RECORD, unique=True, max_size=10)


def zone_of(dns: SimpleNamespace, serial: int, records: list[str]) -> Zone:
    return dns.zone(f"$TTL 60\n@ SOA n h {serial} 2 3 4 5\n@ NS n.x.\n" + "".join(f"{record}\n" for record in records))


def content(zone: Zone) -> set[tuple[bytes, int, int, bytes]]:
    return {(rrset.owner.lower(), rrset.rtype, rrset.ttl, rdata) for rrset in zone.rrsets() for rdata in rrset.rdatas}


@given(VERSION, VERSION, st.sampled_from([None, "nsec", "nsec3"]))
@settings(max_examples=120, deadline=None)
def test_applying_a_diff_gives_the_other_version(
    dns: SimpleNamespace, before: list[str], after: list[str], signed: str | None
) -> None:
    old, new = zone_of(dns, 1, before), zone_of(dns, 2, after)
    if signed is not None:
        policy = SigningPolicy(algorithm=15, denial=signed)
        old, new = dns.sign(old, policy), dns.sign(new, policy, now_sec=dns.now + 10)
    change = diff(old, new)
    made = apply(old, change)
    assert content(made) == content(new)
    assert made.nodes.keys() == new.nodes.keys(), "empty non-terminals come and go too"
    assert made.hashed.keys() == new.hashed.keys()
    assert content(old) == content(zone_of(dns, 1, before)) or signed, "the old version is untouched"


def test_no_difference(dns: SimpleNamespace) -> None:
    one = zone_of(dns, 1, ["a A 192.0.2.1", "a A 192.0.2.2"])
    other = zone_of(dns, 2, ["a A 192.0.2.2", "a A 192.0.2.1"])
    change = diff(one, other)
    assert change.is_empty, "order within a set is no difference"
    assert (change.old_serial, change.new_serial, change.record_count) == (1, 2, 0)
    assert apply(one, change).serial == 2


def test_only_what_changed_is_in_it(dns: SimpleNamespace) -> None:
    change = diff(zone_of(dns, 1, ["a A 192.0.2.1", "a A 192.0.2.2", "b.c.d TXT x"]), zone_of(dns, 2, ["a A 192.0.2.2", "f TXT q"]))  # fmt: skip  # noqa: E501
    assert [(rrset.owner, len(rrset.rdatas)) for rrset in change.deletions] == [
        (dns.name("a.example."), 1), (dns.name("b.c.d.example."), 1),
    ]  # fmt: skip
    assert [rrset.owner for rrset in change.additions] == [dns.name("f.example.")]
    assert change.record_count == 3


def test_a_new_ttl_replaces_the_set(dns: SimpleNamespace) -> None:
    change = diff(zone_of(dns, 1, ["a 5 A 192.0.2.1"]), zone_of(dns, 2, ["a 6 A 192.0.2.1"]))
    assert [rrset.ttl for rrset in (*change.deletions, *change.additions)] == [5, 6]


def test_changes_that_do_not_fit(dns: SimpleNamespace) -> None:
    zone = zone_of(dns, 1, ["a A 192.0.2.1"])
    change = diff(zone, zone_of(dns, 2, []))
    with pytest.raises(ChangeConflict):
        apply(zone_of(dns, 1, []), change)
    with pytest.raises(ChangeConflict):
        apply(zone_of(dns, 7, ["a A 192.0.2.1"]), change)


def test_deletions_find_records_whatever_the_case_of_names(dns: SimpleNamespace) -> None:
    zone = zone_of(dns, 1, ["a MX 1 b"])
    change = diff(zone, zone_of(dns, 2, []))
    upper = change._replace(
        deletions=(RRset(dns.name("A.EXAMPLE."), rr.MX, 60, (b"\x00\x01" + dns.name("B.Example."),)),)
    )
    assert dns.name("a.example.") not in apply(zone, upper).nodes


def test_adding_what_is_there_changes_nothing(dns: SimpleNamespace) -> None:
    zone = zone_of(dns, 1, ["a A 192.0.2.1"])
    rrset = zone.nodes[dns.name("a.example.")].rrsets[rr.A]
    change = diff(zone, zone_of(dns, 2, ["a A 192.0.2.1"]))._replace(additions=(rrset,))
    assert apply(zone, change).nodes[dns.name("a.example.")].rrsets[rr.A] == rrset
