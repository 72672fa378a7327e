"""Names for old readers, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.exposition.escaping import Escaping, escape_name, unescape_name


@pytest.mark.parametrize(
    ("name", "underscores", "dots", "values"),
    [
        ("a_b", "a_b", "a__b", "a_b"),
        ("http.requests", "http_requests", "http_dot_requests", "U__http_2e_requests"),
        ("1a", "_a", "__a", "U___31_a"),
        ("é_x", "__x", "____x", "U___e9___x"),
        ("a:b", "a:b", "a:b", "a:b"),
    ],
)
def test_schemes(name: str, underscores: str, dots: str, values: str) -> None:
    assert escape_name(name, Escaping.NONE) == name
    assert escape_name(name, Escaping.UNDERSCORES) == underscores
    assert escape_name(name, Escaping.DOTS) == dots
    assert escape_name(name, Escaping.VALUES) == values


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1))
def test_values_read_back(name: str) -> None:
    escaped = escape_name(name, Escaping.VALUES)
    if not name.startswith("U__"):
        assert unescape_name(escaped) == name


@pytest.mark.parametrize("text", ["U__a_zz_b", "U___110000_", "U__a_", "U__é", "plain"])
def test_what_is_no_escaped_name_stays(text: str) -> None:
    assert unescape_name(text) == text
