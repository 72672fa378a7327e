"""What binds to a selector."""

from __future__ import annotations

from photoncloud.nightlight.core.matcher import Matcher, MatchOp
from photoncloud.nightlight.core.promql.ast import (
    NO_TIMING,
    Edge,
    MatrixSelector,
    NumberLiteral,
    Subquery,
    Timing,
    VectorSelector,
)
from photoncloud.nightlight.core.promql.parser import parse
from photoncloud.nightlight.core.promql.selector_parser import with_timing


def test_names_are_matchers() -> None:
    expr = parse('{"a.b",c!="d",}')
    assert isinstance(expr, VectorSelector)
    assert expr.name == "a.b"
    assert set(expr.matchers) == {
        Matcher("__name__", MatchOp.EQUAL, "a.b"),
        Matcher("c", MatchOp.NOT_EQUAL, "d"),
    }


def test_timing_in_either_order() -> None:
    timing = Timing(NumberLiteral(60.0, is_duration=True), 1500)
    for query in ("m offset 1m @ 1.5", "m @ 1.5 offset 1m"):
        expr = parse(query)
        assert isinstance(expr, VectorSelector)
        assert expr.timing == timing
    edge = parse("m[5m] @ start()")
    assert isinstance(edge, MatrixSelector)
    assert edge.selector.timing.at is Edge.START


def test_subqueries_of_any_vector() -> None:
    expr = parse("abs(m)[1h:] offset 1d")
    assert isinstance(expr, Subquery)
    assert expr.step is None
    assert expr.timing.offset == NumberLiteral(86_400.0, is_duration=True)


def test_edges() -> None:
    expr = parse("m[5m] smoothed offset 1m")
    assert isinstance(expr, MatrixSelector)
    assert expr.selector.is_smoothed
    assert expr.selector.timing.offset is not None


def test_with_timing() -> None:
    expr = parse("m[5m] @ 5")
    moved = with_timing(expr, NO_TIMING)
    assert moved == parse("m[5m]")
