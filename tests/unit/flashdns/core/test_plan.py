"""The answer plan: each effect has an edit that causes it, and an edit without effect is silent."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from photoncloud.flashdns.core.plan import AnswerChange, plan

HEAD = "$TTL 60\n@ SOA ns h {serial} 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"


def changes(dns: SimpleNamespace, before: str, after: str) -> list[AnswerChange]:
    old, new = (dns.zone(HEAD.format(serial=n) + text) for n, text in ((1, before), (2, after)))
    return plan(old, new)


def lines(dns: SimpleNamespace, before: str, after: str) -> set[str]:
    return {str(change) for change in changes(dns, before, after)}


@pytest.mark.parametrize(
    ("why", "before", "after", "expected"),
    [
        ("a new name", "", "a A 192.0.2.2\n", "a.example. A: appears: NXDOMAIN -> positive"),
        ("a removed name", "a A 192.0.2.2\n", "", "a.example. A: disappears: positive -> NXDOMAIN"),
        ("a new empty non-terminal", "", "x.y TXT t\n", "y.example. A: name_appears: NXDOMAIN -> NODATA"),
        ("a removed empty non-terminal", "x.y TXT t\n", "", "y.example. A: name_disappears: NODATA -> NXDOMAIN"),
        ("a new type", "a A 192.0.2.2\n", "a A 192.0.2.2\na TXT t\n",
         "a.example. TXT: data_appears: NODATA -> positive"),
        ("a removed type", "a A 192.0.2.2\na TXT t\n", "a A 192.0.2.2\n",
         "a.example. TXT: data_disappears: positive -> NODATA"),
        ("other data", "a A 192.0.2.2\n", "a A 192.0.2.3\n", "a.example. A: data_changes: positive -> positive"),
        ("another TTL", "a 1 A 192.0.2.2\n", "a 2 A 192.0.2.2\n", "a.example. A: data_changes: positive -> positive"),
        ("a new wildcard", "a.w TXT t\n", "a.w TXT t\n*.w A 192.0.2.2\n",
         "<any other name>.w.example. A: wildcard_catches: NXDOMAIN -> positive"),
        ("a removed wildcard", "a.w TXT t\n*.w A 192.0.2.2\n", "a.w TXT t\n",
         "<any other name>.w.example. A: wildcard_frees: positive -> NXDOMAIN"),
        ("a name the wildcard no longer answers", "*.w A 192.0.2.2\n", "*.w A 192.0.2.2\nx.n.w TXT t\n",
         "n.w.example. A: wildcard_frees: positive -> NODATA"),
        ("an alias whose target goes", "a CNAME b\nb A 192.0.2.2\n", "a CNAME b\n",
         "a.example. A: alias_breaks: positive -> NXDOMAIN"),
        ("an alias of an alias", "a CNAME b\nb CNAME c\nc A 192.0.2.2\n", "a CNAME b\nb CNAME c\n",
         "a.example. A: alias_breaks: positive -> NXDOMAIN"),
        ("a new cut", "d TXT t\n", "d NS ns\n", "d.example. NS: delegated: NODATA -> referral"),
        ("records a new cut hides", "x.d TXT t\n", "x.d TXT t\nd NS ns\n",
         "x.d.example. TXT: occluded: positive -> referral"),
        ("a removed cut", "x.d TXT t\nd NS ns\n", "x.d TXT t\n", "x.d.example. TXT: undelegated: referral -> positive"),
        ("lost glue", "d NS ns.d\nns.d A 192.0.2.2\nns.d AAAA ::1\n", "d NS ns.d\nns.d A 192.0.2.2\n",
         "d.example. NS: glue_lost: referral -> referral"),
        ("other name servers", "d NS ns\n", "d NS ns.x.\n", "d.example. NS: referral_changes: referral -> referral"),
        ("a new DNAME", "", "d DNAME ns\n", "d.example. DNAME: appears: NXDOMAIN -> positive"),
    ],
)  # fmt: skip
def test_effects(dns: SimpleNamespace, why: str, before: str, after: str, expected: str) -> None:
    assert expected in lines(dns, before, after), why


def test_no_effect(dns: SimpleNamespace) -> None:
    text = "a A 192.0.2.2\na A 192.0.2.3\n*.w TXT x\nd NS ns.d\nns.d A 192.0.2.9\n"
    assert changes(dns, text, text) == []
    assert changes(dns, "a A 192.0.2.2\na A 192.0.2.3\n", "a A 192.0.2.3\na A 192.0.2.2\n") == []


def test_signing_alone_is_no_change_of_answers(dns: SimpleNamespace, example: object) -> None:
    signed = dns.sign(example)
    again = dns.sign(example, previous=None, now_sec=dns.now + 1000)
    assert plan(signed, again) == []


def test_names_nobody_asked_about_stay_out(dns: SimpleNamespace) -> None:
    quiet = "".join(f"q{n} A 192.0.2.1\n" for n in range(50))
    found = changes(dns, quiet, quiet + "new A 192.0.2.1\n")
    assert [change.name for change in found] == ["new.example."]
