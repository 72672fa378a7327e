"""Go string literals: what a query writes is what matches, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.quoting import BadEscape, quote, unquote


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (r"a\n\t\\b", "a\n\t\\b"),
        (r"\x41\101é\U0001F600", "AAé😀"),
        (r"\"", '"'),
        (r"a\xc5z", "a\udcc5z"),
    ],
)
def test_unquote(body: str, value: str) -> None:
    assert unquote(body, '"') == value


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"\q", "unknown escape sequence U+0071 'q'"),
        (r"\'", "unknown escape sequence U+0027 '''"),
        (r"\x4g", "illegal character U+0067 'g' in escape sequence"),
        (r"\777", "octal escape value 511 > 255"),
        (r"\ud800", "escape sequence is an invalid Unicode code point"),
        (r"\x4", "escape sequence not terminated"),
    ],
)
def test_bad_escapes(body: str, text: str) -> None:
    with pytest.raises(BadEscape) as caught:
        unquote(body, '"')
    assert caught.value.text == text


def test_quote_as_go_does() -> None:
    assert quote('a"\\\n\x01\xa0é') == r'"a\"\\\n\x01\u00a0é"'
    assert quote("\udcc5") == r'"\xc5"'


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_round_trip(text: str) -> None:
    assert unquote(quote(text)[1:-1], '"') == text


@given(st.binary(max_size=20))
def test_any_bytes_round_trip(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    assert unquote(quote(text)[1:-1], '"') == text
