"""Chains made for signing: who gets a record and what it admits (RFC 4034 §4, RFC 5155 §7.1)."""

from __future__ import annotations

from types import SimpleNamespace

import dns.rdtypes.util
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.flashdns.core import denial_chain as chain
from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.denial import nsec3_hash
from photoncloud.flashdns.core.rdata import to_text
from photoncloud.flashdns.core.zone import Zone
from photoncloud.flashdns.errors import SigningImpossible

HEAD = "$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n\nn A 192.0.2.1\n"


@given(st.sets(st.integers(1, 65535), max_size=30))
def test_bitmaps_are_those_of_dnspython(types: set[int]) -> None:
    theirs = b"".join(
        bytes((window, len(bits))) + bits for window, bits in dns.rdtypes.util.Bitmap.from_rdtypes(list(types)).windows
    )
    assert chain.type_bitmap(types) == theirs


def shown(made: dict[bytes, object]) -> list[str]:
    return [f"{names.to_text(name)} {to_text(rr.NSEC, rrset.rdatas[0])}" for name, rrset in made.items()]


def test_nsec_of_every_authoritative_name(dns: SimpleNamespace) -> None:
    zone = dns.zone(HEAD + "a.b TXT x\nCut NS ns.cut\nns.cut A 192.0.2.2\nsafe NS n\nsafe DS 1 13 2 " + "00" * 32 + "\n*.w A 192.0.2.3\n")  # fmt: skip  # noqa: E501
    assert shown(chain.nsec_chain(zone, 5)) == [
        "example. a.b.example. NS SOA RRSIG NSEC",
        "a.b.example. cut.example. TXT RRSIG NSEC",
        "cut.example. n.example. NS RRSIG NSEC",
        "n.example. safe.example. A RRSIG NSEC",
        "safe.example. *.w.example. NS DS RRSIG NSEC",
        "*.w.example. example. A RRSIG NSEC",
    ]


def test_nothing_below_a_cut_or_a_dname(dns: SimpleNamespace) -> None:
    zone = dns.zone(HEAD + "cut NS n.x.\na.cut TXT occluded\nd DNAME x.\nx.d TXT hidden\n")
    names_ = {names.to_text(name) for name in chain.authoritative_nodes(zone)}
    assert names_ == {"example.", "n.example.", "cut.example.", "d.example."}


def test_nsec3_of_names_and_empty_non_terminals(dns: SimpleNamespace) -> None:
    zone = dns.zone(HEAD + "a.b.c TXT x\n")
    made = chain.nsec3_chain(zone, 5, opt_out=False)
    expected = {"example.", "n.example.", "c.example.", "b.c.example.", "a.b.c.example."}
    assert made.keys() == {nsec3_hash(dns.name(text), chain.NSEC3_PARAM) for text in expected}
    ent = made[nsec3_hash(dns.name("b.c.example."), chain.NSEC3_PARAM)]
    assert to_text(rr.NSEC3, ent.rdatas[0]).split()[5:] == [], "an empty non-terminal has no types"
    order = sorted(made)
    for digest, following in zip(order, [*order[1:], order[0]], strict=True):
        assert following in made[digest].rdatas[0]
        assert names.parent(made[digest].owner) == dns.name("example.")


def test_opt_out_leaves_insecure_delegations_out(dns: SimpleNamespace) -> None:
    """And the empty non-terminals that exist for nothing else."""
    zone = dns.zone(
        HEAD + "cut.only NS n\ncut.mixed NS n\nx.mixed TXT x\nsafe NS n\nsafe DS 1 13 2 " + "00" * 32 + "\n"
    )
    made = chain.nsec3_chain(zone, 5, opt_out=True)
    expected = {"example.", "n.example.", "mixed.example.", "x.mixed.example.", "safe.example."}
    assert made.keys() == {nsec3_hash(dns.name(text), chain.NSEC3_PARAM) for text in expected}
    assert all(rrset.rdatas[0][1] == 1 for rrset in made.values())
    full = chain.nsec3_chain(zone, 5, opt_out=False)
    assert len(full) == len(made) + 3
    insecure = full[nsec3_hash(dns.name("cut.only.example."), chain.NSEC3_PARAM)]
    assert to_text(rr.NSEC3, insecure.rdatas[0]).split()[5:] == ["NS"], "nothing is signed there"


def test_an_apex_without_room_for_hashes() -> None:
    apex = names.from_text(".".join(["a" * 63] * 3 + ["b" * 31]) + ".")
    with pytest.raises(SigningImpossible) as caught:
        chain.nsec3_chain(Zone(apex, {}, {}), 5, opt_out=False)
    assert caught.value.code == "apex_too_long"
