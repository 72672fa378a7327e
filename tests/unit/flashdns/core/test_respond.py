"""The packet function: tables of flashdns.md §4.1 and §4.2 as packets, and packets nobody should send."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import dns.message
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.flashdns.core import edns as ed
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.answer import AnswerOptions
from photoncloud.flashdns.core.chaos import ServerFacts
from photoncloud.flashdns.core.cookie import CookieState, server_cookie
from photoncloud.flashdns.core.directory import HostedZone, ZoneDirectory, ZoneState
from photoncloud.flashdns.core.image import Image
from photoncloud.flashdns.core.image_build import build_image
from photoncloud.flashdns.core.respond import Lane, Reply, Responder, ResponderSettings, slipped
from photoncloud.flashdns.core.zone import Zone

CLIENT = bytes((192, 0, 2, 200))
SECRET = b"0123456789abcdef"
NOW = 1_750_000_000
SETTINGS = ResponderSettings(facts=ServerFacts(identity="me"), cookie_secrets=(SECRET, b"old-secret-16oct"))


@pytest.fixture(scope="module")
def responder(dns: SimpleNamespace, example: Zone) -> Responder:
    many = "".join(f"many A 192.0.2.{n}\n" for n in range(40))
    big = dns.zone(f"$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n.x.\n{many}", "big.")
    expired = HostedZone(dns.name("expired."), example)
    expired.withdraw(ZoneState.EXPIRED)
    refused = HostedZone(dns.name("refused."))
    refused.withdraw(ZoneState.REFUSED)
    secondary = HostedZone(dns.name("sec."), dns.zone("$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n.x.\n", "sec."))
    secondary.expires_at_sec = NOW + 77
    return Responder(
        ZoneDirectory(
            [
                HostedZone(example.apex, Image(build_image(example)), revision=5),
                HostedZone(dns.name("big."), big),
                HostedZone(dns.name("pending.")),
                expired,
                refused,
                secondary,
            ]
        ),
        SETTINGS,
    )


def send(responder: Responder, packet: bytes, *, is_tcp: bool = False, introspect: bool = False) -> Reply:
    return responder.respond(packet, CLIENT, is_tcp=is_tcp, now_sec=NOW, may_introspect=introspect)


def read(reply: Reply) -> dns.message.Message:
    assert reply.octets is not None
    return dns.message.from_wire(reply.octets)


def ede_of(message: dns.message.Message) -> int | None:
    return next((int(option.code) for option in message.options if option.otype == ed.EXTENDED_ERROR), None)


@pytest.mark.parametrize(
    ("question", "rcode", "ede"),
    [
        ("www.example. A", rr.NOERROR, None),
        ("nothing.example. A", rr.NXDOMAIN, None),
        ("other.test. A", rr.REFUSED, 20),
        (". NS", rr.REFUSED, 20),
        ("a.pending. A", rr.SERVFAIL, 14),
        ("a.expired. A", rr.SERVFAIL, 24),
        ("a.refused. A", rr.SERVFAIL, 24),
        ("example. AXFR", rr.NOTIMP, 21),
    ],
)
def test_outcomes(dns: SimpleNamespace, responder: Responder, question: str, rcode: int, ede: int | None) -> None:
    name, rtype = question.split()
    message = read(send(responder, dns.query(name, rtype, opt=dns.opt())))
    assert (message.rcode(), ede_of(message)) == (rcode, ede)
    plain = read(send(responder, dns.query(name, rtype)))
    assert plain.rcode() == rcode
    assert plain.edns == -1, "no OPT in, no OPT out"


def test_extended_errors_can_be_switched_off(dns: SimpleNamespace, responder: Responder) -> None:
    quiet = Responder(responder.directory, ResponderSettings(ede=False))
    assert ede_of(read(send(quiet, dns.query("other.test.", "A", opt=dns.opt())))) is None


def test_header_bits(dns: SimpleNamespace, responder: Responder) -> None:
    for flags, kept in ((0x0100, 0x0100), (0x0000, 0), (0x0030, 0), (0x06F0, 0)):
        octets = send(responder, dns.query("www.example.", "A", flags=flags)).octets
        assert octets[:2] == b"\x12\x34"
        assert struct.unpack_from("!H", octets, 2)[0] == 0x8400 | kept
    referral = send(responder, dns.query("x.sub.example.", "A")).octets
    assert not referral[2] & 0x04, "AA is clear on a pure referral"


def test_the_question_comes_back_octet_by_octet(dns: SimpleNamespace, responder: Responder) -> None:
    packet = dns.query("wWw.ExAmPlE.", "A")
    octets = send(responder, packet).octets
    assert octets[12 : len(packet)] == packet[12:]


@pytest.mark.parametrize(
    ("qclass", "rcode", "aa"),
    [
        (255, 0, False),
        (1, 0, True),
        (4, rr.REFUSED, False),
        (254, rr.REFUSED, False),
        (0, rr.REFUSED, False),
    ],
)
def test_classes(dns: SimpleNamespace, responder: Responder, qclass: int, rcode: int, aa: bool) -> None:
    octets = send(responder, dns.query("web.example.", "A", qclass=qclass)).octets
    assert (octets[3] & 0xF, bool(octets[2] & 4)) == (rcode, aa)
    assert octets[12:26] == dns.query("web.example.", "A", qclass=qclass)[12:26]


@pytest.mark.parametrize(
    ("size", "is_tcp", "truncated"),
    [
        (None, False, True),
        (512, False, True),
        (100, False, True),
        (1232, False, False),
        (65535, False, False),
        (None, True, False),
    ],
)
def test_sizes(dns: SimpleNamespace, responder: Responder, size: int | None, is_tcp: bool, truncated: bool) -> None:
    reply = send(responder, dns.query("many.big.", "A", opt=dns.opt(size) if size else b""), is_tcp=is_tcp)
    message = read(reply)
    limit = 65535 if is_tcp else max(512, min(size or 512, 1232))
    assert len(reply.octets) <= limit
    assert reply.is_truncated is truncated
    assert len(message.answer) == (0 if truncated else 1)
    if size is not None:
        assert message.edns == 0, "OPT survives truncation"
        assert message.payload == 1232


def test_edns_version(dns: SimpleNamespace, responder: Responder) -> None:
    """BADVERS before anything else, version 0 in the reply, no data."""
    message = read(send(responder, dns.query("other.test.", "A", opt=dns.opt(version=1))))
    assert (message.rcode(), message.edns, len(message.question)) == (rr.BADVERS, 0, 1)


def option(code: int, value: bytes = b"") -> bytes:
    return struct.pack("!HH", code, len(value)) + value


def options_of(reply: Reply) -> dict[int, bytes]:
    return {int(o.otype): o.to_wire() for o in read(reply).options}


def test_name_server_identifier(dns: SimpleNamespace, responder: Responder) -> None:
    asked = dns.opt(options=option(ed.NSID))
    assert options_of(send(responder, dns.query("www.example.", "A", opt=asked))) == {ed.NSID: b"me"}
    silent = Responder(responder.directory, ResponderSettings())
    assert options_of(send(silent, dns.query("www.example.", "A", opt=asked))) == {}


def test_unknown_options_and_client_subnet_are_ignored(dns: SimpleNamespace, responder: Responder) -> None:
    opt = dns.opt(options=option(65001, b"x") + option(ed.CLIENT_SUBNET, b"\x00\x01\x18\x00\xc0\x00\x02"))
    assert options_of(send(responder, dns.query("www.example.", "A", opt=opt))) == {}


def test_expire(dns: SimpleNamespace, responder: Responder) -> None:
    """RFC 7314: a primary tells the SOA's EXPIRE, a secondary what is left of it."""
    asked = dns.opt(options=option(ed.EXPIRE))
    assert options_of(send(responder, dns.query("example.", "SOA", opt=asked)))[ed.EXPIRE] == (604800).to_bytes(
        4, "big"
    )
    assert options_of(send(responder, dns.query("sec.", "SOA", opt=asked)))[ed.EXPIRE] == (77).to_bytes(4, "big")
    assert options_of(send(responder, dns.query("example.", "A", opt=asked))) == {}
    assert options_of(send(responder, dns.query("x.example.", "SOA", opt=asked))) == {}


