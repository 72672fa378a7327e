"""Matchers: an absent label is an empty value."""

from __future__ import annotations

import pytest

from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.core.matcher import Matcher, MatchOp, matches_all
from photoncloud.nightlight.errors import InvalidPattern


@pytest.mark.parametrize(
    ("op", "value", "tested", "expected"),
    [
        ("=", "a", "a", True),
        ("!=", "a", "", True),
        ("=~", "a|b", "b", True),
        ("!~", "a.*", "ax", False),
        ("=", "", "", True),
    ],
)
def test_matches(op: str, value: str, tested: str, expected: bool) -> None:
    assert Matcher("x", MatchOp(op), value).matches(tested) is expected


def test_absent_label_matches_the_empty_value() -> None:
    labels = Labels.of({"a": "1"})
    assert matches_all([Matcher("b", MatchOp.EQUAL, ""), Matcher("b", MatchOp.NOT_REGEX, ".+")], labels)
    assert not matches_all([Matcher("b", MatchOp.REGEX, ".+")], labels)


def test_text_and_refusal() -> None:
    assert str(Matcher("a.b", MatchOp.NOT_EQUAL, 'x"')) == '"a.b"!="x\\""'
    with pytest.raises(InvalidPattern):
        Matcher("a", MatchOp.REGEX, "(")
