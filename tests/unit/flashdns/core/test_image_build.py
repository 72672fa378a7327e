"""What an image is made of: short probes, equal octets once, one fragment for the SOA, everything static finished."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from photoncloud.flashdns.core import image_format as fmt
from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.answer import AnswerOptions
from photoncloud.flashdns.core.image import Image
from photoncloud.flashdns.core.image_build import build_image
from photoncloud.flashdns.core.signing import SigningPolicy
from photoncloud.flashdns.core.zone import Zone


def section(octets: bytes, key: str) -> tuple[int, bytes]:
    at = fmt.SECTION_TABLE_AT + fmt.SECTIONS.index(key) * fmt.SECTION.size
    number, count, offset, length = fmt.SECTION.unpack_from(octets, at)
    assert number == fmt.SECTIONS.index(key)
    assert offset % 8 == 0
    return count, octets[offset : offset + length]


def large(dns: SimpleNamespace, count: int = 3000) -> Zone:
    hosts = "".join(f"host{n} A 10.0.{n >> 8}.{n & 255}\n" for n in range(count))
    return dns.zone(f"$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n{hosts}")


def test_the_header(example: Zone) -> None:
    octets = build_image(example, revision=9)
    head = fmt.HEADER.unpack_from(octets)
    assert (head[0], head[1], head[3], head[5], head[8], head[9]) == (b"PFDNSI01", 0, 1, len(octets), 9, 2024010101)
    assert head[2] == fmt.FLAG_WILDCARD


def test_flags_of_signed_zones(dns: SimpleNamespace, example: Zone) -> None:
    def flags(policy: SigningPolicy) -> int:
        return fmt.HEADER.unpack_from(build_image(dns.sign(example, policy)))[2] & ~fmt.FLAG_WILDCARD

    signed, nsec3 = fmt.FLAG_SIGNED, fmt.FLAG_NSEC3
    assert flags(SigningPolicy(algorithm=15)) == signed
    assert flags(SigningPolicy(algorithm=15, denial="nsec3")) == signed | nsec3
    assert flags(SigningPolicy(algorithm=15, denial="nsec3", opt_out=True)) == signed | nsec3 | fmt.FLAG_OPT_OUT


@pytest.mark.parametrize("count", [3000, 5000, 20000])
def test_probes_are_short(dns: SimpleNamespace, count: int) -> None:
    """Names that differ in digits only stand in rows under a bare CRC: 5,000 of them once never found a table."""
    zone = large(dns, count)
    octets = build_image(zone)
    slots, packed = section(octets, "slots")
    assert slots >= 2 * len(zone.nodes), "load at most one half"
    head = fmt.HEADER.unpack_from(octets)
    seed, probes = head[10], head[4]
    assert probes <= fmt.MAX_PROBES
    table = memoryview(packed).cast("I")
    for number, name in enumerate(sorted(zone.nodes, key=names.canonical_key)):
        home = fmt.home_slot(name, seed, slots)
        assert any(table[(home + step) % slots] == number + 1 for step in range(probes))


def test_names_that_all_collide_still_make_an_image(dns: SimpleNamespace, monkeypatch) -> None:
    """Whoever writes a zone can make names with one CRC; that costs probes, not the zone."""
    monkeypatch.setattr(fmt, "home_slot", lambda name, seed, slots: slots - 1)
    zone = large(dns, 100)
    image = Image(build_image(zone))
    for number, name in enumerate(sorted(zone.nodes, key=names.canonical_key)):
        assert image.index_of(name) == number
    assert image.index_of(dns.name("absent.example.")) == -1


def test_shared_fragments_stand_once(dns: SimpleNamespace) -> None:
    """3,000 positive answers carry the apex NS and its address, all from one place."""
    zone = large(dns)
    _, octets = section(build_image(zone), "octets")
    assert octets.count(b"\x02ns\xc0") <= 6
    assert len(octets) < 3000 * 17 + 500


def test_a_new_serial_changes_one_fragment(dns: SimpleNamespace) -> None:
    """Negative answers of every name share the SOA: of the octets in a large zone almost none move."""
    one = section(build_image(large(dns)), "octets")[1]
    text_zone = large(dns)
    soa = text_zone.soa
    newer = soa._replace(rdatas=(soa.rdatas[0][:-20] + b"\x00\x00\x00\x02" + soa.rdatas[0][-16:],))
    text_zone.apex_node.rrsets[rr.SOA] = newer
    other = section(build_image(text_zone), "octets")[1]
    assert len(one) == len(other)
    assert sum(a != b for a, b in zip(one, other, strict=True)) <= 3


def test_dependants_tell_what_an_overlay_must_rebuild(dns: SimpleNamespace) -> None:
    """A changed address of `mail` changes the answers of every name whose MX or SRV points there."""
    zone = dns.zone("$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n.x.\nmail A 192.0.2.1\na MX 1 mail\nb CNAME mail\nc TXT x\n")
    octets = build_image(zone)
    image = Image(octets)
    count, pairs = section(octets, "dependants")
    found = {fmt.PAIR.unpack_from(pairs, at * fmt.PAIR.size) for at in range(count)}
    mail, a, b = (image.index_of(dns.name(f"{label}.example.")) for label in ("mail", "a", "b"))
    assert {owner for name, owner in found if name == mail} == {a, b}


def test_static_answers_are_finished_and_only_those(dns: SimpleNamespace, example: Zone) -> None:
    image = Image(build_image(example))

    def finished(name: str, qtype: int, *, dnssec: bool = False, of: Image = image) -> bool:
        return of.compiled(dns.name(name), qtype, dnssec=dnssec) is not None

    for name in ("web.example.", "www.example.", "x.wild.example.", "nothing.example.", "x.sub.example.", "b.example."):
        assert finished(name, rr.A), name
    for name, qtype in (("x.old.example.", rr.A), ("web.example.", rr.ANY), ("web.example.", rr.RRSIG)):
        assert not finished(name, qtype), name
    signed = Image(build_image(dns.sign(example)))
    for name in ("web.example.", "b.example.", "x.sub.example.", "www.example."):
        assert finished(name, rr.A, dnssec=True, of=signed), name
    assert finished("nothing.example.", rr.A, dnssec=True, of=signed), "but for the proofs"
    assert signed.locate(dns.name("nothing.example."), rr.A, dnssec=True) is None, "which differ from name to name"
    assert not finished("x.wild.example.", rr.A, dnssec=True, of=signed), "its proof depends on the name"
    assert finished("x.wild.example.", rr.A, of=signed)


def test_chains_of_a_view_are_never_finished(dns: SimpleNamespace, example: Zone) -> None:
    """They may go on in a zone that changes without this one."""
    image = Image(build_image(example, options=AnswerOptions(cname_scope="view")))
    assert image.options.cname_scope == "view"
    assert image.compiled(dns.name("www.example."), rr.A, dnssec=False) is None
    assert image.compiled(dns.name("web.example."), rr.A, dnssec=False) is not None


def test_deep_names_cost_few_probes(dns: SimpleNamespace, monkeypatch) -> None:
    zone = dns.zone("$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n.x.\n" + "a." * 60 + "b TXT x\n")
    image = Image(build_image(zone))
    probes = []
    monkeypatch.setattr(image, "index_of", lambda name, real=image.index_of: probes.append(name) or real(name))
    deepest = dns.name("x." + "a." * 59 + "b.example.")
    number, start = image.closest(deepest)
    assert start == 2
    assert number >= 0
    assert len(probes) <= 7 + 1
