"""Outgoing transfers: who, in which form, in which messages (flashdns.md §4.7)."""

from __future__ import annotations

import struct
from itertools import pairwise
from types import SimpleNamespace

import dns.message
import pytest

from photoncloud.flashdns.core import message as msg
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core import transfer_out as out
from photoncloud.flashdns.core.change_set import diff
from photoncloud.flashdns.core.response import parse_response
from photoncloud.flashdns.core.transfer_in import transfer_query
from photoncloud.flashdns.core.zone import Zone
from photoncloud.flashdns.errors import BadMessage

HOST, STRANGER, V6 = bytes((192, 0, 2, 1)), bytes((198, 51, 100, 1)), b"\x20\x01\x0d\xb8" + bytes(12)
KEY = b"\x03key\x00"


@pytest.mark.parametrize(
    ("acl", "address", "key", "allowed"),
    [
        (out.TransferAcl(), HOST, None, False),
        (out.TransferAcl(), HOST, KEY, False),
        (out.TransferAcl(("192.0.2.1",)), HOST, None, True),
        (out.TransferAcl(("192.0.2.0/24", "2001:db8::/32")), V6, None, True),
        (out.TransferAcl(("192.0.2.1/24",)), STRANGER, None, False),
        (out.TransferAcl((), frozenset({KEY})), STRANGER, KEY, True),
        (out.TransferAcl((), frozenset({KEY})), STRANGER, b"\x05other\x00", False),
        (out.TransferAcl(("192.0.2.1",), frozenset({KEY}), True), HOST, None, False),
        (out.TransferAcl(("192.0.2.1",), frozenset({KEY}), True), STRANGER, KEY, False),
        (out.TransferAcl(("192.0.2.1",), frozenset({KEY}), True), HOST, KEY, True),
        (out.TransferAcl((), frozenset({KEY}), True), STRANGER, KEY, True),
    ],
)
def test_who_may(acl: out.TransferAcl, address: bytes, key: bytes | None, allowed: bool) -> None:
    assert acl.allows(address, key) is allowed


def axfr(dns_: SimpleNamespace, zone: Zone, reserved: int = 0) -> list[bytes]:
    query = msg.parse_query(dns_.query(zone.apex, "AXFR"))
    return list(out.messages(query, out.axfr_rrsets(zone), reserved=reserved))


def records_of(messages: list[bytes]) -> list[tuple[bytes, int, int, bytes]]:
    return [
        (record.owner, record.rtype, record.ttl, record.rdata)
        for message in messages
        for record in parse_response(message).answers
    ]


def test_everything_once_between_two_soas(dns: SimpleNamespace, example: Zone) -> None:
    for zone in (example, dns.sign(example)):
        records = records_of(axfr(dns, zone))
        assert records[0] == records[-1]
        assert records[0][1] == rr.SOA
        expected = [(s.owner, s.rtype, s.ttl, rdata) for s in zone.rrsets() for rdata in s.rdatas]
        assert [(*r[:3], r[3].lower()) for r in records[:-1]] == [(*e[:3], e[3].lower()) for e in expected]
        assert (dns.name("Case.example."), rr.A) in {record[:2] for record in records}, "owner case is kept"


def test_messages(dns: SimpleNamespace) -> None:
    text = "".join(f"host{n:05} TXT {'x' * 60}\n" for n in range(2000))
    zone = dns.zone(f"$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n.x.\n{text}")
    messages = axfr(dns, zone, reserved=100)
    assert len(messages) > 5
    assert all(12000 < len(message) <= 16284 for message in messages[:-1])
    for number, message in enumerate(messages):
        head = struct.unpack_from("!6H", message)
        assert head[0] == 0x1234
        assert head[1] == 0x8400
        assert head[2] == (1 if number == 0 else 0), "the question stands in the first message only"
        assert dns_count(message) == head[3]
    assert len(records_of(messages)) == zone.record_count + 1


def dns_count(message: bytes) -> int:
    return len(dns.message.from_wire(message, xfr=True, one_rr_per_rrset=True).answer)


