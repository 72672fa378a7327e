"""Names: text and wire both ways, folding, order, and texts that are no names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.errors import BadName

ORIGIN = b"\x07example\x00"
LABELS = st.lists(st.binary(min_size=1, max_size=20), max_size=8)


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        (".", b"\x00"),
        ("@", ORIGIN),
        ("a", b"\x01a" + ORIGIN),
        ("a.", b"\x01a\x00"),
        ("Www.Example.", b"\x03Www\x07Example\x00"),
        (r"a\.b.", b"\x03a.b\x00"),
        (r"a\046b.", b"\x03a.b\x00"),
        (r"\000\255.", b"\x02\x00\xff\x00"),
        (r"a\.", b"\x02a." + ORIGIN),
        ("*.x.", b"\x01*\x01x\x00"),
        ("é.", b"\x01\xe9\x00"),
    ],
)
def test_text_to_wire(text: str, wire: bytes) -> None:
    assert names.from_text(text, ORIGIN) == wire


@pytest.mark.parametrize(
    "text", ["", "..", "a..b.", ".a", "a" * 64 + ".", r"\256.", r"\25.", "a\\", r"\1", "a." * 128, "☃.", "☃\\.a."]
)
def test_texts_that_are_no_names(text: str) -> None:
    with pytest.raises(BadName):
        names.from_text(text, ORIGIN)


def test_relative_names_need_an_origin() -> None:
    for text in ("a", "@"):
        with pytest.raises(BadName):
            names.from_text(text)


def test_the_longest_name_is_255_octets() -> None:
    longest = ".".join(["a" * 63] * 3 + ["b" * 61]) + "."
    assert len(names.from_text(longest)) == names.MAX_NAME_OCTETS
    with pytest.raises(BadName):
        names.from_text("c" + longest.replace("b", "bb", 1))
    with pytest.raises(BadName):
        names.prepend(b"x", names.from_text(longest))


@given(LABELS)
def test_wire_to_text_and_back(parts: list[bytes]) -> None:
    wire = names.join(parts)
    assert names.from_text(names.to_text(wire)) == wire
    assert names.labels(wire) == parts
    assert names.label_count(wire) == len(parts)
    assert [wire[at:] for at in names.offsets(wire)] == [names.join(parts[at:]) for at in range(len(parts) + 1)]


@given(LABELS)
def test_folding_touches_letters_only(parts: list[bytes]) -> None:
    """A length octet is at most 63, below `A`, so folding the whole name folds the labels."""
    wire = names.join(parts)
    assert names.labels(names.fold(wire)) == [part.lower() for part in parts]


@given(LABELS, LABELS)
def test_below_is_by_label(one: list[bytes], other: list[bytes]) -> None:
    assert names.is_under(names.join(one + other), names.join(other))
    expected = len(one) >= len(other) and one[len(one) - len(other) :] == other
    assert names.is_under(names.join(one), names.join(other)) == expected


def test_below_is_not_by_octets() -> None:
    """`\\003b.example` ends with the octets of `example` as part of a label."""
    assert not names.is_under(b"\x09\x07example\x00"[:9] + b"x\x00", b"\x07example\x00")
    assert not names.is_under(b"\x04\x01a\x01b\x00", b"\x01b\x00")


def test_canonical_order_of_rfc_4034_section_6_1() -> None:
    texts = [
        "example.", "a.example.", "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.", "z.example.",
        r"\001.z.example.", "*.z.example.", r"\200.z.example.",
    ]  # fmt: skip
    wires = [names.from_text(text) for text in texts]
    assert sorted(wires, key=names.canonical_key) == wires


def test_relatives() -> None:
    wire = names.from_text("a.b.example.")
    assert names.parent(wire) == names.from_text("b.example.")
    assert names.parent(names.ROOT) == names.ROOT
    assert names.common_ancestor(wire, names.from_text("c.b.example.")) == names.from_text("b.example.")
    assert names.common_ancestor(wire, names.from_text("x.")) == names.ROOT
    assert names.is_wildcard(names.from_text("*.a."))
    assert not names.is_wildcard(names.from_text("**.a."))
