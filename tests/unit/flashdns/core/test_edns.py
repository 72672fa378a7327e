"""The OPT record both ways (RFC 6891)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.flashdns.core import edns as ed
from photoncloud.flashdns.errors import BadMessage


def test_fields() -> None:
    edns = ed.parse_opt(4096, 0x01028000, b"\x00\x03\x00\x00\x00\x0a\x00\x08abcdefgh\x00\x0a\x00\x08xxxxxxxx")
    assert (edns.udp_octets, edns.version, edns.dnssec) == (4096, 2, True)
    assert edns.options == {ed.NSID: b"", ed.COOKIE: b"abcdefgh"}, "the first of each code"
    assert ed.parse_opt(100, 0, b"").room == 512
    assert ed.parse_opt(4096, 0, b"").room == 4096


@pytest.mark.parametrize("rdata", [b"\x00", b"\x00\x03\x00", b"\x00\x03\x00\x01", b"\x00\x03\x00\x00\x00"])
def test_cut_options(rdata: bytes) -> None:
    with pytest.raises(BadMessage):
        ed.parse_opt(512, 0, rdata)


@pytest.mark.parametrize(("length", "malformed"), [(0, True), (7, True), (8, False), (9, True), (15, True), (16, False), (40, False), (41, True)])  # fmt: skip  # noqa: E501
def test_lengths_of_cookies(length: int, malformed: bool) -> None:
    """RFC 7873 §5.2.2."""
    edns = ed.Edns(512, 0, False, {ed.COOKIE: bytes(length)})
    assert ed.cookie_is_malformed(edns) is malformed
    assert not ed.cookie_is_malformed(ed.Edns(512, 0, False))


@given(
    st.integers(0, 4095), st.booleans(), st.lists(st.tuples(st.integers(0, 65535), st.binary(max_size=9)), max_size=4)
)
def test_what_we_write_reads_back(rcode: int, dnssec: bool, options: list[tuple[int, bytes]]) -> None:
    opt = ed.write_opt(1232, rcode, dnssec=dnssec, options=options)
    assert opt[:3] == b"\x00\x00\x29"
    edns = ed.parse_opt(int.from_bytes(opt[3:5], "big"), int.from_bytes(opt[5:9], "big"), opt[11:])
    assert (edns.udp_octets, edns.version, edns.dnssec) == (1232, 0, dnssec)
    assert opt[5] == rcode >> 4
    assert set(edns.options) == {code for code, _ in options}


def test_extended_errors_are_short() -> None:
    assert ed.extended_error(20, "no") == (15, b"\x00\x14no")
    assert len(ed.extended_error(20, "x" * 300)[1]) == 62