def test_a_record_too_long_for_company(dns: SimpleNamespace) -> None:
    long = " ".join(["x" * 255] * 200)
    zone = dns.zone(f"$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n.x.\na TXT x\nb TXT ( {long} )\nc TXT y\n")
    sizes = [(len(message), struct.unpack_from("!H", message, 6)[0]) for message in axfr(dns, zone)]
    assert [count for size, count in sizes if size > 16384] == [1]


def versions(dns_: SimpleNamespace, count: int) -> list[Zone]:
    return [
        dns_.zone(f"$TTL 60\n@ SOA n h {serial} 2 3 4 5\n@ NS n.x.\na A 192.0.2.{serial}\n")
        for serial in range(1, count + 1)
    ]


def test_which_form(dns: SimpleNamespace) -> None:
    zones = versions(dns, 4)
    journal = [diff(old, new) for old, new in pairwise(zones)]
    assert out.ixfr_plan(zones[3], journal, 4) == ("current", ())
    assert out.ixfr_plan(zones[3], journal, 9) == ("current", ()), "a client ahead of us"
    assert out.ixfr_plan(zones[3], journal, 2) == ("deltas", journal[1:])
    assert out.ixfr_plan(zones[3], journal[1:], 1) == ("whole", ())
    assert out.ixfr_plan(zones[3], [journal[0], journal[2]], 1) == ("whole", ()), "a gap"
    assert out.ixfr_plan(zones[3], journal[:2], 1) == ("whole", ()), "a journal that ends too early"
    assert out.ixfr_plan(zones[0], [], 2**32 - 1) == ("whole", ()), "serials wrap"


def test_the_order_of_deltas(dns: SimpleNamespace) -> None:
    """RFC 1995 §4: oldest first, deletions before additions, each with its SOA in front."""
    zones = versions(dns, 3)
    journal = [diff(old, new) for old, new in pairwise(zones)]
    rrsets = list(out.ixfr_rrsets(zones[2], "deltas", journal))
    shown = [
        (s.rtype, s.rdatas[0][-1] if s.rtype == rr.A else int.from_bytes(s.rdatas[0][-20:-16], "big")) for s in rrsets
    ]
    soa, a = rr.SOA, rr.A
    assert shown == [(soa, 3), (soa, 1), (a, 1), (soa, 2), (a, 2), (soa, 2), (a, 2), (soa, 3), (a, 3), (soa, 3)]
    assert [s.rtype for s in out.ixfr_rrsets(zones[2], "current", ())] == [soa]
    assert list(out.ixfr_rrsets(zones[2], "whole", ())) == list(out.axfr_rrsets(zones[2]))


def test_the_serial_a_client_holds(dns: SimpleNamespace, example: Zone) -> None:
    packet = transfer_query(7, example.apex, rr.IXFR, example.soa)
    assert out.client_serial(msg.parse_query(packet)) == 2024010101
    for broken in (
        dns.query("example.", "IXFR"),
        dns.query("example.", "IXFR", opt=dns.opt()),
        packet.replace(b"\x00\x06\x00\x01", b"\x00\x02\x00\x01"),
        packet[:6] + b"\x00\x01\x00\x00" + packet[10:],
    ):
        with pytest.raises(BadMessage):
            out.client_serial(msg.parse_query(broken))
    cut = packet[: -1 - len(example.soa.rdatas[0])] + b"\x00"
    with pytest.raises(BadMessage):
        out.client_serial(msg.parse_query(cut))


def test_by_udp_everything_or_the_soa_alone(dns: SimpleNamespace) -> None:
    zones = versions(dns, 2)
    rrsets = list(out.ixfr_rrsets(zones[1], "deltas", [diff(*zones)]))
    query = msg.parse_query(dns.query("example.", "IXFR"))
    full = out.datagram(query, rrsets, zones[1].soa, 512)
    assert len(parse_response(full).answers) == len(rrsets)
    alone = out.datagram(query, rrsets, zones[1].soa, len(full) - 1)
    assert [record.rtype for record in parse_response(alone).answers] == [rr.SOA]
    tiny = out.datagram(query, rrsets, zones[1].soa, 30)
    assert parse_response(tiny).is_truncated
