"""Access keys: format, checksum, hint."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.backends.auth.iam import access_keys
from photoncloud.backends.auth.iam.access_keys import KeyKind


@given(st.sampled_from(KeyKind), st.binary(min_size=4, max_size=4), st.binary(min_size=5, max_size=5))
def test_ids(kind: KeyKind, random: bytes, hint: bytes) -> None:
    made = access_keys.make_access_key_id(kind, random, hint)
    assert re.fullmatch(r"(AKIA|ASIA)[A-Z2-7]{16}", made)
    assert access_keys.has_valid_checksum(made)
    assert access_keys.project_hint(made) == hint
    assert access_keys.is_importable_id(made)


def test_an_id_of_a_standalone_component_has_hint_zero() -> None:
    assert access_keys.project_hint(access_keys.make_access_key_id(KeyKind.LONG_LIVED, b"abcd")) == bytes(5)


@given(st.binary(min_size=4, max_size=4), st.integers(4, 19), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_most_typing_errors_are_seen(random: bytes, where: int, letter: str) -> None:
    """An 8-bit checksum misses one error in 256; the kind is part of what is summed."""
    made = access_keys.make_access_key_id(KeyKind.LONG_LIVED, random)
    other = made[:where] + letter + made[where + 1 :]
    if access_keys.has_valid_checksum(other):
        assert access_keys.project_hint(other) is not None
    else:
        assert access_keys.project_hint(other) is None


def test_the_checksum_sees_errors() -> None:
    made = access_keys.make_access_key_id(KeyKind.LONG_LIVED, b"\x01\x02\x03\x04")
    wrong = [made[:19] + letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" if letter != made[19]]
    assert not any(map(access_keys.has_valid_checksum, wrong))


@pytest.mark.parametrize(
    "text", ["", "AKIA", "AKIA" + "A" * 17, "XKIA" + "A" * 16, "AKIA" + "a" * 16, "AKIA" + "1" * 16]
)
def test_other_formats(text: str) -> None:
    assert not access_keys.has_valid_checksum(text)
    assert access_keys.project_hint(text) is None


def test_secrets() -> None:
    secret = access_keys.make_secret(bytes(range(30)))
    assert len(secret) == access_keys.SECRET_LENGTH
    assert re.fullmatch(r"[A-Za-z0-9+/]{40}", secret)


def test_randomness_has_a_fixed_length() -> None:
    with pytest.raises(ValueError, match="4 random bytes"):
        access_keys.make_access_key_id(KeyKind.TEMPORARY, b"abc")
    with pytest.raises(ValueError, match="30 random bytes"):
        access_keys.make_secret(b"short")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ab", False),
        ("abc", True),
        ("a" * 128, True),
        ("a" * 129, False),
        ("a/b", False),
        ("A_b+c.d-e", True),
        ("é12", False),
    ],
)
def test_foreign_ids(text: str, expected: bool) -> None:
    assert access_keys.is_importable_id(text) is expected


def test_the_example_key() -> None:
    assert access_keys.is_example_id("AKIAIOSFODNN7EXAMPLE")
    assert not access_keys.is_example_id("AKIAIOSFODNN7EXAMPLF")
