"""The lookup, rule by rule (flashdns.md §4.4). Each case opens with why it exists.

A case: question → rcode, AA, answer owners+types, authority types, additional owners+types.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.answer import Answer, AnswerOptions, answer
from photoncloud.flashdns.core.piece import Piece
from photoncloud.flashdns.core.rdata import query_type_number, to_text, type_text
from photoncloud.flashdns.core.zone import Zone


def show(pieces: list[Piece], asked: str) -> list[str]:
    return [
        f"{asked if piece.is_qname else names.to_text(piece.rrset.owner)} {type_text(piece.rrset.rtype)}"
        for piece in pieces
    ]


def ask(dns: SimpleNamespace, zone: Zone, question: str, **more) -> tuple[Answer, list[str], list[str], list[str]]:
    text, rtype = question.split()
    number = query_type_number(rtype)
    reply = answer(zone, dns.name(text), number, **more)
    return reply, *(show(section, text) for section in (reply.answer, reply.authority, reply.additional))


NS = ["example. NS"]
SOA = ["example. SOA"]
NS1 = ["ns1.example. A", "ns1.example. AAAA"]
SUB = ["sub.example. NS"]
SUB_GLUE = ["ns.sub.example. A", "ns.sibling.example. A", "ns.sibling.example. AAAA"]
NX = 3

CASES = [
    ("exact match", "web.example. A", 0, True, ["web.example. A"], NS, NS1),
    ("case is folded for lookup, kept in data", "cAsE.example. A", 0, True, ["Case.example. A"], NS, NS1),
    ("no data of that type", "web.example. MX", 0, True, [], SOA, []),
    ("no such name", "nothing.example. A", NX, True, [], SOA, []),
    ("no such name below an existing one", "x.web.example. A", NX, True, [], SOA, []),
    ("empty non-terminal is a name (RFC 4592 2.2.2)", "a.b.example. A", 0, True, [], SOA, []),
    ("sibling of an empty non-terminal", "x.b.example. A", NX, True, [], SOA, []),
    ("apex NS: authority already holds it", "example. NS", 0, True, NS, [], NS1),
    ("SOA", "example. SOA", 0, True, SOA, NS, NS1),
    ("addresses of MX targets", "example. MX", 0, True, ["example. MX"], NS, ["mail.example. A", *NS1]),
    ("addresses of SRV targets", "_sip._tcp.example. SRV", 0, True,
     ["_sip._tcp.example. SRV"], NS, ["mail.example. A", *NS1]),
    ("HTTPS with target `.` means the owner", "svc.example. HTTPS", 0, True,
     ["svc.example. HTTPS"], NS, ["svc.example. A", *NS1]),
    ("HTTPS AliasMode brings the target's HTTPS", "svcalias.example. HTTPS", 0, True, ["svcalias.example. HTTPS"], NS,
     ["svc.example. HTTPS", "svc.example. A", *NS1]),
    ("an additional set that is in the answer is not repeated", "ns1.example. A", 0, True,
     ["ns1.example. A"], NS, ["ns1.example. AAAA"]),
    # wildcards (RFC 4592)
    ("synthesized from a wildcard", "x.wild.example. A", 0, True, ["x.wild.example. A"], NS, NS1),
    ("many labels below the wildcard's parent", "x.y.z.wild.example. A", 0, True, ["x.y.z.wild.example. A"], NS, NS1),
    ("additional data of a synthesized MX", "x.wild.example. MX", 0, True,
     ["x.wild.example. MX"], NS, ["mail.example. A", *NS1]),
    ("wildcard without the type", "x.wild.example. TXT", 0, True, [], SOA, []),
    ("the parent of a wildcard is an empty non-terminal", "wild.example. A", 0, True, [], SOA, []),
    ("asterisk asked literally", "*.wild.example. A", 0, True, ["*.wild.example. A"], NS, NS1),
    ("below the literal asterisk: no wildcard there", "x.*.wild.example. A", NX, True, [], SOA, []),
    ("asterisk in the middle is an ordinary label", "x.*.y.wild.example. A", 0, True,
     ["x.*.y.wild.example. A"], NS, NS1),
    ("a wildcard does not cross an empty non-terminal", "x.no.wild.example. A", NX, True, [], SOA, []),
    ("nor replaces one", "no.wild.example. A", 0, True, [], SOA, []),
    ("wildcard CNAME is followed", "x.alias.example. A", 0, True,
     ["x.alias.example. CNAME", "web.example. A"], NS, NS1),
    ("wildcard CNAME to nothing", "x.lost.example. A", NX, True, ["x.lost.example. CNAME"], SOA, []),
    ("wildcard CNAME asked as such", "x.alias.example. CNAME", 0, True, ["x.alias.example. CNAME"], NS, NS1),
    # aliases
    ("CNAME", "www.example. A", 0, True, ["www.example. CNAME", "web.example. A"], NS, NS1),
    ("CNAME asked as such", "www.example. CNAME", 0, True, ["www.example. CNAME"], NS, NS1),
    ("chain", "chain.example. A", 0, True, ["chain.example. CNAME", "www.example. CNAME", "web.example. A"], NS, NS1),
    ("chain to NODATA", "chain.example. TXT", 0, True, ["chain.example. CNAME", "www.example. CNAME"], SOA, []),
    ("chain out of the zone", "outside.example. A", 0, True, ["outside.example. CNAME"], [], []),
    ("chain into a cut: AA stays", "tosub.example. A", 0, True, ["tosub.example. CNAME"], SUB, SUB_GLUE),
    ("loop: each record once, no authority", "loop.example. A", 0, True,
     ["loop.example. CNAME", "pool.example. CNAME"], [], []),
    ("NSEC at an alias is not followed", "www.example. NSEC", 0, True, [], SOA, []),
    ("RRSIG at an alias is not followed", "www.example. RRSIG", 0, True, [], SOA, []),
    # DNAME (RFC 6672)
    ("below a DNAME", "host.old.example. A", 0, True,
     ["old.example. DNAME", "host.old.example. CNAME", "host.new.example. A"], NS, NS1),
    ("below a DNAME to nothing", "x.old.example. A", NX, True, ["old.example. DNAME", "x.old.example. CNAME"], SOA, []),
    ("the DNAME's owner is ordinary", "old.example. TXT", 0, True, ["old.example. TXT"], NS, NS1),
    ("the DNAME's owner without the type", "old.example. A", 0, True, [], SOA, []),
    ("DNAME asked as such", "old.example. DNAME", 0, True, ["old.example. DNAME"], NS, NS1),
    ("CNAME asked below a DNAME: the synthesized one, nothing else", "host.old.example. CNAME", 0, True,
     ["old.example. DNAME", "host.old.example. CNAME"], [], []),
    # delegations (RFC 1034 4.3.2 3b, RFC 9471)
    ("at a cut", "sub.example. A", 0, False, [], SUB, SUB_GLUE),
    ("below a cut", "x.y.sub.example. A", 0, False, [], SUB, SUB_GLUE),
    ("glue is not authoritative", "ns.sub.example. A", 0, False, [], SUB, SUB_GLUE),
    ("NS at a cut is a referral", "sub.example. NS", 0, False, [], SUB, SUB_GLUE),
    ("DS at a cut is the parent's", "sub.example. DS", 0, True, ["sub.example. DS"], [], []),
    ("no DS at a cut", "sibling.example. DS", 0, True, [], SOA, []),
    ("DS below a cut is a referral", "x.sub.example. DS", 0, False, [], SUB, SUB_GLUE),
    ("addresses of authoritative name servers", "x.auth.example. A", 0, False, [], ["auth.example. NS"], NS1),
    ("DS at the apex: NODATA when we hold only the child", "example. DS", 0, True, [], SOA, []),
    # types that are no data
    ("any other type", "web.example. TYPE65400", 0, True, [], SOA, []),
    ("a meta type", "web.example. OPT", 0, True, [], SOA, []),
    # ANY (RFC 8482)
    ("one set only, no authority", "example. ANY", 0, True, ["example. MX"], [], []),
    ("CNAME is what an alias has", "www.example. ANY", 0, True, ["www.example. CNAME"], [], []),
    ("nothing to choose from", "a.b.example. ANY", 0, True, [], SOA, []),
    ("ANY below a cut", "x.sub.example. ANY", 0, False, [], SUB, SUB_GLUE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "rcode", "aa", "answers", "authority", "additional"),
    [case[1:] for case in CASES],
    ids=[f"{case[0]}: {case[1]}" for case in CASES],
)
def test_rules(
    dns: SimpleNamespace, example: Zone, question: str, rcode: int, aa: bool,
    answers: list[str], authority: list[str], additional: list[str],
) -> None:  # fmt: skip
    reply, *sections = ask(dns, example, question)
    assert (reply.rcode, reply.is_authoritative) == (rcode, aa)
    assert sections == [answers, authority, additional]


def test_negative_ttl_is_the_lower_of_two(dns: SimpleNamespace, example: Zone) -> None:
    """RFC 2308 §3."""
    reply, *_ = ask(dns, example, "nothing.example. A")
    assert reply.authority[0].rrset.ttl == 300
    positive, *_ = ask(dns, example, "example. SOA")
    assert positive.answer[0].rrset.ttl == 3600


def test_synthesized_cname_keeps_the_case_asked_and_the_ttl_of_the_dname(dns: SimpleNamespace, example: Zone) -> None:
    reply, *_ = ask(dns, example, "HoSt.OLD.example. A")
    cname = reply.answer[1].rrset
    assert cname.owner == dns.name("HoSt.OLD.example.")
    assert to_text(rr.CNAME, cname.rdatas[0]) == "host.new.example."
    assert cname.ttl == 3600


def test_a_dname_result_that_is_too_long(dns: SimpleNamespace) -> None:
    """RFC 6672 §2.2: YXDOMAIN with the DNAME."""
    zone = dns.zone(f"$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n.x.\nd DNAME {'.'.join(['t' * 60] * 3)}.\n")
    reply, answers, *_ = ask(dns, zone, f"{'q' * 60}.{'r' * 60}.d.example. A")
    assert (reply.rcode, reply.kind, answers) == (rr.YXDOMAIN, "error", ["d.example. DNAME"])


def test_chains_end_at_sixteen_links(dns: SimpleNamespace) -> None:
    links = "".join(f"c{n} CNAME c{n + 1}\n" for n in range(30))
    zone = dns.zone(f"$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n.x.\n{links}c30 A 192.0.2.1\n")
    reply, answers, authority, _ = ask(dns, zone, "c0.example. A")
    assert (reply.rcode, len(answers), authority) == (0, 17, [])
    _, answers, *_ = ask(dns, zone, "c14.example. A")
    assert answers[-1] == "c30.example. A"


def test_a_cut_wins_over_a_dname_beside_it(dns: SimpleNamespace) -> None:
    zone = dns.zone("$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n.x.\nd NS n.x.\nd DNAME other.\n")
    reply, answers, authority, _ = ask(dns, zone, "x.d.example. A")
    assert (reply.kind, answers, authority) == ("referral", [], ["d.example. NS"])


def test_the_first_cut_from_above_wins(dns: SimpleNamespace) -> None:
    zone = dns.zone("$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n.x.\na NS n.x.\nb.a NS n.y.\nc.b.a A 192.0.2.1\n")
    _, _, authority, _ = ask(dns, zone, "c.b.a.example. A")
    assert authority == ["a.example. NS"]


def test_a_wildcard_ns_is_data_in_synthesis_and_a_cut_for_its_literal_name(dns: SimpleNamespace) -> None:
    zone = dns.zone("$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n.x.\n*.w NS n.y.\n")
    assert ask(dns, zone, "a.w.example. NS")[1] == ["a.w.example. NS"]
    assert ask(dns, zone, "a.w.example. A")[0].kind == "nodata"
    assert ask(dns, zone, "x.*.w.example. A")[0].kind == "referral"


def test_a_wildcard_dname_is_never_substituted(dns: SimpleNamespace) -> None:
    zone = dns.zone("$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n.x.\n*.w DNAME n.y.\n")
    assert ask(dns, zone, "a.b.w.example. A")[0].kind == "nodata"


def test_the_examples_of_rfc_4592_section_2_2_1(dns: SimpleNamespace) -> None:
    zone = dns.zone(
        "$TTL 3600\n@ SOA n h 1 2 3 4 5\n@ NS ns.example.com.\n@ NS ns.example.net.\n*.example. TXT wild\n"
        "*.example. MX 10 host1.example.\nsub.*.example. TXT sub\nhost1.example. A 192.0.2.1\n"
        "_ssh._tcp.host1.example. SRV 0 0 22 host1\n_ssh._tcp.host2.example. SRV 0 0 22 host2\n"
        "subdel.example. NS ns.example.com.\nsubdel.example. NS ns.example.net.\n"
    )
    positive = [("host3.example. MX", "host3.example. MX"), ("foo.bar.example. TXT", "foo.bar.example. TXT")]
    for question, owner in positive:
        assert ask(dns, zone, question)[1] == [owner]
    for question in ("host3.example. A", "host1.example. MX", "sub.*.example. MX"):
        assert ask(dns, zone, question)[0].kind == "nodata", question
    for question in ("_telnet._tcp.host1.example. SRV", "host.sub.*.example. A", "ghost.*.example. MX"):
        assert ask(dns, zone, question)[0].kind == "nxdomain", question
    assert ask(dns, zone, "host.subdel.example. A")[0].kind == "referral"


def test_minimal_responses(dns: SimpleNamespace, example: Zone) -> None:
    _, answers, authority, extra = ask(dns, example, "example. MX", options=AnswerOptions(minimal_responses=True))
    assert (answers, authority, extra) == (["example. MX"], [], [])
    _, _, authority, extra = ask(dns, example, "x.sub.example. A", options=AnswerOptions(minimal_responses=True))
    assert (authority, extra) == (SUB, SUB_GLUE)


@pytest.mark.parametrize(
    ("policy", "answers"),
    [("hinfo", ["example. HINFO"]), ("full", ["example. SOA", "example. NS", "example. MX", "example. TXT"])],
)
def test_any_policies(dns: SimpleNamespace, example: Zone, policy: str, answers: list[str]) -> None:
    assert ask(dns, example, "example. ANY", options=AnswerOptions(any_policy=policy))[1] == answers


def test_glue_below_the_cut_is_required_the_rest_is_not(dns: SimpleNamespace, example: Zone) -> None:
    """RFC 9471 §3.1 and §3.2."""
    reply, *_ = ask(dns, example, "x.sub.example. A")
    assert [piece.is_required for piece in reply.additional] == [True, False, False]


def test_chains_into_another_hosted_zone(dns: SimpleNamespace, example: Zone) -> None:
    other = dns.zone("$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n\nn A 192.0.2.1\nwww A 192.0.2.2\n", "other.test.")

    def hosted(name: bytes) -> Zone | None:
        return other if names.is_under(name, other.apex) else example if names.is_under(name, example.apex) else None

    view = {"next_zone": hosted, "options": AnswerOptions(cname_scope="view")}
    reply, answers, authority, _ = ask(dns, example, "outside.example. A", **view)
    assert answers == ["outside.example. CNAME", "www.other.test. A"]
    assert authority == ["other.test. NS"]
    assert not any(piece.is_shared for piece in (*reply.authority, *reply.additional))
    assert not reply.is_static
    assert ask(dns, example, "outside.example. A", next_zone=hosted)[1] == ["outside.example. CNAME"]
    assert ask(dns, example, "www.example. A", **view)[1] == ["www.example. CNAME", "web.example. A"]


def test_what_rate_limiting_counts(dns: SimpleNamespace, example: Zone) -> None:
    for question, imputed in (
        ("web.example. A", "web.example."),
        ("x.wild.example. A", "*.wild.example."),
        ("nothing.example. A", "example."),
        ("web.example. MX", "example."),
        ("a.b.c.sub.example. A", "sub.example."),
    ):
        assert ask(dns, example, question)[0].imputed == dns.name(imputed), question


NAMES = st.lists(st.sampled_from([b"a", b"b", b"*", b"wild", b"sub", b"old", b"www", b"loop", b"ns"]), max_size=5)


@given(NAMES, st.integers(0, 65535), st.booleans())
@settings(max_examples=300, deadline=None)
def test_every_question_has_an_answer(example: Zone, parts: list[bytes], qtype: int, dnssec: bool) -> None:
    reply = answer(example, names.join([*parts, b"example"]), qtype, dnssec=dnssec)
    assert reply.answer or reply.authority
    assert reply.rcode in (rr.NOERROR, rr.NXDOMAIN, rr.YXDOMAIN)
