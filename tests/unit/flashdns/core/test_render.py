"""Sections in octets: compression, truncation, what may be left out (flashdns.md §4.3)."""

from __future__ import annotations

from types import SimpleNamespace

import dns.flags
import dns.message
import pytest

from photoncloud.flashdns.core import message as msg
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.answer import answer
from photoncloud.flashdns.core.piece import Piece
from photoncloud.flashdns.core.rdata import query_type_number
from photoncloud.flashdns.core.render import render
from photoncloud.flashdns.core.signing import SigningPolicy
from photoncloud.flashdns.core.zone import Zone

TC = int(dns.flags.TC)


def rendered(dns_: SimpleNamespace, zone: Zone, name: str, rtype: str, room: int, *, dnssec: bool = False):
    qname, qtype = dns_.name(name), query_type_number(rtype)
    reply = answer(zone, qname, qtype, dnssec=dnssec)
    body = render(reply, len(qname), zone.apex, room)
    query = msg.parse_query(dns_.query(qname, qtype))
    counts = (body.answers, body.authorities, body.additionals)
    octets = msg.reply(query, reply.rcode, flags=msg.TC if body.is_truncated else 0, counts=counts, body=body.octets)
    return body, dns.message.from_wire(octets)


def test_dnspython_reads_every_answer_as_it_was_meant(dns: SimpleNamespace, example: Zone) -> None:
    signed = dns.sign(example, SigningPolicy(algorithm=15, denial="nsec3"))
    for zone in (example, signed):
        for name in zone.nodes:
            for qtype in (rr.A, rr.MX, rr.HTTPS, rr.NS, rr.TXT):
                reply = answer(zone, name, qtype, dnssec=True)
                body = render(reply, len(name), zone.apex, 65535)
                query = msg.parse_query(dns.query(name, qtype))
                counts = (body.answers, body.authorities, body.additionals)
                read = _read(msg.reply(query, reply.rcode, counts=counts, body=body.octets))
                assert read.answer == _sections(reply.answer, name)
                assert read.authority == _sections(reply.authority, name)
                assert read.additional == _sections(reply.additional, name)


def _read(octets: bytes) -> SimpleNamespace:
    read = dns.message.from_wire(octets, one_rr_per_rrset=True)
    parts = {
        section: sorted(
            (r.name.canonicalize().to_wire(), r.rdtype, r.ttl, r[0].to_wire().lower()) for r in getattr(read, section)
        )
        for section in ("answer", "authority", "additional")
    }  # fmt: skip
    return SimpleNamespace(**parts)


def _sections(pieces: list[Piece], qname: bytes) -> list[tuple[bytes, int, int, bytes]]:
    found = []
    for piece in pieces:
        for rrset in (piece.rrset, piece.signatures):
            for rdata in rrset.rdatas if rrset else ():
                owner = qname if piece.is_qname else rrset.owner
                found.append((owner.lower(), rrset.rtype, rrset.ttl, rdata.lower()))
    return sorted(found)


def test_owners_that_are_the_question_are_pointers_to_it(dns: SimpleNamespace, example: Zone) -> None:
    body, _ = rendered(dns, example, "web.example.", "A", 500)
    assert body.octets[:2] == b"\xc0\x0c"
    assert body.octets.count(b"example") == 0, "no name is spelled out that the question holds"


@pytest.mark.parametrize(("room", "truncated"), [(40 * 16, False), (40 * 16 - 1, True), (0, True)])
def test_whole_sets_only(dns: SimpleNamespace, room: int, truncated: bool) -> None:
    records = "".join(f"many A 192.0.2.{n}\n" for n in range(40))
    zone = dns.zone(f"$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n.x.\n{records}")
    body, read = rendered(dns, zone, "many.example.", "A", room)
    assert body.is_truncated is truncated
    assert body.answers == (0 if truncated else 40)
    assert bool(read.flags & TC) is truncated


def test_optional_sets_go_first_then_the_apex_ns_without_tc(dns: SimpleNamespace, example: Zone) -> None:
    full, _ = rendered(dns, example, "example.", "MX", 5000)
    assert (full.authorities, full.additionals) == (2, 3)
    seen = set()
    for room in range(len(full.octets), 0, -1):
        body, _ = rendered(dns, example, "example.", "MX", room)
        if body.is_truncated:
            assert body.answers == 0
            break
        seen.add((body.authorities, body.additionals))
        assert body.answers == 1
    assert {(2, 3), (2, 2), (2, 1), (2, 0), (0, 0)} == seen


def test_required_glue_sets_tc(dns: SimpleNamespace, example: Zone) -> None:
    """RFC 9471: a referral without its in-domain glue is useless."""
    full, _ = rendered(dns, example, "x.sub.example.", "A", 5000)
    assert (full.authorities, full.additionals) == (3, 3)
    outcomes = []
    for room in range(len(full.octets), 0, -1):
        body, _ = rendered(dns, example, "x.sub.example.", "A", room)
        outcomes.append((body.authorities, body.additionals, body.is_truncated))
    assert (3, 1, False) in outcomes, "sibling glue may go silently"
    assert (3, 0, True) in outcomes
    assert (3, 0, False) not in outcomes
    assert outcomes[-1] == (0, 0, True)


def test_signed_answers_never_lose_their_proofs_silently(dns: SimpleNamespace, example: Zone) -> None:
    """Invariant 6: what does not fit sets TC; only signatures of additional data may go."""
    zone = dns.sign(example)
    for name in ("nothing.example.", "x.wild.example.", "web.example.", "x.sub.example."):
        rtype = "A"
        full, _ = rendered(dns, zone, name, rtype, 5000, dnssec=True)
        for room in range(0, len(full.octets), 3):
            body, _ = rendered(dns, zone, name, rtype, room, dnssec=True)
            if not body.is_truncated:
                assert body.answers == full.answers
                reply = answer(zone, dns.name(name), query_type_number(rtype), dnssec=True)
                required = sum(
                    len(piece.rrset.rdatas) + (len(piece.signatures.rdatas) if piece.signatures else 0)
                    for piece in reply.authority if piece.is_required
                )  # fmt: skip
                assert body.authorities >= required


def test_signatures_of_additional_data_go_before_their_set(dns: SimpleNamespace, example: Zone) -> None:
    zone = dns.sign(example)
    full, _ = rendered(dns, zone, "_sip._tcp.example.", "SRV", 5000, dnssec=True)
    body, read = rendered(dns, zone, "_sip._tcp.example.", "SRV", len(full.octets) - 1, dnssec=True)
    assert not body.is_truncated
    assert body.additionals == full.additionals - 1
    assert read.additional[-1].rdtype == rr.AAAA


def test_pointers_stay_within_fourteen_bits(dns: SimpleNamespace) -> None:
    records = "".join(f"@ NS n{n}.a{n}.b{n}.c{n}.test.\n" for n in range(700))
    zone = dns.zone(f"$TTL 60\n@ SOA n h 1 2 3 4 5\n{records}")
    body, read = rendered(dns, zone, "example.", "NS", 65000)
    assert len(body.octets) > 0x4000
    assert len(read.answer[0]) == 700
