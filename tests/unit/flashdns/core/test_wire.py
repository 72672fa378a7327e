"""Reading hostile names and writing compressed ones (RFC 1035 §4.1.4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core.wire import Compressor, read_name, read_plain_name, read_u16
from photoncloud.flashdns.errors import BadMessage

LABEL = st.binary(min_size=1, max_size=12)
NAME = st.lists(LABEL, max_size=6).map(names.join)


@given(st.lists(NAME, min_size=1, max_size=12))
def test_what_is_compressed_reads_back(written: list[bytes]) -> None:
    """Case may change: a pointer leads to an earlier spelling."""
    writer = Compressor(0)
    places = []
    for name in written:
        places.append(len(writer.out))
        writer.name(name)
    message = bytes(writer.out)
    for place, name in zip(places, written, strict=True):
        read, after = read_name(message, place)
        assert read.lower() == name.lower()
        assert after <= len(message)


def test_repeated_names_become_pointers() -> None:
    writer = Compressor(12)
    name = names.from_text("a.example.")
    writer.name(name)
    writer.name(name)
    writer.name(names.from_text("b.EXAMPLE."))
    assert bytes(writer.out) == name + b"\xc0\x0c" + b"\x01b\xc0\x0e"
    assert writer.pointers == [11, 15]


def test_the_root_is_never_a_pointer_and_far_names_are_not_remembered() -> None:
    writer = Compressor(0x3FFF)
    writer.name(names.ROOT)
    writer.name(names.from_text("a."))
    writer.name(names.from_text("a."))
    assert bytes(writer.out) == b"\x00" + names.from_text("a.") * 2


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x01",
        b"\x01a",
        b"\xc0",
        b"\xc0\x00",  # to itself
        b"\xc0\x05\x00",  # forwards
        b"\x40a\x00",  # label types 01 and 10 (RFC 6891 §5)
        b"\x80a\x00",
        b"\x3f" * 300,
        b"\x02ab" * 86 + b"\x00",  # 259 octets
        b"\x00" + b"\xc0\x03\xc0\x01",  # a loop of two
    ],
)
def test_hostile_names(message: bytes) -> None:
    with pytest.raises(BadMessage):
        read_name(message, 1 if message.startswith(b"\x00") else 0)


@given(st.binary(max_size=300), st.integers(0, 300))
def test_reading_raises_nothing_else(octets: bytes, position: int) -> None:
    for read in (read_name, read_plain_name):
        try:
            read(octets, position)
        except BadMessage:
            continue


def test_chains_of_pointers_end() -> None:
    """Every pointer leads before the one that led to it, so even a message full of pointers is read once."""
    message = b"\x00" + b"".join((0xC000 | max(0, at - 1)).to_bytes(2, "big") for at in range(1, 400, 2))
    with pytest.raises(BadMessage):
        read_name(message, len(message) - 2)


def test_plain_names_refuse_pointers_and_length() -> None:
    assert read_plain_name(b"\x01a\x00rest", 0) == 3
    with pytest.raises(BadMessage):
        read_plain_name(b"\x01a\xc0\x00", 0)
    with pytest.raises(BadMessage):
        read_plain_name(b"\x3f" + b"a" * 63 + (b"\x3f" + b"a" * 63) * 3 + b"\x00", 0)
    with pytest.raises(BadMessage):
        read_u16(b"\x00", 0)
