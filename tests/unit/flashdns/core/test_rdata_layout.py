"""Names inside records: canonical form (RFC 4034 §6.2), expansion (RFC 3597 §4), the first name."""

from __future__ import annotations

import pytest

from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.rdata_layout import LAYOUTS, canonical, expand, name_at
from photoncloud.flashdns.errors import BadMessage

UPPER, LOWER = b"\x01A\x01B\x00", b"\x01a\x01b\x00"


@pytest.mark.parametrize(
    ("rtype", "before", "after"),
    [
        (rr.NS, b"", b""),
        (rr.MX, b"\x00A", b""),
        (rr.SRV, b"ABCDEF", b""),
        (rr.SOA, b"", UPPER + b"A" * 20),
        (rr.NAPTR, b"ABCD\x01U\x01S\x01R", b""),
        (rr.RRSIG, b"A" * 18, b"SIGNATURE"),
        (rr.DNAME, b"", b""),
    ],
)
def test_names_are_folded_and_nothing_else(rtype: int, before: bytes, after: bytes) -> None:
    folded_after = LOWER + after[len(UPPER) :] if rtype == rr.SOA else after
    assert canonical(rtype, before + UPPER + after) == before + LOWER + folded_after


@pytest.mark.parametrize("rtype", [rr.NSEC, rr.SVCB, rr.HTTPS, rr.TXT, 65400])
def test_types_that_keep_case(rtype: int) -> None:
    """RFC 6840 §5.1: the next name of NSEC is not folded; types after RFC 3597 never are."""
    assert canonical(rtype, b"\x00\x01" + UPPER) == b"\x00\x01" + UPPER


def test_only_types_of_rfc_1035_are_compressed() -> None:
    compressed = {rtype for rtype, layout in LAYOUTS.items() if layout.compress}
    assert compressed == {2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15}


def test_expansion_stops_at_the_end_of_the_record() -> None:
    message = UPPER + b"\x00\x05\xc0\x00trailing"
    assert expand(rr.MX, message, 5, 9) == b"\x00\x05" + UPPER
    for end in (6, 8):
        with pytest.raises(BadMessage):
            expand(rr.MX, message, 5, end)
    with pytest.raises(BadMessage):
        expand(rr.NAPTR, message, 5, 9)
    assert expand(rr.TXT, message, 0, 3) == message[:3]


def test_names_that_may_not_arrive_compressed() -> None:
    """NSEC and SVCB came after RFC 3597: a pointer in them is malformed."""
    with pytest.raises(BadMessage):
        expand(rr.NSEC, UPPER + b"\xc0\x00", 5, 7)


def test_first_name() -> None:
    assert name_at(rr.SRV, b"123456" + UPPER) == UPPER
    with pytest.raises(BadMessage):
        name_at(rr.NAPTR, b"1234")
