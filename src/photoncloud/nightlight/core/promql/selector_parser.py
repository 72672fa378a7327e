"""Selectors: names, braces with matchers, and what binds to a selector (`[…]`, `offset`, `@`, `anchored`,
`smoothed`)."""

from __future__ import annotations

import math
from dataclasses import replace

from photoncloud.nightlight.core.duration import parse_duration
from photoncloud.nightlight.core.labels import METRIC_NAME
from photoncloud.nightlight.core.matcher import Matcher, MatchOp
from photoncloud.nightlight.core.promql.ast import (
    DurationExpr,
    Edge,
    Expr,
    MatrixSelector,
    Subquery,
    Timing,
    VectorSelector,
)
from photoncloud.nightlight.core.promql.duration_parser import (
    check_in_range,
    check_positive,
    duration_expression,
    offset_duration,
)
from photoncloud.nightlight.core.promql.lexer import number_value
from photoncloud.nightlight.core.promql.token_stream import TokenStream
from photoncloud.nightlight.core.promql.tokens import Kind
from photoncloud.nightlight.core.quoting import quote
from photoncloud.nightlight.errors import InvalidPattern

AT_SECONDS_MAX = (1 << 63) / 1000


def vector_selector(stream: TokenStream) -> VectorSelector:
    """`name`, `name{…}` or `{…}`; the cursor stands at the name or the brace."""
    start = stream.start
    name = "" if stream.is_punctuation("{") else stream.take().text
    matchers, quoted = matcher_list(stream) if stream.is_punctuation("{") else ([], "")
    span = stream.span_from(start)
    if name and quoted:
        raise stream.failure(f"metric name must not be set twice: {quote(name)} or {quote(quoted)}", start)
    set_name = name or quoted
    named = [matcher for matcher in matchers if matcher.name == METRIC_NAME]
    if set_name and named:
        raise stream.failure(f"metric name must not be set twice: {quote(set_name)} or {quote(named[0].value)}", start)
    if set_name:
        matchers.append(Matcher(METRIC_NAME, MatchOp.EQUAL, set_name))
    return VectorSelector(set_name, tuple(sorted(matchers, key=str)), span=span)


def matcher_list(stream: TokenStream) -> tuple[list[Matcher], str]:
    """The matchers in braces, and the metric name if one stands there in quotes."""
    stream.take()
    matchers: list[Matcher] = []
    quoted = ""
    while not stream.accept("}"):
        found = _matcher(stream)
        if isinstance(found, Matcher):
            matchers.append(found)
        elif quoted:
            raise stream.failure(f"metric name must not be set twice: {quote(quoted)} or {quote(found)}", stream.start)
        else:
            quoted = found
        if not stream.is_punctuation("}") and not stream.accept(","):
            raise stream.unexpected("label matching", '"," or "}"')
    return matchers, quoted


def _matcher(stream: TokenStream) -> Matcher | str:
    """One matcher, or the text of a quoted metric name."""
    token, start = stream.current, stream.start
    if token.kind not in (Kind.IDENTIFIER, Kind.STRING):
        raise stream.unexpected("label matching", 'identifier or "}"')
    stream.take()
    following = stream.current
    if following.kind is not Kind.OPERATOR:
        if token.kind is Kind.STRING and (stream.is_punctuation(",") or stream.is_punctuation("}")):
            return token.value
        raise stream.unexpected("label matching", "label matching operator")
    op = MatchOp(stream.take().text)
    wanted = stream.current
    if wanted.kind is not Kind.STRING:
        raise stream.unexpected("label matching", "string")
    value = stream.take().value
    try:
        return Matcher(token.value, op, value)
    except InvalidPattern as error:
        raise stream.failure(str(error), start) from error


def with_postfixes(stream: TokenStream, expr: Expr) -> Expr:
    """`expr` with the ranges and modifiers that directly follow it."""
    while True:
        if stream.is_punctuation("["):
            expr = _range(stream, expr)
        elif stream.is_word("offset"):
            expr = _offset(stream, expr)
        elif stream.is_punctuation("@"):
            expr = _at(stream, expr)
        elif stream.is_word("anchored", "smoothed"):
            expr = _edge_rule(stream, expr)
        else:
            return expr


