"""Findings: severities, order, the form of a message."""

from __future__ import annotations

from photoncloud.flashdns.core.finding import Finding, refuses, severity_of, worst_first


def test_severities() -> None:
    assert severity_of("ttl_mismatch") == "warning"
    assert severity_of("ns_missing_at_apex") == "error"
    assert severity_of("syntax") == severity_of("something_new") == "fatal"


def test_the_form_of_a_message() -> None:
    finding = Finding("ns_to_cname", "ns is an alias", "example.", "NS", "zone", 3)
    assert str(finding) == "zone:3: example. NS: ns_to_cname: ns is an alias"
    assert str(Finding("syntax", "bad", file="zone", line=1)) == "zone:1: syntax: bad"


def test_order_and_refusal() -> None:
    warning, error, fatal = Finding("bom", ""), Finding("below_dname", ""), Finding("syntax", "")
    assert worst_first([warning, error, fatal]) == (fatal, error, warning)
    assert not refuses([warning], strict=True)
    assert refuses([error], strict=True)
    assert not refuses([error], strict=False)
    assert refuses([fatal], strict=False)
