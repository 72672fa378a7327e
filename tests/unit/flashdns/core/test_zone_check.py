"""The checker: every code of flashdns.md §4.12 has a zone that earns it, and a clean zone earns none."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from photoncloud.flashdns.core.finding import severity_of
from photoncloud.flashdns.core.zone_check import check_reload
from photoncloud.flashdns.core.zone_load import load

HEAD = "$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"
NO_NS = "$TTL 60\n@ SOA ns h 1 2 3 4 5\n"
DS = "DS 1 13 2 " + "00" * 32
SIGNATURE = "13 2 60 20200201000000 20200101000000 1 example. AQ=="

FINDINGS = [
    ("ns_missing_at_apex", NO_NS),
    ("cname_and_other", HEAD + "a CNAME b\na A 192.0.2.1\n"),
    ("cname_multiple", HEAD + "a CNAME b\na CNAME c\n"),
    ("cname_at_apex", HEAD + "@ CNAME b\n"),
    ("dname_multiple", HEAD + "a DNAME b\na DNAME c\n"),
    ("dname_and_cname", HEAD + "a DNAME b\na CNAME c\n"),
    ("below_dname", HEAD + "a DNAME b\nx.a A 192.0.2.1\n"),
    ("apex_ns_no_address", NO_NS + "@ NS nowhere\n"),
    ("ns_to_cname", NO_NS + "@ NS a\na CNAME b\nb A 192.0.2.1\n"),
    ("dname_and_ns", HEAD + "a DNAME b\na NS ns\n"),
    ("wildcard_dname", HEAD + "*.a DNAME b\n"),
    ("wildcard_ns", HEAD + "*.a NS ns\n"),
    ("ds_at_apex", HEAD + f"@ {DS}\n"),
    ("ds_without_ns", HEAD + f"a {DS}\n"),
    ("ns_below_cut", HEAD + "a NS ns\nb.a NS ns\n"),
    ("occluded_by_cut", HEAD + "a NS ns\nb.a TXT x\n"),
    ("glue_missing", HEAD + "a NS ns.a\n"),
    ("sibling_glue_missing", HEAD + "a NS ns.b\nb NS ns\n"),
    ("ns_target_missing", HEAD + "a NS nowhere\n"),
    ("mx_to_cname", HEAD + "a MX 1 b\nb CNAME ns\n"),
    ("srv_to_cname", HEAD + "a SRV 1 1 1 b\nb CNAME ns\n"),
    ("mx_is_address", HEAD + "a MX 1 192.0.2.1\n"),
    ("mx_target_missing", HEAD + "a MX 1 nowhere\n"),
    ("owner_not_hostname", HEAD + "a_b A 192.0.2.1\n"),
    ("svcb_alias_params", HEAD + "a HTTPS 0 b alpn=h2\n"),
    ("rrsig_without_rrset", HEAD + f"ns RRSIG MX {SIGNATURE}\n"),
    ("signature_expired", HEAD + f"ns RRSIG A {SIGNATURE}\n"),
    ("svcb_duplicate_key", HEAD + "a HTTPS 1 . port=1 port=2\n"),
    ("svcb_mandatory_missing", HEAD + "a HTTPS 1 . mandatory=port\n"),
    ("ttl_mismatch", HEAD + "a 1 A 192.0.2.1\na 2 A 192.0.2.2\n"),
    ("no_final_newline", HEAD.rstrip()),
]  # fmt: skip


def verdict(dns: SimpleNamespace, text: str, *, strict: bool = True):
    return load(text, file="zone", origin=dns.name("example."), strict=strict, now_sec=dns.now)


@pytest.mark.parametrize(("code", "text"), FINDINGS, ids=[code for code, _ in FINDINGS])
def test_findings(dns: SimpleNamespace, code: str, text: str) -> None:
    found = verdict(dns, text)
    assert code in {finding.code for finding in found.findings}
    assert found.is_accepted == (not any(severity_of(finding.code) != "warning" for finding in found.findings))
    if severity_of(code) == "error":
        lenient = verdict(dns, text, strict=False)
        assert lenient.is_accepted == all(finding.severity != "fatal" for finding in found.findings)


def test_findings_name_file_and_line(dns: SimpleNamespace) -> None:
    (finding,) = verdict(dns, HEAD + "\na MX 1 nowhere\n").findings
    assert str(finding) == "zone:6: a.example. MX: mx_target_missing: nowhere.example. has no address"


@pytest.mark.parametrize(
    "text",
    [
        HEAD,
        HEAD + "a CNAME b\n",
        NO_NS + "@ NS ns.other.\n@ DNAME other.\n",  # DNAME beside NS at the apex is legal
        HEAD + "a DNAME b\na TXT x\n",
        HEAD + "a NS ns.a\nns.a A 192.0.2.1\n",
        HEAD + "a NS ns.b\nb NS ns.b\nns.b A 192.0.2.1\n",
        HEAD + f"a NS ns.other.\na {DS}\n",
        HEAD + "a MX 0 .\n",  # RFC 7505
        HEAD + "a MX 1 x.w\n*.w A 192.0.2.1\n",  # the address comes from a wildcard
        HEAD + "_x._tcp SRV 1 1 1 ns\n_y TXT x\n*.a A 192.0.2.1\n",
        HEAD + "a HTTPS 0 b\n",
    ],
)
def test_clean_zones(dns: SimpleNamespace, text: str) -> None:
    assert verdict(dns, text).findings == ()


def test_dname_at_the_apex_hides_everything_else(dns: SimpleNamespace) -> None:
    codes = [finding.code for finding in verdict(dns, HEAD + "@ DNAME other.\na A 192.0.2.1\n").findings]
    assert "below_dname" in codes


def test_reloads(dns: SimpleNamespace) -> None:
    def zone(serial: int, more: str = ""):
        return dns.zone(f"$TTL 60\n@ SOA ns h {serial} 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n{more}")

    assert check_reload(zone(1), zone(2)) == []
    assert check_reload(zone(2**32 - 1), zone(0)) == []
    assert check_reload(zone(1), zone(1)) == []
    assert [finding.code for finding in check_reload(zone(1), zone(1, "a TXT x\n"))] == ["serial_unchanged"]
    assert [finding.code for finding in check_reload(zone(2), zone(1))] == ["serial_backwards"]
