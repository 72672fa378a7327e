"""Signing plans: valid signatures over everything authoritative, few signatures over time (flashdns.md §4.8)."""

from __future__ import annotations

from types import SimpleNamespace

import dns.dnssec
import dns.name
import dns.rdata
import dns.rrset
import pytest

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.rdata import to_text, type_text
from photoncloud.flashdns.core.serial import is_newer
from photoncloud.flashdns.core.signing import (
    SigningPolicy,
    earliest_expiry_sec,
    finish_signing,
    plan_signing,
    seconds_left,
    signing_health,
)
from photoncloud.flashdns.core.zone import RRset, Zone
from photoncloud.flashdns.core.zone_check import check_zone
from photoncloud.flashdns.errors import SigningImpossible

DAY = 86400
NSEC = SigningPolicy(algorithm=15)
NSEC3 = SigningPolicy(algorithm=15, denial="nsec3")
OPT_OUT = SigningPolicy(algorithm=15, denial="nsec3", opt_out=True)
SMALL = "$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n\nn A 192.0.2.1\nMiXed MX 1 N\n*.w TXT x\n"


def to_dnspython(rrset: RRset) -> dns.rrset.RRset:
    texts = [to_text(rrset.rtype, rdata) for rdata in rrset.rdatas]
    return dns.rrset.from_text(names.to_text(rrset.owner), rrset.ttl, "IN", type_text(rrset.rtype), *texts)


def validate(zone: Zone, now: int) -> int:
    """Every signature against the zone's own DNSKEY set, by dnspython; how many there were."""
    apex = dns.name.from_text(names.to_text(zone.apex))
    keys = {apex: to_dnspython(zone.apex_node.rrsets[rr.DNSKEY])}
    checked = 0
    for node in (*zone.nodes.values(), *zone.hashed.values()):
        for covered, signatures in node.signatures.items():
            dns.dnssec.validate(to_dnspython(node.rrsets[covered]), to_dnspython(signatures), keys, now=now)
            checked += 1
    return checked


@pytest.mark.parametrize("policy", [NSEC, NSEC3, OPT_OUT], ids=["nsec", "nsec3", "opt-out"])
def test_dnspython_validates_everything(dns: SimpleNamespace, example: Zone, policy: SigningPolicy) -> None:
    zone = dns.sign(example, policy)
    assert validate(zone, dns.now) > 40
    assert [finding for finding in check_zone(zone, now_sec=dns.now) if finding.severity != "warning"] == []
    assert zone.is_signed
    assert (zone.nsec3 is not None) == (policy.denial == "nsec3")
    assert bool(zone.hashed) == (policy.denial == "nsec3"), "the chains are never mixed"
    assert any(rr.NSEC in node.rrsets for node in zone.nodes.values()) == (policy.denial == "nsec")


def test_what_is_signed(dns: SimpleNamespace, example: Zone) -> None:
    """RFC 4035 §2.2: not glue, not the NS of a cut, not what is occluded."""
    zone = dns.sign(example, NSEC)

    def signed(name: str) -> set[int]:
        return set(zone.nodes[dns.name(name)].signatures)

    assert signed("example.") == {rr.SOA, rr.NS, rr.MX, rr.TXT, rr.DNSKEY, rr.CDS, rr.CDNSKEY, rr.NSEC}
    assert signed("sub.example.") == {rr.DS, rr.NSEC}
    assert signed("sibling.example.") == {rr.NSEC}
    assert signed("ns.sub.example.") == set()
    assert signed("a.b.example.") == set()


def test_who_signs_what(dns: SimpleNamespace) -> None:
    zone = dns.sign(dns.zone(SMALL), NSEC)
    ksk, zsk = (key.tag for key in dns.keys)
    for node in zone.nodes.values():
        for covered, signatures in node.signatures.items():
            tags = [int.from_bytes(rdata[16:18], "big") for rdata in signatures.rdatas]
            assert tags == [ksk if covered in (rr.DNSKEY, rr.CDS, rr.CDNSKEY) else zsk]


def test_fields_of_a_signature(dns: SimpleNamespace) -> None:
    plan = plan_signing(dns.zone(SMALL), None, dns.keys, NSEC, dns.now)
    for task in plan.tasks:
        expires, begins = (int.from_bytes(task.head[at : at + 4], "big") for at in (8, 12))
        assert (expires, begins) == (dns.now + 14 * DAY, dns.now - 3600)
        assert task.head.endswith(dns.name("example."))
        assert task.octets.startswith(task.head)
    wildcard = next(task for task in plan.tasks if names.is_wildcard(task.owner))
    assert wildcard.head[3] == 2, "the asterisk is not counted"


def test_keys_of_the_source_are_replaced_and_cds_can_be_left_out(dns: SimpleNamespace) -> None:
    foreign = "@ DNSKEY 257 3 13 AQIDBA==\n@ NSEC3PARAM 1 0 0 -\n@ NSEC x.example. A\n"
    zone = dns.sign(dns.zone(SMALL + foreign), SigningPolicy(algorithm=15, cds=False))
    apex = zone.apex_node.rrsets
    assert set(apex[rr.DNSKEY].rdatas) == {key.rdata for key in dns.keys}
    assert not apex.keys() & {rr.CDS, rr.CDNSKEY, rr.NSEC3PARAM}


