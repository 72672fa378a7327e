"""Dynamic update, case by case of RFC 2136 §3; messages are made by dnspython."""

from __future__ import annotations

from types import SimpleNamespace

import dns.update
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.flashdns.core import message as msg
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.change_set import apply
from photoncloud.flashdns.core.update import UpdateOutcome, UpdateRecord, UpdateRequest, parse_update, update
from photoncloud.flashdns.core.zone import Zone
from photoncloud.flashdns.errors import BadMessage

TEXT = (
    "$TTL 60\n@ SOA n h 10 2 3 4 5\n@ NS n\n@ NS n.x.\n@ A 192.0.2.9\nn A 192.0.2.1\n"
    "a A 192.0.2.1\na A 192.0.2.2\na TXT t\nc CNAME a\nx.ent TXT t\nm MX 1 N\n"
)


@pytest.fixture(scope="module")
def zone(dns: SimpleNamespace) -> Zone:
    return dns.zone(TEXT)


def message(*steps: tuple) -> UpdateRequest:
    """Steps are (method of dnspython's Update, arguments ...)."""
    made = dns.update.Update("example.")
    for method, *arguments in steps:
        getattr(made, method)(*arguments)
    query = msg.parse_query(made.to_wire())
    assert query is not None
    assert query.error is None
    return parse_update(query)


def run(zone: Zone, *steps: tuple) -> UpdateOutcome:
    return update(zone, message(*steps))


def after(zone: Zone, *steps: tuple) -> Zone:
    outcome = run(zone, *steps)
    assert outcome.rcode == rr.NOERROR
    return apply(zone, outcome.change) if outcome.change else zone


ADD = ("add", "new", 5, "A", "192.0.2.77")


@pytest.mark.parametrize(
    ("step", "rcode"),
    [
        (("present", "a"), 0), (("present", "gone"), rr.NXDOMAIN), (("present", "ent"), rr.NXDOMAIN),
        (("present", "a", "A"), 0), (("present", "a", "MX"), rr.NXRRSET), (("present", "gone", "A"), rr.NXRRSET),
        (("present", "a", "A", "192.0.2.1", "192.0.2.2"), 0), (("present", "a", "A", "192.0.2.1"), rr.NXRRSET),
        (("present", "a", "A", "192.0.2.1", "192.0.2.3"), rr.NXRRSET), (("present", "m", "MX", "1 n.example."), 0),
        (("absent", "gone"), 0), (("absent", "ent"), 0), (("absent", "a"), rr.YXDOMAIN),
        (("absent", "a", "MX"), 0), (("absent", "a", "A"), rr.YXRRSET), (("present", "x.other."), rr.NOTZONE),
    ],
)  # fmt: skip
def test_prerequisites(zone: Zone, step: tuple, rcode: int) -> None:
    outcome = run(zone, step, ADD)
    assert outcome.rcode == rcode
    assert (outcome.change is not None) == (rcode == 0)


def raw(rtype: int, rclass: int, ttl: int, rdata: bytes = b"", owner: bytes = b"\x01a\x07example\x00") -> UpdateRecord:
    return UpdateRecord(owner, rtype, rclass, ttl, rdata)


IN, ANY, NONE = rr.CLASS_IN, rr.CLASS_ANY, rr.CLASS_NONE


@pytest.mark.parametrize(
    "record",
    [raw(1, ANY, 5), raw(1, ANY, 0, b"x"), raw(1, NONE, 0, b"x"), raw(1, 3, 0), raw(252, ANY, 0), raw(255, IN, 0)],
)
def test_malformed_prerequisites(zone: Zone, record: UpdateRecord) -> None:
    assert update(zone, UpdateRequest((record,), ())).rcode == rr.FORMERR


@pytest.mark.parametrize(
    ("record", "rcode"),
    [
        (raw(255, IN, 5), rr.FORMERR), (raw(252, IN, 5), rr.FORMERR), (raw(1, ANY, 5), rr.FORMERR),
        (raw(1, ANY, 0, b"x"), rr.FORMERR), (raw(252, ANY, 0), rr.FORMERR), (raw(1, NONE, 5, bytes(4)), rr.FORMERR),
        (raw(255, NONE, 0), rr.FORMERR), (raw(1, 3, 0, bytes(4)), rr.FORMERR),
        (raw(1, IN, 5, bytes(4), b"\x05other\x00"), rr.NOTZONE),
    ],
)  # fmt: skip
def test_prescan_refuses_the_whole_update(zone: Zone, record: UpdateRecord, rcode: int) -> None:
    good = raw(1, IN, 5, bytes(4))
    outcome = update(zone, UpdateRequest((), (good, record)))
    assert (outcome.rcode, outcome.change) == (rcode, None)


def types_at(zone: Zone, dns_: SimpleNamespace, name: str) -> set[int]:
    node = zone.nodes.get(dns_.name(name))
    return set(node.rrsets) if node else set()


