"""Arithmetic of durations in the text."""

from __future__ import annotations

import pytest

from photoncloud.nightlight.core.promql.ast import (
    DurationBinary,
    DurationCall,
    DurationParen,
    DurationUnary,
    MatrixSelector,
    NumberLiteral,
    VectorSelector,
)
from photoncloud.nightlight.core.promql.parser import parse
from photoncloud.nightlight.errors import ParseError


def window(text: str) -> object:
    expr = parse(f"foo[{text}]")
    assert isinstance(expr, MatrixSelector)
    return expr.range


def test_literals_are_seconds() -> None:
    assert window("5m") == NumberLiteral(300.0, is_duration=True)
    assert window("300") == NumberLiteral(300.0)
    assert window("1.5") == NumberLiteral(1.5)


def test_precedence_and_calls() -> None:
    assert window("1m + 2 * step()") == DurationBinary(
        "+",
        NumberLiteral(60.0, is_duration=True),
        DurationBinary("*", NumberLiteral(2.0), DurationCall("step")),
    )
    assert window("-step() + 1h") == DurationBinary(
        "+", DurationUnary("-", DurationCall("step")), NumberLiteral(3600.0, is_duration=True)
    )
    assert window("max_of(range(), 1)") == DurationCall("max_of", (DurationCall("range"), NumberLiteral(1.0)))
    assert window("(5)") == DurationParen(NumberLiteral(5.0))


def test_offset_needs_parentheses_for_arithmetic() -> None:
    moved = parse("foo offset (1m + 1)")
    assert isinstance(moved, VectorSelector)
    assert isinstance(moved.timing.offset, DurationParen)
    signed = parse("foo offset -step()")
    assert isinstance(signed, VectorSelector)
    assert signed.timing.offset == DurationUnary("-", DurationCall("step"))


@pytest.mark.parametrize(
    "query", ["foo[1m +]", "foo[()]", "foo[min_of(1)]", "foo[step]", "foo[1m 2m]", "foo offset 1e20"]
)
def test_refuses(query: str) -> None:
    with pytest.raises(ParseError):
        parse(query)
