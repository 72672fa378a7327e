"""One canonical text, and it parses back to the same tree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.nightlight.core.promql.parser import parse
from photoncloud.nightlight.core.promql.printer import to_text

TEXTS = [
    ("sum  (x) by(a)", "sum by (a) (x)"),
    ("sum without() (x)", "sum without () (x)"),
    ("x offset 300", "x offset 300"),
    ("x offset -1h30m", "x offset -1h30m"),
    ("x@1", "x @ 1.000"),
    ("x @ -1.5 offset 5m", "x @ -1.500 offset 5m"),
    ("x @ end()", "x @ end()"),
    ("x[5m] offset 5m @ start()", "x[5m] @ start() offset 5m"),
    ("x{b='1',a!='2'}", 'x{a!="2",b="1"}'),
    ('{"a.b",c=~"d"}', '{"a.b",c=~"d"}'),
    ("1e3", "1000"),
    ("1E-7", "0.0000001"),
    ("0x10", "16"),
    ("5400s", "1h30m"),
    ("a<bool b", "a < bool b"),
    ("a/on(x)group_right(y)b", "a / on (x) group_right (y) b"),
    ("a + fill(0) b", "a + fill (0) b"),
    ("x[5m:]", "x[5m:]"),
    ("x[1m+step():(2*5s)]", "x[1m + step():(2 * 5s)]"),
    ("rate(x[5m] anchored)", "rate(x[5m] anchored)"),
    ("- - a", "--a"),
    ("nan", "NaN"),
    ("start", "start"),
    ("sum by ('a.b') (x)", 'sum by ("a.b") (x)'),
]


@pytest.mark.parametrize(("query", "text"), TEXTS, ids=[query for query, _ in TEXTS])
def test_canonical_text(query: str, text: str) -> None:
    assert to_text(parse(query)) == text
    if "NaN" not in text:
        assert parse(text) == parse(query)


NAMES = st.sampled_from(["foo", "bar:baz", "up", "sum", "a_b"])
SELECTORS = st.builds(
    lambda name, value, op, tail: f'{name}{{l{op}"{value}"}}{tail}',
    NAMES,
    st.sampled_from(["x", "a.b", "y|z", "é"]),
    st.sampled_from(["=", "!=", "=~", "!~"]),
    st.sampled_from(["", " offset 5m", " @ 12.5", " @ end() offset -1m", " offset (1m + step())"]),
)


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.builds(
        lambda left, op, right: f"({left}) {op} ({right})",
        inner,
        st.sampled_from(
            ["+", "- on (a)", "* ignoring (b) group_left (c)", "^", "== bool", "and", "or", "> fill (1)", "</"]
        ),
        inner,
    )
    return st.one_of(
        binary,
        st.builds("sum by (a, b) ({})".format, inner),
        st.builds("topk without (a) (3, {})".format, inner),
        st.builds("-({})".format, inner),
        st.builds("abs({})".format, inner),
        st.builds("max_over_time(({})[5m:1m])".format, inner),
        st.builds('label_replace({}, "a", "$1", "b", "(.*)")'.format, inner),
        st.builds("({}) * 2.5".format, inner),
        st.builds("1h30m - ({})".format, inner),
    )


@settings(max_examples=150)
@given(st.recursive(SELECTORS, grown, max_leaves=6))
def test_round_trip(query: str) -> None:
    expr = parse(query)
    assert parse(to_text(expr)) == expr