def test_keepalive_by_tcp_only(dns: SimpleNamespace, responder: Responder) -> None:
    packet = dns.query("www.example.", "A", opt=dns.opt(options=option(ed.KEEPALIVE)))
    assert options_of(send(responder, packet, is_tcp=True)) == {ed.KEEPALIVE: (100).to_bytes(2, "big")}
    assert options_of(send(responder, packet)) == {}


def test_cookies(dns: SimpleNamespace, responder: Responder) -> None:
    client = b"clientck"
    fresh = client + server_cookie(client, CLIENT, SECRET, NOW)
    for sent, state in (
        (client, CookieState.CLIENT_ONLY),
        (fresh, CookieState.VALID),
        (client + bytes(16), CookieState.BAD),
        (client + server_cookie(client, CLIENT, SECRET, NOW - 2000), CookieState.STALE),
        (client + server_cookie(client, CLIENT, b"old-secret-16oct", NOW), CookieState.STALE),
    ):
        reply = send(responder, dns.query("www.example.", "A", opt=dns.opt(options=option(ed.COOKIE, sent))))
        assert reply.cookie is state
        assert reply.rcode == rr.NOERROR
        assert options_of(reply)[ed.COOKIE] == fresh
    broken = send(responder, dns.query("www.example.", "A", opt=dns.opt(options=option(ed.COOKIE, b"short"))))
    assert broken.rcode == rr.FORMERR


