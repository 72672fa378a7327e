"""Replies of other servers."""

from __future__ import annotations

import dns.message
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.response import parse_response
from photoncloud.flashdns.errors import BadMessage


def reply(*texts: str, rcode: int = 0, edns: bool = False) -> bytes:
    query = dns.message.make_query("example.", "SOA", use_edns=edns, id=7)
    message = dns.message.make_response(query)
    message.set_rcode(rcode)
    for text in texts:
        message.answer.append(dns.rrset.from_text(*text.split(" ", 4)))
    return message.to_wire()


def test_fields() -> None:
    response = parse_response(reply("example. 60 IN MX 5 mail.example.", "Example. 70 IN A 192.0.2.1", edns=True))
    assert (response.id, response.rcode, response.qname, response.qtype) == (7, 0, b"\x07example\x00", rr.SOA)
    assert [(r.rtype, r.ttl) for r in response.answers] == [(rr.MX, 60), (rr.A, 70)]
    assert response.answers[0].rdata == b"\x00\x05\x04mail\x07example\x00"
    assert not response.is_truncated


def test_extended_rcodes() -> None:
    assert parse_response(reply(rcode=16, edns=True)).rcode == 16


def test_a_ttl_with_its_top_bit_set_is_zero() -> None:
    wire = reply("example. 60 IN A 192.0.2.1").replace(b"\x00\x00\x00\x3c", b"\x80\x00\x00\x3c")
    assert parse_response(wire).answers[0].ttl == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda wire: wire[:11],
        lambda wire: wire[:-1],
        lambda wire: wire + b"x",
        lambda wire: wire[:2] + b"\x00" + wire[3:],  # a query
        lambda wire: wire[:4] + b"\x00\x02" + wire[6:],  # two questions
        lambda wire: wire.replace(b"\x00\x01\x00\x01\x00\x00", b"\x00\xfa\x00\x01\x00\x00"),  # a TSIG among the answers
        lambda wire: wire.replace(b"\x00\x04\xc0\x00", b"\x00\x03\xc0\x00"),  # A data of three octets
    ],
)
def test_malformed(change) -> None:
    with pytest.raises(BadMessage):
        parse_response(change(reply("example. 60 IN A 192.0.2.1")))


@given(st.binary(max_size=100))
@settings(max_examples=300, deadline=None)
def test_hostile_replies(octets: bytes) -> None:
    good = reply("example. 60 IN MX 5 mail.example.")
    for wire in (octets, good[:12] + octets, good[:30] + octets):
        try:
            parse_response(wire)
        except BadMessage:
            continue