def test_additions(dns: SimpleNamespace, zone: Zone) -> None:
    made = after(zone, ADD, ("add", "deep.new2", 5, "TXT", "x"), ("add", "a", 7, "A", "192.0.2.3"))
    assert made.serial == 11
    assert types_at(made, dns, "new.example.") == {rr.A}
    assert made.find(dns.name("new2.example.")) is not None
    rrset = made.nodes[dns.name("a.example.")].rrsets[rr.A]
    assert (len(rrset.rdatas), rrset.ttl) == (3, 7), "the whole set gets the new TTL"


def test_deletions(dns: SimpleNamespace, zone: Zone) -> None:
    made = after(zone, ("delete", "a", "A"), ("delete", "x.ent"), ("delete", "m", "MX", "1 n.example."))
    assert types_at(made, dns, "a.example.") == {rr.TXT}
    for name in ("x.ent.example.", "ent.example.", "m.example."):
        assert made.find(dns.name(name)) is None, name
    one = after(zone, ("delete", "a", "A", "192.0.2.1"))
    assert one.nodes[dns.name("a.example.")].rrsets[rr.A].rdatas == (bytes((192, 0, 2, 2)),)


def test_replacement_in_one_update(dns: SimpleNamespace, zone: Zone) -> None:
    made = after(zone, ("replace", "a", 9, "A", "192.0.2.50"))
    assert made.nodes[dns.name("a.example.")].rrsets[rr.A].rdatas == (bytes((192, 0, 2, 50)),)


def test_the_apex_keeps_soa_and_name_servers(dns: SimpleNamespace, zone: Zone) -> None:
    made = after(zone, ("delete", "@"))
    assert types_at(made, dns, "example.") == {rr.SOA, rr.NS}
    assert run(zone, ("delete", "@", "NS")).change is None
    assert run(zone, ("delete", "@", "SOA")).change is None
    one = after(zone, ("delete", "@", "NS", "n.example."), ("delete", "@", "NS", "n.x."))
    assert len(one.apex_node.rrsets[rr.NS].rdatas) == 1, "the last one stays"


def test_aliases_and_other_data(dns: SimpleNamespace, zone: Zone) -> None:
    """RFC 2136 §3.4.2.2: conflicting additions are silently ignored."""
    assert run(zone, ("add", "a", 5, "CNAME", "n.example.")).change is None
    assert run(zone, ("add", "c", 5, "A", "192.0.2.1")).change is None
    moved = after(zone, ("add", "c", 5, "CNAME", "n.example."))
    assert moved.nodes[dns.name("c.example.")].rrsets[rr.CNAME].rdatas == (dns.name("n.example."),)
    both = after(zone, ("delete", "a"), ("add", "a", 5, "CNAME", "n.example."))
    assert types_at(both, dns, "a.example.") == {rr.CNAME}


@pytest.mark.parametrize(("serial", "served"), [(9, 10), (10, 10), (500, 500), (10 + 2**31 - 1, 10 + 2**31 - 1)])
def test_an_soa_of_its_own(zone: Zone, serial: int, served: int) -> None:
    assert after(zone, ("add", "@", 60, "SOA", f"n.example. h.example. {serial} 2 3 4 5")).serial == served


@pytest.mark.parametrize(
    "step",
    [
        ("add", "a", 60, "A", "192.0.2.1"), ("delete", "gone"), ("delete", "a", "MX"),
        ("delete", "a", "A", "192.0.2.9"),
        ("add", "m", 60, "MX", "1 n.example."),
    ],
)  # fmt: skip
def test_updates_without_effect_leave_the_serial_alone(zone: Zone, step: tuple) -> None:
    outcome = run(zone, step)
    assert (outcome.rcode, outcome.change) == (rr.NOERROR, None)


def test_the_signers_records_are_refused(zone: Zone) -> None:
    request = message(("add", "a", 5, "DNSKEY", "257 3 13 AQIDBA=="))
    assert update(zone, request, is_signed_here=True).rcode == rr.REFUSED
    assert update(zone, request).rcode == rr.NOERROR


def test_zone_sections(dns: SimpleNamespace) -> None:
    for packet in (
        dns.query("example.", "A", flags=5 << 11),
        dns.query("example.", "SOA", flags=5 << 11, qclass=255),
    ):
        with pytest.raises(BadMessage):
            parse_update(msg.parse_query(packet))


@given(st.binary(max_size=80), st.integers(0, 2), st.integers(0, 2))
@settings(max_examples=300, deadline=None)
def test_hostile_updates(dns: SimpleNamespace, zone: Zone, body: bytes, prerequisites: int, updates: int) -> None:
    packet = bytearray(dns.query("example.", "SOA", flags=5 << 11) + body)
    packet[7], packet[9] = prerequisites, updates
    query = msg.parse_query(bytes(packet))
    if query is None or query.error is not None:
        return
    try:
        outcome = update(zone, parse_update(query))
    except BadMessage:
        return
    if outcome.change is not None:
        assert apply(zone, outcome.change).serial != zone.serial