def test_a_cookie_without_a_question(dns: SimpleNamespace, responder: Responder) -> None:
    """RFC 7873 §5.4."""
    packet = struct.pack("!6H", 1, 0, 0, 0, 0, 1) + dns.opt(options=option(ed.COOKIE, b"clientck"))
    reply = send(responder, packet)
    assert (reply.rcode, read(reply).question) == (rr.NOERROR, [])
    assert len(options_of(reply)[ed.COOKIE]) == 24
    without = send(responder, struct.pack("!6H", 1, 0, 0, 0, 0, 1) + dns.opt())
    assert (without.rcode, read(without).edns) == (rr.FORMERR, 0)


def test_required_cookies(dns: SimpleNamespace, responder: Responder) -> None:
    strict = Responder(responder.directory, ResponderSettings(cookie_secrets=(SECRET,), cookie_required=True))
    packet = dns.query("www.example.", "A", opt=dns.opt(options=option(ed.COOKIE, b"clientck")))
    refused = send(strict, packet)
    assert (refused.rcode, read(refused).answer) == (rr.BADCOOKIE, [])
    again = dns.query("www.example.", "A", opt=dns.opt(options=option(ed.COOKIE, options_of(refused)[ed.COOKIE])))
    assert send(strict, again).rcode == rr.NOERROR
    assert send(strict, packet, is_tcp=True).rcode == rr.NOERROR


@pytest.mark.parametrize(
    ("flags", "qtype", "is_tcp", "lane"),
    [
        (4 << 11, "SOA", False, Lane.NOTIFY), (5 << 11, "SOA", False, Lane.UPDATE), (0, "AXFR", True, Lane.TRANSFER),
        (0, "IXFR", True, Lane.TRANSFER), (0, "IXFR", False, Lane.TRANSFER),
    ],
)  # fmt: skip
def test_lanes(dns: SimpleNamespace, responder: Responder, flags: int, qtype: str, is_tcp: bool, lane: Lane) -> None:
    reply = send(responder, dns.query("example.", qtype, flags=flags), is_tcp=is_tcp)
    assert (reply.lane, reply.octets) == (lane, None)
    assert reply.query.qname == dns.name("example.")


def test_signed_requests_go_to_their_lane(dns: SimpleNamespace, responder: Responder) -> None:
    tsig = b"\x01k\x00\x00\xfa\x00\xff\x00\x00\x00\x00\x00\x00"
    assert send(responder, dns.query("example.", "A", opt=tsig)).lane is Lane.TSIG