def test_both_roles_are_needed(dns: SimpleNamespace) -> None:
    for keys in ([], dns.keys[:1], dns.keys[1:]):
        with pytest.raises(SigningImpossible) as caught:
            plan_signing(dns.zone(SMALL), None, keys, NSEC, dns.now)
        assert caught.value.code == "no_active_key"


# --- over time


def tasks_after(
    dns: SimpleNamespace, old: str, new: str, policy: SigningPolicy, later_sec: int
) -> list[tuple[str, int]]:
    signed = dns.sign(dns.zone(old), policy)
    plan = plan_signing(dns.zone(new), signed, dns.keys, policy, dns.now + later_sec)
    return sorted((names.to_text(task.owner), task.covered) for task in plan.tasks)


def test_nothing_changed_nothing_is_signed(dns: SimpleNamespace) -> None:
    for policy in (NSEC, NSEC3):
        assert tasks_after(dns, SMALL, SMALL, policy, 60) == []


def test_only_what_changed_is_signed(dns: SimpleNamespace) -> None:
    changed = SMALL.replace("h 1 2", "h 2 2").replace("192.0.2.1", "192.0.2.9")
    assert tasks_after(dns, SMALL, changed, NSEC, 60) == [("example.", rr.SOA), ("n.example.", rr.A)]


def test_a_new_name_changes_its_neighbour(dns: SimpleNamespace) -> None:
    added = SMALL + "nn A 192.0.2.2\n"
    assert tasks_after(dns, SMALL, added, NSEC, 60) == [
        ("n.example.", rr.NSEC), ("nn.example.", rr.A), ("nn.example.", rr.NSEC),
    ]  # fmt: skip
    assert len(tasks_after(dns, SMALL, added, NSEC3, 60)) == 3


def test_case_and_order_are_no_change(dns: SimpleNamespace) -> None:
    more = SMALL + "x A 192.0.2.1\nx A 192.0.2.2\n"
    assert tasks_after(dns, more, SMALL.replace("MiXed MX 1 N", "mixed MX 1 n") + "x A 192.0.2.2\nx A 192.0.2.1\n", NSEC, 9) == []  # fmt: skip  # noqa: E501


def test_refresh_is_spread(dns: SimpleNamespace) -> None:
    """Due `refresh_before_sec` before the end, less up to `jitter_sec`; not all at once."""
    text = SMALL + "".join(f"h{n} A 192.0.2.1\n" for n in range(60))
    assert tasks_after(dns, text, text, NSEC, 7 * DAY - 60) == []
    some = len(tasks_after(dns, text, text, NSEC, 7 * DAY + DAY // 2))
    everything = len(tasks_after(dns, text, text, NSEC, 8 * DAY))
    assert 20 < some < everything - 20
    assert everything == len(plan_signing(dns.zone(text), None, dns.keys, NSEC, dns.now).tasks)


def test_a_clock_that_jumps_back_keeps_signatures(dns: SimpleNamespace) -> None:
    assert tasks_after(dns, SMALL, SMALL, NSEC, -DAY) == []


def test_a_new_key_signs_anew(dns: SimpleNamespace) -> None:
    signed = dns.sign(dns.zone(SMALL), NSEC)
    other = [dns.keys[0], dns.keys[1]._replace(public_key=b"\x01" * 32)]
    plan = plan_signing(dns.zone(SMALL), signed, other, NSEC, dns.now)
    assert all(task.key in other for task in plan.tasks)
    assert {task.key.role for task in plan.tasks} == {"ksk", "zsk"}
    assert {rrset.rdatas[0][2] for rrset in plan.kept} == {15}
    assert not any(int.from_bytes(r.rdatas[0][16:18], "big") == dns.keys[1].tag for r in plan.kept)


def test_a_simulated_year_without_a_bogus_answer(dns: SimpleNamespace) -> None:
    """Four looks a day; every signature is valid at each, and none is made more often than needed."""
    source = dns.zone(SMALL)
    zone, now, made = None, dns.now, 0
    for _ in range(365 * 4):
        plan = plan_signing(source, zone, dns.keys, NSEC, now)
        made += len(plan.tasks)
        zone = finish_signing(plan, [dns.private[task.key.role].sign(task.octets) for task in plan.tasks])
        for node in zone.nodes.values():
            for covered in node.rrsets.keys() & node.signatures.keys():
                for rdata in node.signatures[covered].rdatas:
                    assert seconds_left(rdata, now) > 5 * DAY
                    assert not is_newer(int.from_bytes(rdata[12:16], "big"), now & 0xFFFFFFFF)
        now += DAY // 4
    per_look = len(plan_signing(source, None, dns.keys, NSEC, now).tasks)
    assert made <= per_look * (365 // 7 + 2)
    assert validate(zone, now - DAY // 4) == per_look


def test_health(dns: SimpleNamespace) -> None:
    zone = dns.sign(dns.zone(SMALL), NSEC)
    assert earliest_expiry_sec(zone, dns.now) == 14 * DAY
    assert earliest_expiry_sec(zone, dns.now + 15 * DAY) == -DAY
    assert earliest_expiry_sec(dns.zone(SMALL), dns.now) is None
    for left, state in (
        (None, "healthy"),
        (4 * DAY, "healthy"),
        (3 * DAY, "degraded"),
        (DAY - 1, "unhealthy"),
        (-1, "unhealthy"),
    ):
        assert signing_health(left, NSEC) == state
