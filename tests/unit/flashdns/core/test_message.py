"""Requests: the table of flashdns.md §4.1, and hostile packets."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.message import parse_query, reply

QUESTION = b"\x01a\x07example\x00\x00\x01\x00\x01"
RECORD = b"\x01b\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04\x01\x02\x03\x04"
OPT = b"\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x00"
TSIG = b"\x01k\x00\x00\xfa\x00\xff\x00\x00\x00\x00\x00\x00"


def packet(body: bytes, counts: tuple[int, int, int, int], flags: int = 0) -> bytes:
    return struct.pack("!6H", 0x1234, flags, *counts) + body


@pytest.mark.parametrize(
    "octets",
    [b"", b"\x00" * 11, packet(QUESTION, (1, 0, 0, 0), 0x8000)],
    ids=["empty", "cut header", "a reply"],
)
def test_dropped(octets: bytes) -> None:
    assert parse_query(octets) is None


FORMERR, NOTIMP = rr.FORMERR, rr.NOTIMP


@pytest.mark.parametrize(
    ("why", "octets", "error", "echoes", "has_opt"),
    [
        ("plain", packet(QUESTION, (1, 0, 0, 0)), None, True, False),
        ("EDNS", packet(QUESTION + OPT, (1, 0, 0, 1)), None, True, True),
        ("records in every section are ignored", packet(QUESTION + RECORD * 3, (1, 1, 1, 1)), None, True, False),
        ("bits that are ignored", packet(QUESTION, (1, 0, 0, 0), 0x07FF), None, True, False),
        ("question missing", packet(b"", (1, 0, 0, 0)), FORMERR, False, False),
        ("question cut", packet(QUESTION[:-1], (1, 0, 0, 0)), FORMERR, False, False),
        ("QNAME with a pointer", packet(b"\xc0\x0c\x00\x01\x00\x01", (1, 0, 0, 0)), FORMERR, False, False),
        ("label type 01", packet(b"\x41a\x00\x00\x01\x00\x01", (1, 0, 0, 0)), FORMERR, False, False),
        ("label type 10", packet(b"\x81a\x00\x00\x01\x00\x01", (1, 0, 0, 0)), FORMERR, False, False),
        ("name above 255", packet(
            b"\x3f" + b"a" * 63 + (b"\x3f" + b"a" * 63) * 3 + b"\x00\x00\x01\x00\x01", (1, 0, 0, 0)),
         FORMERR, False, False),
        ("no question", packet(b"", (0, 0, 0, 0)), FORMERR, False, False),
        ("no question, OPT", packet(OPT, (0, 0, 0, 1)), FORMERR, False, True),
        ("two questions", packet(QUESTION * 2, (2, 0, 0, 0)), FORMERR, False, False),
        ("octets behind", packet(QUESTION + b"x", (1, 0, 0, 0)), FORMERR, True, False),
        ("count too large", packet(QUESTION, (1, 0, 0, 1)), FORMERR, True, False),
        ("cut record", packet(QUESTION + RECORD[:-1], (1, 1, 0, 0)), FORMERR, True, False),
        ("record with a forward pointer", packet(QUESTION + b"\xc0\xff" + RECORD[3:], (1, 1, 0, 0)),
         FORMERR, True, False),
        ("OPT in the answer section", packet(QUESTION + OPT, (1, 1, 0, 0)), FORMERR, True, False),
        ("two OPTs", packet(QUESTION + OPT * 2, (1, 0, 0, 2)), FORMERR, True, False),
        ("OPT with an owner", packet(QUESTION + b"\x01x" + OPT, (1, 0, 0, 1)), FORMERR, True, False),
        ("OPT cut", packet(QUESTION + OPT[:-1], (1, 0, 0, 1)), FORMERR, True, False),
        ("option too long", packet(QUESTION + OPT[:-2] + b"\x00\x04\x00\x03\x00\x01", (1, 0, 0, 1)),
         FORMERR, True, False),
        ("TSIG not last", packet(QUESTION + TSIG + OPT, (1, 0, 0, 2)), FORMERR, True, False),
        ("TSIG not additional", packet(QUESTION + TSIG, (1, 1, 0, 0)), FORMERR, True, False),
        ("opcode 1", packet(QUESTION, (1, 0, 0, 0), 1 << 11), NOTIMP, False, False),
        ("opcode 15 with OPT and no question", packet(OPT, (0, 0, 0, 1), 15 << 11), NOTIMP, False, True),
        ("opcode 2 with rubbish", packet(b"\xff\xff", (7, 7, 7, 7), 2 << 11), NOTIMP, False, False),
    ],
)  # fmt: skip
def test_table(why: str, octets: bytes, error: int | None, echoes: bool, has_opt: bool) -> None:
    query = parse_query(octets)
    assert query is not None, why
    assert (query.error, bool(query.question), query.edns is not None) == (error, echoes, has_opt), why


def test_fields_of_a_question() -> None:
    query = parse_query(packet(QUESTION + OPT + TSIG, (1, 0, 0, 2), 0x0130))
    assert query is not None
    assert (query.qname, query.qtype, query.qclass) == (b"\x01a\x07example\x00", 1, 1)
    assert query.dnssec
    assert query.edns.udp_octets == 1232
    assert query.tsig_at == 12 + len(QUESTION) + len(OPT)


@pytest.mark.parametrize("opcode", [0, 4, 5])
def test_reply_headers(dns: SimpleNamespace, opcode: int) -> None:
    """ID, opcode and RD copied, QR set, CD and everything else clear; the question octet by octet."""
    query = parse_query(packet(QUESTION.replace(b"example", b"ExAmPlE"), (1, 0, 0, 0), opcode << 11 | 0x07FF))
    made = reply(query, rr.REFUSED, flags=0x0400, counts=(1, 2, 3), body=b"BODY", opt=OPT)
    assert struct.unpack_from("!6H", made) == (0x1234, 0x8000 | opcode << 11 | 0x0500 | 5, 1, 1, 2, 4)
    assert made[12:] == QUESTION.replace(b"example", b"ExAmPlE") + b"BODY" + OPT
    assert reply(query, 0, echo=False)[4:6] == b"\x00\x00"


@given(st.binary(max_size=120), st.integers(0, 3), st.integers(0, 3), st.integers(0, 65535))
@settings(max_examples=500, deadline=None)
def test_hostile_packets(body: bytes, records: int, additionals: int, flags: int) -> None:
    for octets in (
        body,
        packet(body, (1, records, 0, additionals), flags),
        packet(QUESTION + body, (1, records, 0, additionals), flags),
    ):
        query = parse_query(octets)
        assert query is None or len(reply(query, rr.FORMERR)) <= len(octets)
