"""Tokens of patterns; variables, defaults, escapes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.backends.auth.iam.variables import ANY_ONE, STAR, Token, Variable, has_variable, substitute, tokenize


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", ()),
        ("abc", ("abc",)),
        ("a*b?c", ("a", STAR, "b", ANY_ONE, "c")),
        ("a***b", ("a", STAR, "b")),
        ("${aws:UserName}", (Variable("aws:username"),)),
        ("a/${aws:username}/*", ("a/", Variable("aws:username"), "/", STAR)),
        ("${a, 'x y'}", (Variable("a", "x y"),)),
        ("${a,'x'}", (Variable("a", "x"),)),
        ("${a, x}", (Variable("a, x"),)),
        ("a${*}b${?}c${$}", ("a*b?c$",)),
        ("${", ("${",)),
        ("$a{b}", ("$a{b}",)),
        ("${a", ("${a",)),
    ],
)
def test_tokens(text: str, tokens: tuple[Token, ...]) -> None:
    assert tokenize(text, has_variables=True) == tokens


def test_policies_of_2008_have_no_variables() -> None:
    assert tokenize("${a}*", has_variables=False) == ("${a}", STAR)


def test_values_without_wildcards() -> None:
    assert tokenize("a*?${b}", has_variables=True, has_wildcards=False) == ("a*?", Variable("b"))


def test_substituted_text_is_literal() -> None:
    tokens = tokenize("x${a}*", has_variables=True)
    assert has_variable(tokens)
    assert substitute(tokens, {"a": "*?${a}"}.get) == ("x*?${a}", STAR)


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        ("${a}", {}, None),
        ("${a}", {"a": ("x",)}, None),
        ("${a, 'd'}", {}, ("d",)),
        ("${a, 'd'}", {"a": "x"}, ("x",)),
        ("${a, 'd'}", {"a": ("x", "y")}, None),
        ("${a, ''}", {}, ()),
        ("p${a}q", {"a": ""}, ("pq",)),
    ],
)
def test_substitution(text: str, context: dict[str, str | tuple[str, ...]], expected: tuple[Token, ...] | None) -> None:
    assert substitute(tokenize(text, has_variables=True), context.get) == expected


@given(st.text(alphabet="ab*?${}:,' ", max_size=30))
def test_without_variables_and_wildcards_text_is_kept(text: str) -> None:
    assert "".join(map(str, tokenize(text, has_variables=False, has_wildcards=False))) == text
    tokenize(text, has_variables=True)
