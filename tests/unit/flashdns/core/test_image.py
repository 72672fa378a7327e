"""A compiled image answers octet for octet like the lookup (invariant 1); damage is refused at opening."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.answer import AnswerOptions
from photoncloud.flashdns.core.directory import HostedZone, ZoneDirectory
from photoncloud.flashdns.core.image import Image
from photoncloud.flashdns.core.image_build import build_image
from photoncloud.flashdns.core.image_format import HEADER_SIZE
from photoncloud.flashdns.core.respond import Responder, ResponderSettings
from photoncloud.flashdns.core.signing import SigningPolicy
from photoncloud.flashdns.core.zone import Zone
from photoncloud.flashdns.errors import ImageDamaged

TYPES = (rr.A, rr.NS, rr.CNAME, rr.SOA, rr.MX, rr.DS, rr.DNAME, rr.HTTPS, rr.NSEC, rr.RRSIG, rr.ANY, 0, 65400)
CLIENT = bytes((192, 0, 2, 200))


FEW_TYPES = (rr.A, rr.CNAME, rr.DS, rr.MX, rr.ANY, 65400)


def names_to_ask(zone: Zone, labels: tuple[bytes, ...]) -> set[bytes]:
    """Every node, names above, beside and below them, in odd case too."""
    asked = set(zone.nodes)
    for name in zone.nodes:
        for label in labels:
            if len(name) + len(label) < names.MAX_NAME_OCTETS:
                asked.add(names.prepend(label, name))
                asked.add(names.prepend(b"q", names.prepend(label, name)))
    return {name for name in asked if len(name) <= names.MAX_NAME_OCTETS} | {name.upper() for name in zone.nodes}


def assert_same(
    dns: SimpleNamespace,
    zone: Zone,
    options: AnswerOptions | None = None,
    *,
    types: tuple[int, ...] = TYPES,
    labels: tuple[bytes, ...] = (b"x", b"*", b"\x00", b"zz", b"longer-label-than-most"),
) -> int:
    """How many of the answers the image had finished."""
    options = options or AnswerOptions()
    image = Image(build_image(zone, options=options))
    settings_ = ResponderSettings(options=options)
    reference = Responder(ZoneDirectory([HostedZone(zone.apex, zone)]), settings_)
    compiled = Responder(ZoneDirectory([HostedZone(zone.apex, image)]), settings_)
    finished = 0
    for name in names_to_ask(zone, labels):
        for qtype in types:
            for opt in (b"", dns.opt(512), dns.opt(4096, dnssec=True)):
                packet = dns.query(name, qtype, opt=opt)
                wanted = reference.respond(packet, CLIENT, is_tcp=False, now_sec=0)
                got = compiled.respond(packet, CLIENT, is_tcp=False, now_sec=0)
                assert (got.octets, got.rcode, got.kind, got.imputed) == (
                    wanted.octets, wanted.rcode, wanted.kind, wanted.imputed,
                ), (names.to_text(name), qtype, opt)  # fmt: skip
                finished += image.compiled(name.lower(), qtype, dnssec=bool(opt)) is not None
    return finished


def test_every_question_about_the_example_zone(dns: SimpleNamespace, example: Zone) -> None:
    assert assert_same(dns, example) > 1000


@pytest.mark.parametrize("options", [AnswerOptions(minimal_responses=True), AnswerOptions(any_policy="hinfo"), AnswerOptions(any_policy="full")])  # fmt: skip  # noqa: E501
def test_every_setting_that_changes_answers(dns: SimpleNamespace, example: Zone, options: AnswerOptions) -> None:
    assert_same(dns, example, options, labels=(b"x", b"*"))


@pytest.mark.parametrize(
    "policy",
    [
        SigningPolicy(algorithm=15),
        SigningPolicy(algorithm=15, denial="nsec3"),
        SigningPolicy(algorithm=15, denial="nsec3", opt_out=True),
    ],
    ids=["nsec", "nsec3", "opt-out"],
)
def test_signed_zones(dns: SimpleNamespace, example: Zone, policy: SigningPolicy) -> None:
    assert assert_same(dns, dns.sign(example, policy), labels=(b"x", b"*")) > 500


LABELS = st.sampled_from(["a", "b", "c", "*", "d.e", "x.y.z", "*.a", "b.c", "a.b.c", "_x", r"\000", "D"])
DATA = st.sampled_from(
    [
        "A 192.0.2.1", "A 192.0.2.2", "AAAA 2001:db8::1", "MX 1 a", "MX 2 a.b.c", "TXT x", "CNAME a", "CNAME b.c",
        "CNAME x.a", "CNAME other.test.", "DNAME b", "DNAME c.d", "NS a", "NS ns.b.c", "NS other.test.", "SRV 1 1 1 c",
        "DS 1 13 2 " + "00" * 32, "HTTPS 0 a", "TYPE65400 \\# 2 abcd",
    ]
)  # fmt: skip
ZONES = st.lists(st.tuples(LABELS, DATA), min_size=1, max_size=12)
HEAD = "$TTL 60\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.53\n"


@given(records=ZONES, signed=st.sampled_from([None, "nsec", "nsec3", "optout"]))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_zones(dns: SimpleNamespace, records: list[tuple[str, str]], signed: str | None) -> None:
    """Zones nobody would write: aliases, cuts, wildcards and DNAMEs on and under one another."""
    kept: dict[str, list[str]] = {}
    for owner, data in records:
        others = kept.setdefault(owner, [])
        if data.startswith(("CNAME", "DNAME")) and others:
            continue
        if not any(other.startswith(("CNAME", "DNAME")) for other in others) and data not in others:
            others.append(data)
    text = HEAD + "".join(f"{owner} {data}\n" for owner, datas in kept.items() for data in datas)
    zone = dns.zone(text, "t.")
    if signed is not None:
        denial = "nsec" if signed == "nsec" else "nsec3"
        zone = dns.sign(zone, SigningPolicy(algorithm=15, denial=denial, opt_out=signed == "optout"))
    assert_same(dns, zone, types=FEW_TYPES, labels=(b"x", b"*"))


def test_a_wildcard_alias_that_points_below_itself(dns: SimpleNamespace) -> None:
    """Found by `test_random_zones`: whether the chain repeats a name depends on the name asked."""
    assert_same(dns, dns.zone(HEAD + "*.a CNAME x.a\n*.b CNAME y.c\n*.c CNAME x.b\nd CNAME q.a\n", "t."))


def test_zone_and_image_read_alike(dns: SimpleNamespace, example: Zone) -> None:
    for zone in (example, dns.sign(example), dns.sign(example, SigningPolicy(algorithm=15, denial="nsec3"))):
        image = Image(build_image(zone, revision=7, meta={"source": "x"}))
        assert (image.apex, image.serial, image.revision) == (zone.apex, zone.serial, 7)
        assert (image.is_signed, image.nsec3) == (zone.is_signed, zone.nsec3)
        assert image.meta["info"] == {"source": "x"}
        found = dict(image.nodes())
        assert found.keys() == zone.nodes.keys()
        for name, node in found.items():
            assert (node.rrsets, node.signatures) == (zone.nodes[name].rrsets, zone.nodes[name].signatures)
        for digest in (bytes(20), b"\x80" * 20, b"\xff" * 20, *zone.hashed):
            wanted, got = zone.nsec3_before(digest), image.nsec3_before(digest)
            assert (got and got.rrsets) == (wanted and wanted.rrsets)
        assert image.find(dns.name("nothing.example.")) is None


def test_the_longest_names_and_a_zone_at_the_root(dns: SimpleNamespace) -> None:
    label = "l" * 63
    long = f"{label}.{label}.{label}.{'m' * 60}"
    text = f"$TTL 60\n. SOA a. b. 1 2 3 4 5\n. NS a.\na. A 192.0.2.1\n*.{label}. A 192.0.2.2\n{long}. TXT x\n"
    assert_same(dns, dns.zone(text, "."))


@pytest.mark.parametrize("at", [0, 9, 20, HEADER_SIZE - 1, HEADER_SIZE + 3, -1])
def test_a_damaged_image_is_refused(example: Zone, at: int) -> None:
    octets = bytearray(build_image(example))
    octets[at] ^= 0x55
    with pytest.raises(ImageDamaged):
        Image(bytes(octets))


def test_a_cut_image_is_refused(example: Zone) -> None:
    octets = build_image(example)
    for size in (0, 100, HEADER_SIZE, len(octets) - 1):
        with pytest.raises(ImageDamaged):
            Image(octets[:size])


def test_images_are_reproducible(example: Zone) -> None:
    assert build_image(example, revision=3) == build_image(example, revision=3)