def test_chaos(dns: SimpleNamespace, responder: Responder) -> None:
    message = read(send(responder, dns.query("version.bind.", "TXT", qclass=3)))
    assert message.answer[0].to_text() == 'version.bind. 0 CH TXT "flashdns"'
    assert not message.flags & 0x0400
    revision = dns.query("example.revision.flashdns.", "TXT", qclass=3)
    assert "revision=5" in read(send(responder, revision, introspect=True)).answer[0].to_text()
    assert read(send(responder, revision)).rcode() == rr.REFUSED
    assert read(send(responder, dns.query("x.", "TXT", qclass=3))).rcode() == rr.REFUSED


def test_slips_are_empty_and_truncated(dns: SimpleNamespace, responder: Responder) -> None:
    reply = send(responder, dns.query("www.example.", "A", opt=dns.opt()))
    made = slipped(reply.query)
    assert made[2] & 0x02
    assert made[6:12] == bytes(6)
    assert len(made) <= len(reply.query.packet)


def test_chains_into_other_zones_of_the_view(dns: SimpleNamespace, example: Zone) -> None:
    other = dns.zone("$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n\nwww A 192.0.2.77\nn A 192.0.2.1\n", "other.test.")
    view = AnswerOptions(cname_scope="view")
    packet = dns.query("outside.example.", "A")
    for build in (lambda zone, options: zone, lambda zone, options: Image(build_image(zone, options=options))):
        hosted = [HostedZone(zone.apex, build(zone, AnswerOptions())) for zone in (example, other)]
        assert len(read(send(Responder(ZoneDirectory(hosted)), packet)).answer) == 1
        hosted = [HostedZone(zone.apex, build(zone, view)) for zone in (example, other)]
        chased = read(send(Responder(ZoneDirectory(hosted), ResponderSettings(options=view)), packet))
        assert [str(rrset.name) for rrset in chased.answer] == ["outside.example.", "www.other.test."]
        assert str(chased.authority[0].name) == "other.test."


def test_every_type_opcode_and_class_is_answered(dns: SimpleNamespace, responder: Responder) -> None:
    for qtype in (*range(300), *range(300, 65536, 17), 65535):
        reply = send(responder, dns.query("www.example.", qtype))
        assert reply.octets is not None or reply.lane is Lane.TRANSFER or qtype == rr.AXFR
    for opcode in range(16):
        for qclass in (1, 3, 254, 255, 0, 7):
            for qtype in (0, 1, 6, 41, 128, 249, 250, 252, 255, 65535):
                reply = send(responder, dns.query("www.example.", qtype, flags=opcode << 11, qclass=qclass))
                assert reply.octets is not None or reply.lane is not None


@given(st.binary(max_size=100), st.integers(0, 1), st.integers(0, 2), st.booleans())
@settings(max_examples=500, deadline=None)
def test_hostile_packets(responder: Responder, body: bytes, questions: int, additionals: int, is_tcp: bool) -> None:
    """Never an exception; an error is never longer than the question, our OPT and its text."""
    head = struct.pack("!6H", 1, 0, questions, 0, 0, additionals)
    for packet in (body, head + body, head + b"\x03www\x07example\x00\x00\x01\x00\x01" + body):
        reply = send(responder, packet, is_tcp=is_tcp)
        if reply.octets is not None and reply.rcode not in (rr.NOERROR, rr.NXDOMAIN):
            assert len(reply.octets) <= len(packet) + 11 + 28 + 4 + 2 + 60


def test_options_of_answers_are_the_images_own(dns: SimpleNamespace, example: Zone) -> None:
    """An image compiled for minimal answers gives minimal answers on the long way too."""
    image = Image(build_image(example, options=AnswerOptions(minimal_responses=True)))
    message = read(
        send(Responder(ZoneDirectory([HostedZone(example.apex, image)])), dns.query("host.old.example.", "A"))
    )
    assert message.authority == []
