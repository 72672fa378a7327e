"""The denial section finds the records the zone itself finds, and the proofs of `core.denial` in the same order."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from photoncloud.flashdns.core import denial
from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.image import Image
from photoncloud.flashdns.core.image_build import build_image
from photoncloud.flashdns.core.signing import SigningPolicy
from photoncloud.flashdns.core.zone import Zone

ASKED = [
    "example.",
    "a.example.",
    "zzz.example.",
    "x.web.example.",
    "*.example.",
    r"\000.mail.example.",
    "x.y.z.example.",
]


@pytest.fixture(params=["nsec", "nsec3"], scope="module")
def signed(request: pytest.FixtureRequest, dns: SimpleNamespace, example: Zone) -> Zone:
    return dns.sign(example, SigningPolicy(algorithm=15, denial=request.param))


def owner(node: object) -> bytes | None:
    return node.name if node is not None else None


def test_neighbours(dns: SimpleNamespace, signed: Zone) -> None:
    image = Image(build_image(signed))
    for text in ASKED:
        name = dns.name(text)
        assert owner(image.nsec_before(name)) == owner(signed.nsec_before(name))
        digest = denial.nsec3_hash(name, denial.Nsec3Param(1, 0, b""))
        assert owner(image.nsec3_before(digest)) == owner(signed.nsec3_before(digest))
        assert owner(image.nsec3_at(digest)) == owner(signed.nsec3_at(digest))


def test_proofs_are_those_of_the_definition(dns: SimpleNamespace, signed: Zone) -> None:
    image = Image(build_image(signed))
    rtype = rr.NSEC if signed.nsec3 is None else rr.NSEC3
    for text in ("nothing.example.", "a.b.nothing.example.", "zzz.web.example.", "x.no.wild.example."):
        name = dns.name(text)
        encloser = next(n for at in names.offsets(name) if (n := name[at:]) in signed.nodes)
        wanted = [node.rrsets[rtype].owner for node in denial.nxdomain(signed, name, encloser)]
        positions = image._denial.nxdomain(name, encloser, signed.nsec3)
        found = [image._load(image._denial.node(position)).rrsets[rtype].owner for position in positions]
        assert found == list(dict.fromkeys(wanted))
        for position in positions:
            _, records = image._denial.fragment(position)
            assert records == 2, "the record and its signature"


def test_an_unsigned_zone_has_none(example: Zone) -> None:
    image = Image(build_image(example))
    assert image.nsec_before(example.apex) is None
    assert image.nsec3_before(bytes(20)) is None
    assert image.signed_nxdomain(b"\x01x\x07example\x00", rr.A) is None
