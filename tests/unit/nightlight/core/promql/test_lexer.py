"""Tokens: three regions, numbers and durations, words by place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.promql.lexer import Lexer, LexError, number_value
from photoncloud.nightlight.core.promql.tokens import Kind


def tokens(query: str) -> list[tuple[Kind, str]]:
    lexer, found = Lexer(query), []
    while (token := lexer.next()).kind is not Kind.EOF:
        found.append((token.kind, token.value))
    return found


def test_words_by_place() -> None:
    assert tokens("Sum")[0] == (Kind.AGGREGATOR, "sum")
    assert tokens("fill")[0] == (Kind.IDENTIFIER, "fill")
    assert tokens("fill (1)")[0] == (Kind.KEYWORD, "fill")
    assert tokens("a:b")[0] == (Kind.METRIC, "a:b")
    assert tokens("{sum='x'}")[1] == (Kind.IDENTIFIER, "sum")
    assert tokens("iNf nAn ATAN2") == [(Kind.NUMBER, "iNf"), (Kind.NUMBER, "nAn"), (Kind.OPERATOR, "atan2")]


def test_comments_and_space() -> None:
    assert tokens("a # b\n\r\t + 1#c") == [(Kind.IDENTIFIER, "a"), (Kind.OPERATOR, "+"), (Kind.NUMBER, "1")]


def test_colon_separates_only_inside_brackets() -> None:
    assert [value for _, value in tokens("a:b[5m:step()]")] == ["a:b", "[", "5m", ":", "step", "(", ")", "]"]


@pytest.mark.parametrize(
    ("text", "value"), [("0x1F", 31.0), ("010", 8.0), ("08", 8.0), ("1_000", 1000.0), (".5", 0.5), ("1e3", 1000.0)]
)
def test_numbers(text: str, value: float) -> None:
    assert tokens(text) == [(Kind.NUMBER, text)]
    assert number_value(text) == value


def test_strings() -> None:
    assert tokens("`a\\n\nb`") == [(Kind.STRING, "a\\n\nb")]
    assert tokens("'it\\'s'") == [(Kind.STRING, "it's")]


@pytest.mark.parametrize(
    ("query", "text", "start"),
    [
        ("1e", 'bad number or duration syntax: "1e"', 0),
        ("5mx", 'bad number or duration syntax: "5mx"', 0),
        ("'a\nb'", "unterminated quoted string", 0),
        ("`a", "unterminated raw string", 0),
        ('"\\q"', "unknown escape sequence U+0071 'q'", 1),
        (" é", "unexpected character: 'é'", 1),
        (")", "unexpected right parenthesis ')'", 0),
        ("{", "unexpected end of input inside braces", 1),
        ("{a!b}", "unexpected character after '!' inside braces: 'b'", 2),
        ("{a}}", "unexpected character: '}'", 3),
        ("[[", "unexpected left bracket '['", 1),
        ("]", "unexpected right bracket ']'", 0),
    ],
)
def test_errors(query: str, text: str, start: int) -> None:
    with pytest.raises(LexError) as caught:
        tokens(query)
    assert (caught.value.text, caught.value.start) == (text, start)


@given(st.text(alphabet="ab1.{}[]()\"'`\\,:=!~<>+-*/%^@# \n5mseE_é", max_size=60))
def test_any_text_ends_or_is_refused(query: str) -> None:
    try:
        found = tokens(query)
    except LexError as error:
        start = error.start
    else:
        start = max((len(value) for _, value in found), default=0)
    assert 0 <= start <= len(query)
