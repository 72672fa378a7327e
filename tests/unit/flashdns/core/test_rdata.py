"""Records: text and wire agree with dnspython for every type, and bad text and octets are refused (RFC 3597, 1035)."""

from __future__ import annotations

import dns.rdata
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rdata
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.limits import ZoneLimits
from photoncloud.flashdns.core.master_tokens import Entry, entries
from photoncloud.flashdns.errors import BadMessage, BadName, BadRdata

ORIGIN = names.from_text("example.")

# One example of each type that has a text form, by mnemonic.
EXAMPLES = {
    "A": "192.0.2.1",
    "AAAA": "2001:db8::1",
    "NS": "ns1.example.",
    "CNAME": "a.b.example.",
    "PTR": "a.example.",
    "DNAME": "b.example.",
    "MX": "10 mail.example.",
    "TXT": '"hello" "wo rld"',
    "SPF": '"v=spf1 -all"',
    "SOA": "ns.example. host.example. 1 2 3 4 5",
    "SRV": "1 2 3 a.example.",
    "CAA": '0 issue "ca.example"',
    "DS": "12345 13 2 " + "ab" * 32,
    "CDS": "12345 13 2 " + "ab" * 32,
    "DNSKEY": "257 3 13 AQIDBA==",
    "CDNSKEY": "257 3 13 AQIDBA==",
    "RRSIG": "A 13 2 300 20300101000000 20200101000000 12345 example. AQIDBA==",
    "NSEC": "b.example. A NS RRSIG NSEC TYPE65400",
    "NSEC3": "1 0 0 - 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A RRSIG",
    "NSEC3PARAM": "1 0 0 -",
    "TLSA": "3 1 1 " + "cd" * 32,
    "SMIMEA": "3 1 1 " + "cd" * 32,
    "SSHFP": "4 2 " + "ef" * 32,
    "SVCB": "1 svc.example. alpn=h2 port=8443",
    "HTTPS": '1 . alpn="h2,h3" ipv4hint="192.0.2.1"',
    "NAPTR": '100 10 "U" "E2U+sip" "!^.*$!sip:a@b!" .',
    "LOC": "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000.00m 10.00m",
    "HINFO": '"cpu" "os"',
    "RP": "a.example. b.example.",
    "AFSDB": "1 a.example.",
    "KX": "1 a.example.",
    "CERT": "1 12345 8 AQIDBA==",
    "OPENPGPKEY": "AQIDBA==",
    "URI": '10 1 "https://example/"',
    "EUI48": "00-00-5e-00-53-2a",
    "EUI64": "00-00-5e-ef-10-00-00-2a",
    "CSYNC": "66 3 A NS AAAA",
    "ZONEMD": "2018031900 1 1 " + "a5" * 48,
    "APL": "1:192.0.2.0/24 !2:2001:db8::/32",
    "DHCID": "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=",
    "IPSECKEY": "10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==",
    "NID": "10 0014:4fff:ff20:ee64",
    "L32": "10 10.1.2.0",
    "LP": "10 l64.example.",
}


def tokens_of(text: str) -> list[str]:
    (entry,) = entries(text, ZoneLimits())
    assert isinstance(entry, Entry)
    return entry.tokens


def wire_of(rtype: str | int, text: str) -> bytes:
    number = rdata.type_number(rtype) if isinstance(rtype, str) else rtype
    assert number is not None
    return rdata.from_text(number, tokens_of(text) if text else [], lambda name: names.from_text(name, ORIGIN))


@pytest.mark.parametrize("rtype", EXAMPLES)
def test_text_and_wire_are_those_of_dnspython(rtype: str) -> None:
    text = EXAMPLES[rtype]
    theirs = dns.rdata.from_text("IN", rtype, text)
    wire = wire_of(rtype, text)
    assert wire == theirs.to_wire()
    number = rdata.type_number(rtype)
    assert rdata.to_text(number, wire) == theirs.to_text()
    rdata.check(number, wire)


@pytest.mark.parametrize("rtype", EXAMPLES)
def test_generic_form_of_rfc_3597_is_accepted_for_known_types(rtype: str) -> None:
    wire = wire_of(rtype, EXAMPLES[rtype])
    assert wire_of(rtype, rf"\# {len(wire)} {wire.hex()}") == wire


def test_unknown_types() -> None:
    assert wire_of("TYPE65400", r"\# 3 ab cd ef") == b"\xab\xcd\xef"
    assert wire_of("TYPE65400", r"\# 0") == b""
    assert rdata.to_text(65400, b"\xab") == r"\# 1 ab"
    assert rdata.to_text(65400, b"") == r"\# 0"
    assert rdata.type_text(65400) == "TYPE65400"
    assert rdata.type_number("type1") == 1
    with pytest.raises(BadRdata):
        wire_of("TYPE65400", "text")


@pytest.mark.parametrize(
    "text", ["TYPE0", "TYPE41", "TYPE255", "TYPE65536", "TYPE", "TYPEx", "ANY", "AXFR", "OPT", "", "IN"]
)
def test_what_is_no_type_of_data(text: str) -> None:
    assert rdata.type_number(text) is None


def test_question_types() -> None:
    assert [rdata.query_type_number(text) for text in ("any", "AXFR", "ixfr", "A")] == [255, 252, 251, 1]
    assert rdata.type_text(255) == "ANY"


