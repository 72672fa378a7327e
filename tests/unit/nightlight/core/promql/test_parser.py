"""The grammar: trees, precedence, and Prometheus' own words for what is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.nightlight.core.promql.ast import (
    Aggregate,
    Binary,
    Call,
    Cardinality,
    MatrixSelector,
    NumberLiteral,
    Subquery,
    Unary,
    VectorSelector,
)
from photoncloud.nightlight.core.promql.parser import DEPTH_MAX, QUERY_MAX_BYTES, parse
from photoncloud.nightlight.errors import ParseError

ERRORS = [
    ("", "unknown position: parse error: no expression found in input"),
    ("  # nothing", "unknown position: parse error: no expression found in input"),
    ("foo bar", '1:5: parse error: unexpected identifier "bar"'),
    ("1 +", "1:4: parse error: unexpected end of input"),
    ("\n\nfoo bar", '3:5: parse error: unexpected identifier "bar"'),
    ("é", "1:1: parse error: unexpected character: 'é'"),
    ('{a="é"} b', '1:10: parse error: unexpected identifier "b"'),
    ("sum(", "1:5: parse error: unclosed left parenthesis"),
    ("foo[5m", "1:7: parse error: unclosed left bracket"),
    ("a)", "1:2: parse error: unexpected right parenthesis ')'"),
    ("foo{", "1:5: parse error: unexpected end of input inside braces"),
    ("foo{a}", '1:6: parse error: unexpected "}" in label matching, expected label matching operator'),
    ('foo{a="b" c}', '1:11: parse error: unexpected identifier "c" in label matching, expected "," or "}"'),
    ("foo{a=b}", '1:7: parse error: unexpected identifier "b" in label matching, expected string'),
    (
        "foo offset",
        "1:11: parse error: unexpected end of input in offset, expected number, duration, step(), or range()",
    ),
    ("foo @ x", '1:7: parse error: unexpected identifier "x" in @, expected timestamp'),
    ("foo[5m x]", '1:8: parse error: unexpected identifier "x" in subquery or range, expected ":" or "]"'),
    ("sum by x (foo)", '1:8: parse error: unexpected identifier "x" in grouping opts, expected "("'),
    ("sum by (a b) (foo)", '1:11: parse error: unexpected identifier "b" in grouping opts, expected "," or ")"'),
    ("sum by (+) (foo)", "1:9: parse error: unexpected <op:+> in grouping opts, expected label"),
    ("sum by (a) foo", '1:12: parse error: unexpected identifier "foo" in aggregation'),
    ("sum()", "1:1: parse error: no arguments for aggregate expression provided"),
    (
        "topk(foo)",
        "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1",
    ),
    ("nope(foo)", '1:1: parse error: unknown function with name "nope"'),
    ("abs(foo,)", "1:8: parse error: trailing commas not allowed in function call args"),
    ("abs()", '1:1: parse error: expected 1 argument(s) in call to "abs", got 0'),
    ("round(a, 1, 2)", '1:1: parse error: expected at most 2 argument(s) in call to "round", got 3'),
    ("label_join(a)", '1:1: parse error: expected at least 3 argument(s) in call to "label_join", got 1'),
    ("abs(1)", '1:5: parse error: expected type instant vector in call to function "abs", got scalar'),
    ("rate(foo)", '1:6: parse error: expected type range vector in call to function "rate", got instant vector'),
    ("{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
    ('{a=~".*"}', "1:1: parse error: vector selector must contain at least one non-empty matcher"),
    ('foo{__name__="bar"}', '1:1: parse error: metric name must not be set twice: "foo" or "bar"'),
    ('foo{"bar"}', '1:1: parse error: metric name must not be set twice: "foo" or "bar"'),
    ("foo[0]", "1:5: parse error: duration must be greater than 0"),
    ("foo[-5m]", "1:5: parse error: duration must be greater than 0"),
    ("(foo)[5m]", "1:1: parse error: ranges only allowed for vector selectors"),
    ("foo offset 5m [5m]", "1:1: parse error: no offset modifiers allowed before range"),
    ("foo @ 5 [5m]", "1:1: parse error: no @ modifiers allowed before range"),
    (
        "1 offset 5m",
        "1:1: parse error: offset modifier must be preceded by an instant vector selector "
        "or range vector selector or a subquery",
    ),
    ("foo offset 5m offset 5m", "1:1: parse error: offset may not be set multiple times"),
    ("foo @ 5 @ 6", "1:1: parse error: @ <timestamp> may not be set multiple times"),
    ("foo @ 9e99", f"1:1: parse error: timestamp out of bounds for @ modifier: {9e99:f}"),
    ("a + bool b", "1:1: parse error: bool modifier can only be used on comparison operators"),
    ("1 == 1", "1:1: parse error: comparisons between scalars must use BOOL modifier"),
    ('a + "x"', "1:5: parse error: binary expression must contain only scalar and instant vector types"),
    ("a + on(b) 1", "1:1: parse error: vector matching only allowed between instant vectors"),
    ("1 and 1", '1:1: parse error: set operator "and" not allowed in binary scalar expression'),
    ("a and on(b) group_left c", '1:1: parse error: no grouping allowed for "and" operation'),
    ("a + on(b) group_left(b) c", '1:1: parse error: label "b" must not occur in ON and GROUP clause at once'),
    ("a and fill(1) b", "1:1: parse error: filling in missing series not allowed for set operators"),
    (
        "-a[5m]",
        "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, "
        'got "range vector"',
    ),
    ("a[5m][5m:]", "1:1: parse error: subquery is only allowed on instant vector, got range vector instead"),
    ('sum by ("\\xff") (a)', '1:9: parse error: invalid label name for grouping: "\\xff"'),
    ("a anchored smoothed", "1:1: parse error: anchored and smoothed modifiers cannot be used together"),
    ("rate(a[5m:] anchored)", "1:6: parse error: anchored modifier is not supported for subqueries"),
    (
        "deriv(a[5m] anchored)",
        "1:7: parse error: anchored modifier can only be used with: "
        "changes, delta, increase, rate, resets - not with deriv",
    ),
    (
        "resets(a[5m] smoothed)",
        "1:8: parse error: smoothed modifier can only be used with: delta, increase, rate - not with resets",
    ),
]


@pytest.mark.parametrize(("query", "message"), ERRORS, ids=[query for query, _ in ERRORS])
def test_errors(query: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(query)
    assert str(caught.value) == message


def test_precedence() -> None:
    match parse("1 + 2 * -3 ^ 2"):
        case Binary(op="+", right=Binary(op="*", right=Unary(op="-", expr=Binary(op="^")))):
            pass
        case other:
            raise AssertionError(other)
    union = parse("a or b and c")
    assert isinstance(union, Binary)
    assert (union.op, getattr(union.right, "op", "")) == ("or", "and")
    power = parse("2 ^ 3 ^ 2")
    assert isinstance(power, Binary)
    assert isinstance(power.right, Binary)


def test_sign_folds_into_a_number_only() -> None:
    assert parse("-1") == NumberLiteral(-1.0)
    assert isinstance(parse("-1 ^ 2"), Unary)
    assert isinstance(parse("-a"), Unary)


def test_offset_takes_one_literal_without_parentheses() -> None:
    expr = parse("foo offset -2 ^ 2")
    assert isinstance(expr, Binary)
    assert isinstance(expr.left, VectorSelector)
    assert expr.left.timing.offset == NumberLiteral(-2.0)


def test_spans_are_bytes() -> None:
    expr = parse('foo{a="é"} + bar')
    assert isinstance(expr, Binary)
    assert (expr.left.span.start, expr.left.span.end) == (0, 11)
    assert (expr.right.span.start, expr.right.span.end) == (14, 17)
    assert (expr.span.start, expr.span.end) == (0, 17)


def test_matching() -> None:
    expr = parse("a == bool on (x, y,) group_left (z) fill_left (1) fill_right (-2) b")
    assert isinstance(expr, Binary)
    assert expr.returns_bool
    matching = expr.matching
    assert matching is not None
    assert matching.cardinality is Cardinality.MANY_TO_ONE
    assert (matching.labels, matching.include) == (("x", "y"), ("z",))
    assert (matching.fill_left, matching.fill_right) == (1.0, -2.0)


def test_words_that_name_metrics_and_labels() -> None:
    for word in ("sum", "offset", "by", "start", "step", "fill", "and", "anchored"):
        expr = parse(word)
        assert isinstance(expr, VectorSelector), word
        assert expr.name == word
    grouped = parse("sum by (bool, on, and, sum, inf) (a)")
    assert isinstance(grouped, Aggregate)
    assert grouped.grouping == ("bool", "on", "and", "sum", "inf")


def test_keywords_are_calls_before_a_parenthesis() -> None:
    assert parse("start()") == Call("start")
    assert isinstance(parse("a[range()]"), MatrixSelector)
    assert isinstance(parse("a[5m:step()]"), Subquery)


def test_experimental_can_be_off() -> None:
    with pytest.raises(ParseError, match='function "start" is not enabled'):
        parse("start()", is_experimental=False)


@pytest.mark.parametrize("query", ["(" * 3000, "(" * 3000 + "1" + ")" * 3000, "-" * 3000 + "1", "abs(" * 3000])
def test_too_deep_is_an_error(query: str) -> None:
    with pytest.raises(ParseError):
        parse(query)


def test_long_chains_and_texts_are_errors() -> None:
    with pytest.raises(ParseError, match="expression too deeply nested"):
        parse("+".join("a" * (DEPTH_MAX + 2)))
    with pytest.raises(ParseError, match="expression too deeply nested"):
        parse("a" * (QUERY_MAX_BYTES + 1))


WORDS = (
    "( ) { } [ ] , : + - * / ^ == <= </ and or unless on ignoring group_left by without sum topk rate abs time foo bar "
    'offset @ 5m 1 "x" bool start end step() fill anchored smoothed a="b" a=~"(" =~ # 0x 1e9 Inf'
)
PIECES = st.sampled_from(WORDS.split())


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=25))
def test_any_soup_is_parsed_or_refused(pieces: list[str]) -> None:
    query = " ".join(pieces)
    try:
        end = parse(query).span.end
    except ParseError as error:
        end = len(query) if "parse error: " in str(error) else -1
    assert 0 < end <= len(query) or not query
