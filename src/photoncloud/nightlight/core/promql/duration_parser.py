"""Durations inside `[…]` and after `offset`: numbers, duration literals and arithmetic over them."""

from __future__ import annotations

from photoncloud.nightlight.core.duration import DURATION_MAX_MS, parse_duration
from photoncloud.nightlight.core.promql.ast import (
    DurationBinary,
    DurationCall,
    DurationExpr,
    DurationParen,
    DurationUnary,
    NumberLiteral,
)
from photoncloud.nightlight.core.promql.lexer import number_value
from photoncloud.nightlight.core.promql.token_stream import TokenStream
from photoncloud.nightlight.core.promql.tokens import DURATION_CALLS, PRECEDENCE, UNARY_PRECEDENCE, Kind

EXPECTED = "number, duration, step(), or range()"
ARITHMETIC = frozenset("+-*/%^")
SECONDS_MAX = DURATION_MAX_MS / 1000
DEPTH_MAX = 512


def duration_expression(stream: TokenStream, context: str, expected: str = EXPECTED, least: int = 0) -> DurationExpr:
    """An arithmetic expression over durations, as far as operators of at least `least` reach."""
    return _Durations(stream, context, expected).expression(least)


def offset_duration(stream: TokenStream) -> DurationExpr:
    """What may follow `offset`: one optionally signed literal or call, or anything in parentheses."""
    durations = _Durations(stream, "offset", EXPECTED)
    if stream.is_word("+", "-"):
        start = stream.start
        op = stream.take().text
        operand = durations.primary()
        if isinstance(operand, NumberLiteral):
            sign = -1 if op == "-" else 1
            return NumberLiteral(sign * operand.value, operand.is_duration, span=stream.span_from(start))
        return DurationUnary(op, operand, span=stream.span_from(start))
    return durations.primary()


class _Durations:
    def __init__(self, stream: TokenStream, context: str, expected: str) -> None:
        self._stream = stream
        self._context = context
        self._expected = expected
        self._depth = 0

    def expression(self, least: int) -> DurationExpr:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise self._stream.failure("expression too deeply nested", self._stream.start)
        start = self._stream.start
        left = self._unary()
        while (op := self._operator()) and PRECEDENCE[op] >= least:
            self._stream.take()
            right = self.expression(PRECEDENCE[op] if op == "^" else PRECEDENCE[op] + 1)
            left = DurationBinary(op, left, right, span=self._stream.span_from(start))
        self._depth -= 1
        return left

    def _operator(self) -> str:
        token = self._stream.current
        return token.value if token.kind is Kind.OPERATOR and token.value in ARITHMETIC else ""

    def _unary(self) -> DurationExpr:
        if not self._stream.is_word("+", "-"):
            return self.primary()
        start = self._stream.start
        op = self._stream.take().text
        operand = self.expression(UNARY_PRECEDENCE + 1)
        if isinstance(operand, NumberLiteral):
            sign = -1 if op == "-" else 1
            return NumberLiteral(sign * operand.value, operand.is_duration, span=self._stream.span_from(start))
        return DurationUnary(op, operand, span=self._stream.span_from(start))

    def primary(self) -> DurationExpr:
        stream = self._stream
        token, start = stream.current, stream.start
        if token.kind in (Kind.NUMBER, Kind.DURATION):
            stream.take()
            return literal(stream, start, token.kind, token.text)
        if stream.is_punctuation("("):
            stream.take()
            inner = self.expression(0)
            stream.expect(")", self._context, "")
            return DurationParen(inner, span=stream.span_from(start))
        if token.kind is Kind.KEYWORD and token.value in DURATION_CALLS:
            return self._call(start)
        raise stream.unexpected(self._context, self._expected)

    def _call(self, start: int) -> DurationExpr:
        stream = self._stream
        name = stream.take().value
        stream.expect("(", self._context, "")
        arguments: list[DurationExpr] = []
        if name in ("min_of", "max_of"):
            arguments.append(self.expression(0))
            stream.expect(",", self._context, "")
            arguments.append(self.expression(0))
        stream.expect(")", self._context, "")
        return DurationCall(name, tuple(arguments), span=stream.span_from(start))


def literal(stream: TokenStream, start: int, kind: Kind, text: str) -> NumberLiteral:
    """A number or duration token as seconds."""
    if kind is Kind.DURATION:
        return NumberLiteral(parse_duration(text) / 1000, is_duration=True, span=stream.span_from(start))
    value = number_value(text)
    return NumberLiteral(value, span=stream.span_from(start))


def check_positive(stream: TokenStream, duration: DurationExpr) -> None:
    """A literal range or step must be above zero and fit; computed ones are checked when they are evaluated."""
    check_in_range(stream, duration)
    if isinstance(duration, NumberLiteral) and not duration.value > 0:
        raise stream.failure("duration must be greater than 0", duration)


def check_in_range(stream: TokenStream, duration: DurationExpr) -> None:
    if isinstance(duration, NumberLiteral) and not abs(duration.value) < SECONDS_MAX:
        raise stream.failure("duration out of range", duration)
