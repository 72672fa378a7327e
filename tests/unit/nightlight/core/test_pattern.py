"""RE2, anchored, dot matches newline; fast paths answer like the automaton."""

from __future__ import annotations

import pytest

from photoncloud.nightlight.core.pattern import Pattern, quote_literal
from photoncloud.nightlight.errors import InvalidPattern


@pytest.mark.parametrize(
    ("text", "value", "matches"),
    [
        ("a.c", "a\nc", True),
        ("a", "ab", False),
        ("a|b", "b", True),
        ("", "", True),
        ("a|", "", True),
        ("(?i:AB)c", "abc", True),
        ("a.*", "xa", False),
        ("é+", "éé", True),
        (".+", "", False),
        ("^a$", "a", True),
    ],
)
def test_matches(text: str, value: str, matches: bool) -> None:
    assert Pattern(text).matches(value) is matches


def test_literals_need_no_automaton() -> None:
    assert Pattern("a|b|c").literals == {"a", "b", "c"}
    assert Pattern("a.c").literals is None


@pytest.mark.parametrize("text", ["(", "a{2000}{2000}", "(?<=a)b", r"(a)\1", "[z-a]"])
def test_refuses_what_re2_refuses(text: str) -> None:
    with pytest.raises(InvalidPattern):
        Pattern(text)


def test_unbalanced_parts_do_not_escape_the_anchors() -> None:
    with pytest.raises(InvalidPattern):
        Pattern("a)|(b")


@pytest.mark.parametrize(
    ("text", "value", "template", "result"),
    [
        ("(a)(b)?", "a", "$1-$2", "a-"),
        ("(?P<x>a+)", "aa", "${x}y", "aay"),
        ("(a)", "a", "$1x", ""),
        ("(a)", "a", "$$1", "$1"),
        ("(a)", "a", "${9}", ""),
        ("a|b", "b", "$0!", "b!"),
        ("a", "b", "x", None),
    ],
)
def test_expand(text: str, value: str, template: str, result: str | None) -> None:
    assert Pattern(text).expand(value, template) == result


def test_quote_literal() -> None:
    assert Pattern(quote_literal("a.b*[")).matches("a.b*[")