@pytest.mark.parametrize(
    ("rtype", "text"),
    [
        ("A", "192.0.2"), ("A", "192.0.2.256"), ("A", "192.0.2.01"), ("A", "192.0.2.1 x"), ("A", "192.0.2.²"),
        ("AAAA", "::1%eth0"), ("AAAA", "1::2::3"), ("AAAA", ""), ("MX", "x mail"), ("MX", "65536 m"), ("MX", "1"),
        ("SOA", "a b 4294967296 1 1 1 1"), ("SOA", "a b 1 1 1 1"), ("SOA", "a b 1 1x 1 1 1"), ("TXT", "x" * 256),
        ("SRV", "1 2 3"), ("CAA", '0 i-x "v"'), ("CAA", '256 issue "v"'), ("DS", "1 13 2 abcd"), ("DS", "1 13 2 zz"),
        ("DS", "1 13"), ("DNSKEY", "257 3 13 !"), ("TLSA", "3 1 1"), ("SSHFP", "1 1"), ("NSEC", "b.example. NOTYPE"),
        ("LOC", "nonsense"), ("NAPTR", "1 2"), ("A", r"\# 3 010203"), ("A", r"\# 4 01020304 05"), ("A", r"\# x 00"),
        ("A", r"\#"), ("MX", r"\# 3 000a05"), ("SOA", r"\# 4 00000000"), ("NS", r"\# 2 c000"), ("A", r"\# 4 0102030g"),
        ("CNAME", ""), ("TXT", ""), ("HTTPS", "1 . port=1 port=2"), ("RRSIG", "A 13"),
    ],
)  # fmt: skip
def test_bad_text(rtype: str, text: str) -> None:
    with pytest.raises((BadRdata, BadName)):
        wire_of(rtype, text)


def test_service_parameters_have_codes_of_their_own() -> None:
    for text, code in (
        ("1 . alpn=h2 alpn=h3", "svcb_duplicate_key"),
        ("1 . mandatory=port alpn=h2", "svcb_mandatory_missing"),
    ):
        with pytest.raises(BadRdata) as caught:
            wire_of("HTTPS", text)
        assert caught.value.code == code
    assert wire_of("HTTPS", "1 . port=1 alpn=h2") == wire_of("HTTPS", "1 . alpn=h2 port=1"), "keys are sorted"


def test_parameters_in_alias_mode_are_kept() -> None:
    """RFC 9460 §2.4.2: they are ignored by those who read them, so they are no reason to refuse a zone."""
    wire = wire_of("HTTPS", "0 a.example. alpn=h2")
    assert wire[:2] == b"\x00\x00"
    assert rdata.to_text(65, wire) == '0 a.example. alpn="h2"'
    rdata.check(65, wire)
    assert wire_of("HTTPS", rf"\# {len(wire)} {wire.hex()}") == wire


def test_deletion_of_a_child_ds() -> None:
    """RFC 8078 §4."""
    assert wire_of("CDS", "0 0 0 00") == b"\x00\x00\x00\x00\x00"


def test_strings_keep_every_octet() -> None:
    assert wire_of("TXT", r'"\000\255\"\\" plain "" "é"') == b'\x04\x00\xff"\\\x05plain\x00\x01\xe9'
    assert wire_of("HINFO", '"é" x') == b"\x01\xe9\x01x"


@given(st.binary(max_size=255))
def test_any_string_survives_text(value: bytes) -> None:
    wire = bytes((len(value),)) + value
    assert wire_of("TXT", rdata.to_text(rr.TXT, wire)) == wire


@given(st.sampled_from(sorted(rdata.TYPE_NUMBERS.values())), st.binary(max_size=60))
@settings(max_examples=600, deadline=None)
def test_hostile_octets_raise_the_documented_error_only(rtype: int, octets: bytes) -> None:
    rdata.to_text(rtype, octets)
    try:
        rdata.check(rtype, octets)
    except BadRdata:
        pass
    else:
        assert wire_of(rtype, rf"\# {len(octets)} {octets.hex()}") == octets
    try:
        rdata.from_message(rtype, bytes(12) + octets, 12, 12 + len(octets))
    except BadMessage:
        return


@given(st.sampled_from(sorted(rdata.TYPE_NUMBERS.values())), st.lists(st.text(max_size=8), max_size=8))
@settings(max_examples=600, deadline=None)
def test_hostile_text_raises_the_documented_errors_only(rtype: int, tokens: list[str]) -> None:
    try:
        rdata.from_text(rtype, tokens, lambda name: names.from_text(name, ORIGIN))
    except (BadRdata, BadName):
        return


def test_names_in_messages_are_expanded() -> None:
    message = b"\x07example\x00" + b"\x00\x0a\xc0\x00"
    assert rdata.from_message(rr.MX, message, 9, 13) == b"\x00\x0a\x07example\x00"
    with pytest.raises(BadMessage):
        rdata.from_message(rr.MX, message, 9, 12)
    with pytest.raises(BadMessage, match="octets"):
        rdata.from_message(rr.A, message, 0, 3)


def test_soa_fields() -> None:
    wire = wire_of("SOA", "ns host 1 2h 3 4w 5")
    assert rdata.soa_fields(wire)[2:] == (1, 7200, 3, 2419200, 5)
    for broken in (b"", wire[:-1], wire + b"x"):
        with pytest.raises(BadName):
            rdata.soa_fields(broken)
