"""The short way gives the octets of the long one, or nothing; it never outlives a version."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.flashdns.core.directory import HostedZone, ZoneDirectory, ZoneState
from photoncloud.flashdns.core.fast_path import FastPath
from photoncloud.flashdns.core.image import Image
from photoncloud.flashdns.core.image_build import build_image
from photoncloud.flashdns.core.respond import Responder
from photoncloud.flashdns.core.zone import Zone

CLIENT = bytes(4)


@pytest.fixture(scope="module")
def hosted(dns: SimpleNamespace, example: Zone) -> list[HostedZone]:
    signed = dns.sign(dns.zone("$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n\nn A 192.0.2.1\n*.w TXT x\n", "signed."))
    return [HostedZone(zone.apex, Image(build_image(zone)), revision=1) for zone in (example, signed)]


def both(hosted: list[HostedZone], packet: bytes, path: FastPath | None = None) -> tuple[bytes | None, bytes | None]:
    directory = ZoneDirectory(hosted)
    fast = (path or FastPath(directory)).respond(packet)
    return fast[0] if fast else None, Responder(directory).respond(packet, CLIENT, is_tcp=False, now_sec=0).octets


NAMES = [
    "www.example.", "WEB.example.", "case.example.", "nothing.example.", "x.wild.example.", "a.b.example.",
    "host.sub.example.", "x.old.example.", "example.", "n.signed.", "x.w.signed.", "no.signed.", "other.test.", ".",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("qtype", ["A", "MX", "HTTPS", "DS", "ANY", "AXFR", "TYPE97"])
def test_equal_to_the_long_way_on_first_and_later_questions(
    dns: SimpleNamespace, hosted: list[HostedZone], name: str, qtype: str
) -> None:
    path = FastPath(ZoneDirectory(hosted))
    for opt in (b"", dns.opt(1232), dns.opt(4096, dnssec=True), dns.opt(100)):
        for flags in (0, 0x0100, 0x0130):
            packet = dns.query(name, qtype, opt=opt, flags=flags)
            for _ in range(2):
                fast, slow = both(hosted, packet, path)
                assert fast in (None, slow)


def test_plain_questions_do_take_it(dns: SimpleNamespace, hosted: list[HostedZone]) -> None:
    path = FastPath(ZoneDirectory(hosted))
    for _ in range(3):
        for name in ("www.example.", "wWw.example.", "gone.example.", "x.wild.example.", "host.sub.example."):
            assert path.respond(dns.query(name, "A", opt=dns.opt())) is not None
    assert path.hits > 0


def test_types_that_differ_in_a_case_bit_are_not_confused(dns: SimpleNamespace, hosted: list[HostedZone]) -> None:
    """HTTPS is 65 = `A`; folding the whole question would make it 97."""
    path = FastPath(ZoneDirectory(hosted))
    one = path.respond(dns.query("svc.example.", 65))
    other = path.respond(dns.query("svc.example.", 97))
    assert one is not None
    assert other is not None
    assert one[0][6:12] != other[0][6:12]


def test_a_new_version_is_seen_at_once_and_a_withdrawn_one_is_not_answered(dns: SimpleNamespace) -> None:
    def image(address: str) -> Image:
        text = f"$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n\nn A {address}\n"
        return Image(build_image(dns.zone(text, "v.")))

    zone = HostedZone(dns.name("v."), image("192.0.2.1"), revision=1)
    path = FastPath(ZoneDirectory([zone]))
    packet = dns.query("n.v.", "A")
    assert b"\xc0\x00\x02\x01" in path.respond(packet)[0]
    zone.publish(image("192.0.2.9"), 2)
    assert b"\xc0\x00\x02\x09" in path.respond(packet)[0]
    zone.withdraw(ZoneState.EXPIRED)
    assert path.respond(packet) is None
    zone.publish(image("192.0.2.9"), 3)
    assert path.respond(packet) is not None


def test_a_new_directory_forgets_everything(dns: SimpleNamespace) -> None:
    """A child zone cuts names out of what was remembered for its parent."""
    parent = dns.zone("$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n\nn A 192.0.2.1\na.c A 192.0.2.2\n", "p.")
    child = dns.zone("$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n\nn A 192.0.2.1\na A 192.0.2.3\n", "c.p.")
    hosted = [HostedZone(zone.apex, Image(build_image(zone))) for zone in (parent, child)]
    path = FastPath(ZoneDirectory(hosted[:1]))
    packet = dns.query("a.c.p.", "A")
    assert b"\xc0\x00\x02\x02" in path.respond(packet)[0]
    path.use(ZoneDirectory(hosted))
    assert b"\xc0\x00\x02\x03" in path.respond(packet)[0]


def test_random_names_do_not_fill_the_memo(dns: SimpleNamespace, hosted: list[HostedZone]) -> None:
    path = FastPath(ZoneDirectory(hosted), entries=10)
    assert path.respond(dns.query("web.example.", "A")) is not None
    for number in range(200):
        assert path.respond(dns.query(f"r{number:03}.example.", "A")) is not None
    misses = path.misses
    assert path.respond(dns.query("web.example.", "A")) is not None
    assert path.misses == misses


@given(st.binary(max_size=80), st.booleans())
@settings(max_examples=400, deadline=None)
def test_hostile_packets(hosted: list[HostedZone], octets: bytes, framed: bool) -> None:
    packet = b"\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00" + octets if framed else octets
    fast, slow = both(hosted, packet)
    assert fast in (None, slow)
