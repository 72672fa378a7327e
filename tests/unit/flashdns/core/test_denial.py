"""Proofs that something is not there, judged by an independent reading of the NSEC and NSEC3 rules (§4.8)."""

from __future__ import annotations

import base64
import hashlib
from types import SimpleNamespace

import dns.name
import dns.rdata
import pytest

from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.answer import Answer, answer
from photoncloud.flashdns.core.denial import next_closer_name, nsec3_hash
from photoncloud.flashdns.core.rdata import to_text
from photoncloud.flashdns.core.signing import SigningPolicy
from photoncloud.flashdns.core.zone import Nsec3Param, Zone

OPT_OUT = SigningPolicy(algorithm=15, denial="nsec3", opt_out=True)
POLICIES = {
    "nsec": SigningPolicy(algorithm=15),
    "nsec3": SigningPolicy(algorithm=15, denial="nsec3"),
    "opt-out": OPT_OUT,
}


def test_the_hashes_printed_in_rfc_5155_appendix_a(dns: SimpleNamespace) -> None:
    param = Nsec3Param(1, 12, bytes.fromhex("aabbccdd"))
    for name, digest in (
        ("example.", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"),
        ("a.example.", "35mthgpgcu1qg68fab165klnsnk3dpvl"),
        ("ai.example.", "gjeqe526plbf1g8mklp59enfd789njgi"),
        ("ns1.example.", "2t7b4g4vsa5smi47k61mv5bv1a22bojr"),
        ("w.example.", "k8udemvp1j2f7eg6jebps17vp3n8i58h"),
        ("*.W.Example.", "r53bq7cc2uvmubfu5ocmm6pers9tk9en"),
        ("x.y.w.example.", "2vptu5timamqttgl4luu9kg21e0aor3s"),
        ("xx.example.", "t644ebqk9bibcna874givr6joj62mlhv"),
    ):
        assert base64.b32hexencode(nsec3_hash(dns.name(name), param)).decode().lower() == digest


def test_next_closer(dns: SimpleNamespace) -> None:
    assert next_closer_name(dns.name("a.b.c.example."), dns.name("c.example.")) == dns.name("b.c.example.")
    assert next_closer_name(dns.name("c.example."), dns.name("example.")) == dns.name("c.example.")


class Proof:
    """What a validator reads out of an authority section (RFC 4035 §5.4, RFC 5155 §8), with dnspython's parsers."""

    def __init__(self, reply: Answer) -> None:
        self.nsec: list[tuple[dns.name.Name, dns.name.Name, set[int]]] = []
        self.nsec3: list[tuple[bytes, bytes, set[int], bool]] = []
        for piece in reply.authority:
            if piece.rrset.rtype in (rr.NSEC, rr.NSEC3):
                assert piece.signatures is not None
                self._read(piece.rrset.owner, piece.rrset.rtype, piece.rrset.rdatas[0])

    def _read(self, owner: bytes, rtype: int, wire: bytes) -> None:
        parsed = dns.rdata.from_text("IN", rtype, to_text(rtype, wire))
        types = {
            window * 256 + octet * 8 + bit
            for window, bits in parsed.windows
            for octet, value in enumerate(bits)
            for bit in range(8)
            if value & 0x80 >> bit
        }
        if rtype == rr.NSEC:
            self.nsec.append((dns.name.from_wire(owner, 0)[0], parsed.next, types))
        else:
            digest = base64.b32hexdecode(owner[1:33].upper())
            self.nsec3.append((digest, parsed.next, types, bool(parsed.flags & 1)))

    @staticmethod
    def _hash(name: dns.name.Name) -> bytes:
        return hashlib.sha1(name.canonicalize().to_wire()).digest()

    def matches(self, name: dns.name.Name) -> set[int] | None:
        """The types proven to exist at `name`."""
        for owner, _, types in self.nsec:
            if owner == name:
                return types
        return next((types for digest, _, types, _ in self.nsec3 if digest == self._hash(name)), None)

    def covers(self, name: dns.name.Name) -> bool:
        for owner, following, _ in self.nsec:
            if (owner < name < following) if owner < following else (owner < name or name < following):
                return True
        wanted = self._hash(name)
        return any(
            (digest < wanted < following) if digest < following else (digest < wanted or wanted < following)
            for digest, following, _, _ in self.nsec3
        )

    def is_ent(self, name: dns.name.Name) -> bool:
        """An empty non-terminal: matched without types, or between an owner and a name below it."""
        if self.nsec3:
            return self.matches(name) == set()
        return any(owner < name and following.is_subdomain(name) for owner, following, _ in self.nsec)


def proof_of(dns_: SimpleNamespace, zone: Zone, name: str, qtype: int) -> tuple[Answer, Proof]:
    reply = answer(zone, dns_.name(name), qtype, dnssec=True)
    return reply, Proof(reply)


@pytest.fixture(params=POLICIES, scope="module")
def signed(request: pytest.FixtureRequest, dns: SimpleNamespace, example: Zone) -> Zone:
    return dns.sign(example, POLICIES[request.param])


@pytest.fixture(params=["nsec", "nsec3"], scope="module")
def fully_signed(request: pytest.FixtureRequest, dns: SimpleNamespace, example: Zone) -> Zone:
    """Without opt-out every name can be proven."""
    return dns.sign(example, POLICIES[request.param])


@pytest.mark.parametrize("name", ["web.example.", "mail.example.", "*.wild.example.", "old.example.", "example."])
def test_nodata(dns: SimpleNamespace, signed: Zone, name: str) -> None:
    reply, proof = proof_of(dns, signed, name, 65400)
    types = proof.matches(_dnspython(name))
    assert reply.kind == "nodata"
    assert types
    assert 65400 not in types
    assert rr.CNAME not in types


def test_nodata_at_an_empty_non_terminal(dns: SimpleNamespace, signed: Zone) -> None:
    for name in ("b.example.", "a.b.example.", "no.wild.example.", "_tcp.example."):
        reply, proof = proof_of(dns, signed, name, rr.A)
        assert reply.kind == "nodata"
        assert proof.is_ent(_dnspython(name)), name


@pytest.mark.parametrize(
    ("name", "encloser"),
    [
        ("nothing.example.", "example."), ("a.b.c.nothing.example.", "example."), ("zzz.web.example.", "web.example."),
        ("x.no.wild.example.", "no.wild.example."), ("aaa.example.", "example."),
        ("x.*.wild.example.", "*.wild.example."),
    ],
)  # fmt: skip
def test_nxdomain(dns: SimpleNamespace, signed: Zone, name: str, encloser: str) -> None:
    reply, proof = proof_of(dns, signed, name, rr.A)
    assert reply.rcode == rr.NXDOMAIN
    closest = _dnspython(encloser)
    asked = _dnspython(name)
    assert proof.covers(closest.__class__(["*", *closest.labels]))
    if proof.nsec3:
        assert proof.matches(closest) is not None
        depth = len(asked.labels) - len(closest.labels) - 1
        assert proof.covers(asked.__class__(asked.labels[depth:]))
    else:
        assert proof.covers(asked)
    sent = [(piece.rrset.owner, piece.rrset.rtype) for piece in reply.authority]
    assert len(sent) == len(set(sent)), "no record twice"


def test_wildcard_answers_prove_that_nothing_is_closer(dns: SimpleNamespace, signed: Zone) -> None:
    for name in ("x.wild.example.", "x.y.wild.example."):
        reply, proof = proof_of(dns, signed, name, rr.A)
        assert reply.kind == "positive"
        asked = _dnspython(name)
        next_closer = dns_ancestor(asked, 4)
        assert proof.covers(next_closer if proof.nsec3 else asked)
        signature = reply.answer[0].signatures
        assert signature is not None
        assert signature.rdatas[0][3] == 2, "labels without the asterisk"


def test_wildcard_nodata(dns: SimpleNamespace, signed: Zone) -> None:
    reply, proof = proof_of(dns, signed, "x.wild.example.", rr.TXT)
    assert reply.kind == "nodata"
    types = proof.matches(_dnspython("*.wild.example."))
    assert types is not None
    assert rr.TXT not in types
    assert proof.covers(_dnspython("x.wild.example."))
    if proof.nsec3:
        assert proof.matches(_dnspython("wild.example.")) is not None


def test_insecure_referral(dns: SimpleNamespace, fully_signed: Zone) -> None:
    reply, proof = proof_of(dns, fully_signed, "x.sibling.example.", rr.A)
    types = proof.matches(_dnspython("sibling.example."))
    assert reply.kind == "referral"
    assert types is not None
    assert rr.NS in types
    assert not types & {rr.DS, rr.SOA, rr.A}


def test_insecure_referral_under_opt_out(dns: SimpleNamespace, example: Zone) -> None:
    """RFC 5155 §7.2.7: closest provable encloser and an opt-out span over the cut."""
    zone = dns.sign(example, OPT_OUT)
    reply, proof = proof_of(dns, zone, "x.sibling.example.", rr.A)
    assert reply.kind == "referral"
    assert proof.matches(_dnspython("sibling.example.")) is None
    assert proof.matches(_dnspython("example.")) is not None
    assert proof.covers(_dnspython("sibling.example."))
    assert all(opt_out for *_, opt_out in proof.nsec3)
    ds, proof = proof_of(dns, zone, "sibling.example.", rr.DS)
    assert ds.kind == "nodata"
    assert proof.covers(_dnspython("sibling.example."))


def test_secure_referral_carries_ds_instead(dns: SimpleNamespace, signed: Zone) -> None:
    reply, proof = proof_of(dns, signed, "x.sub.example.", rr.A)
    kinds = [(piece.rrset.rtype, piece.signatures is not None) for piece in reply.authority]
    assert kinds == [(rr.NS, False), (rr.DS, True)]
    assert not proof.nsec
    assert not proof.nsec3
    glue = [piece for piece in reply.additional if piece.rrset.owner == dns.name("ns.sub.example.")]
    assert glue
    assert all(piece.signatures is None for piece in glue)


def test_chains_prove_every_expanded_link(dns: SimpleNamespace, signed: Zone) -> None:
    reply, proof = proof_of(dns, signed, "x.lost.example.", rr.A)
    assert reply.rcode == rr.NXDOMAIN
    assert proof.covers(_dnspython("x.lost.example."))
    assert proof.covers(_dnspython("nothing.example."))
    assert proof.covers(_dnspython("*.example."))


def test_nothing_of_it_without_do(dns: SimpleNamespace, signed: Zone) -> None:
    """DO=0 never returns RRSIG, NSEC, NSEC3 unless they are QTYPE."""
    for name in ("x.lost.example.", "nothing.example.", "web.example.", "x.sub.example.", "x.wild.example."):
        reply = answer(signed, dns.name(name), rr.A)
        for piece in (*reply.answer, *reply.authority, *reply.additional):
            assert piece.signatures is None
            assert piece.rrset.rtype not in (rr.RRSIG, rr.NSEC, rr.NSEC3)
    assert answer(signed, dns.name("web.example."), rr.RRSIG).answer[0].rrset.rtype == rr.RRSIG


def _dnspython(text: str) -> dns.name.Name:
    return dns.name.from_text(text)


def dns_ancestor(name: dns.name.Name, labels: int) -> dns.name.Name:
    return name.split(labels)[1]