def _range(stream: TokenStream, expr: Expr) -> Expr:
    start = expr.span.start
    stream.take()
    window = duration_expression(stream, "subquery or range selector")
    check_positive(stream, window)
    if stream.accept("]"):
        return _matrix(stream, expr, window)
    if not stream.accept(":"):
        raise stream.unexpected("subquery or range", '":" or "]"')
    step: DurationExpr | None = None
    if not stream.is_punctuation("]"):
        step = duration_expression(stream, "subquery selector", 'number, duration, step(), range(), or "]"')
        check_positive(stream, step)
    stream.expect("]", "subquery selector")
    return Subquery(expr, window, step, span=stream.span_from(start))


def _matrix(stream: TokenStream, expr: Expr, window: DurationExpr) -> Expr:
    if not isinstance(expr, VectorSelector):
        raise stream.failure("ranges only allowed for vector selectors", expr)
    if expr.timing.offset is not None:
        raise stream.failure("no offset modifiers allowed before range", expr)
    if expr.timing.at is not None:
        raise stream.failure("no @ modifiers allowed before range", expr)
    return MatrixSelector(expr, window, span=stream.span_from(expr.span.start))


def _timing(stream: TokenStream, expr: Expr, modifier: str) -> Timing:
    match expr:
        case VectorSelector() | Subquery():
            return expr.timing
        case MatrixSelector():
            return expr.selector.timing
        case _:
            raise stream.failure(
                f"{modifier} modifier must be preceded by an instant vector selector "
                "or range vector selector or a subquery",
                expr,
            )


def with_timing(expr: Expr, timing: Timing) -> Expr:
    """A copy of a selector, range or subquery with other modifiers."""
    match expr:
        case MatrixSelector():
            return replace(expr, selector=replace(expr.selector, timing=timing))
        case VectorSelector() | Subquery():
            return replace(expr, timing=timing)
        case _:
            raise TypeError(f"{type(expr).__name__} has no timing")


def _offset(stream: TokenStream, expr: Expr) -> Expr:
    stream.take()
    duration = offset_duration(stream)
    check_in_range(stream, duration)
    timing = _timing(stream, expr, "offset")
    if timing.offset is not None:
        raise stream.failure("offset may not be set multiple times", expr)
    moved = with_timing(expr, replace(timing, offset=duration))
    return replace(moved, span=stream.span_from(expr.span.start))


def _at(stream: TokenStream, expr: Expr) -> Expr:
    stream.take()
    at: int | Edge
    if stream.is_word("start", "end"):
        at = Edge(stream.take().value)
        stream.expect("(", "@", "timestamp")
        stream.expect(")", "@", "timestamp")
    else:
        at = _timestamp(stream, expr)
    timing = _timing(stream, expr, "@")
    if timing.at is not None:
        raise stream.failure("@ <timestamp> may not be set multiple times", expr)
    moved = with_timing(expr, replace(timing, at=at))
    return replace(moved, span=stream.span_from(expr.span.start))


def _timestamp(stream: TokenStream, expr: Expr) -> int:
    sign = 1.0
    if stream.is_word("+", "-"):
        sign = -1.0 if stream.take().text == "-" else 1.0
    token = stream.current
    if token.kind not in (Kind.NUMBER, Kind.DURATION):
        raise stream.unexpected("@", "timestamp")
    stream.take()
    seconds = sign * (parse_duration(token.text) / 1000 if token.kind is Kind.DURATION else number_value(token.text))
    if not math.isfinite(seconds) or not abs(seconds) < AT_SECONDS_MAX:
        text = f"{seconds:f}" if math.isfinite(seconds) else "NaN" if seconds != seconds else f"{seconds:+}".title()
        raise stream.failure(f"timestamp out of bounds for @ modifier: {text}", expr)
    return math.floor(seconds * 1000 + 0.5)


def _edge_rule(stream: TokenStream, expr: Expr) -> Expr:
    """`anchored` and `smoothed`: how a range treats its edges."""
    word = stream.take().value
    if isinstance(expr, Subquery):
        raise stream.failure(f"{word} modifier is not supported for subqueries", expr)
    selector = expr.selector if isinstance(expr, MatrixSelector) else expr
    if not isinstance(selector, VectorSelector):
        raise stream.failure(
            f"{word} modifier must be preceded by an instant vector selector or range vector selector", expr
        )
    if selector.is_anchored or selector.is_smoothed:
        raise stream.failure("anchored and smoothed modifiers cannot be used together", expr)
    if word == "anchored":
        selector = replace(selector, is_anchored=True)
    else:
        selector = replace(selector, is_smoothed=True)
    span = stream.span_from(expr.span.start)
    if isinstance(expr, MatrixSelector):
        return replace(expr, selector=selector, span=span)
    return replace(selector, span=span)
