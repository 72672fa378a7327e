"""`parse_query`: the tree as JSON values, in the shape of Prometheus' API."""

from __future__ import annotations

from typing import Any

from photoncloud.nightlight.core.engine.durations import offset_ms, range_ms
from photoncloud.nightlight.core.engine.steps import Steps
from photoncloud.nightlight.core.promql.ast import (
    Aggregate,
    Binary,
    Call,
    DurationExpr,
    Edge,
    Expr,
    Matching,
    MatrixSelector,
    NumberLiteral,
    Paren,
    StringLiteral,
    Subquery,
    Timing,
    Unary,
    ValueType,
    VectorSelector,
)
from photoncloud.nightlight.core.promql.functions import FUNCTIONS
from photoncloud.nightlight.core.sample import plain_text
from photoncloud.nightlight.errors import QueryError

TYPE_NAMES = {
    ValueType.SCALAR: "scalar",
    ValueType.VECTOR: "vector",
    ValueType.MATRIX: "matrix",
    ValueType.STRING: "string",
}
NO_QUERY = Steps.instant(0)


def to_json(expr: Expr) -> dict[str, Any]:
    """Nested dictionaries, one a node, each with its `type`. Durations are milliseconds; computed ones that depend on
    the query are 0."""
    match expr:
        case NumberLiteral():
            return {"type": "numberLiteral", "val": plain_text(expr.value)}
        case StringLiteral():
            return {"type": "stringLiteral", "val": expr.value}
        case Paren():
            return {"type": "parenExpr", "expr": to_json(expr.expr)}
        case Unary():
            return {"type": "unaryExpr", "op": expr.op, "expr": to_json(expr.expr)}
        case VectorSelector():
            return {"type": "vectorSelector", **_selector(expr), **_timing(expr.timing)}
        case MatrixSelector():
            own = {**_selector(expr.selector), "range": _duration(expr.range), **_timing(expr.selector.timing)}
            return {"type": "matrixSelector", **own}
        case Subquery():
            own = {"range": _duration(expr.range), "step": _duration(expr.step), **_timing(expr.timing)}
            return {"type": "subquery", "expr": to_json(expr.expr), **own}
        case Binary():
            return _binary(expr)
        case Aggregate():
            return _aggregate(expr)
        case Call():
            return _call(expr)


def _binary(expr: Binary) -> dict[str, Any]:
    return {
        "type": "binaryExpr",
        "op": expr.op,
        "lhs": to_json(expr.left),
        "rhs": to_json(expr.right),
        "matching": _matching(expr.matching) if expr.matching else None,
        "bool": expr.returns_bool,
    }


def _matching(matching: Matching) -> dict[str, Any]:
    return {
        "card": matching.cardinality.value,
        "labels": list(matching.labels),
        "on": matching.is_on,
        "include": list(matching.include),
    }


def _aggregate(expr: Aggregate) -> dict[str, Any]:
    return {
        "type": "aggregation",
        "op": expr.op,
        "expr": to_json(expr.expr),
        "param": to_json(expr.parameter) if expr.parameter is not None else None,
        "grouping": list(expr.grouping),
        "without": expr.is_without,
    }


def _call(expr: Call) -> dict[str, Any]:
    signature = FUNCTIONS[expr.function]
    function = {
        "name": signature.name,
        "argTypes": [TYPE_NAMES[own] for own in signature.arguments],
        "variadic": signature.variadic,
        "returnType": TYPE_NAMES[signature.returns],
    }
    return {"type": "call", "func": function, "args": [to_json(argument) for argument in expr.arguments]}


def _selector(selector: VectorSelector) -> dict[str, Any]:
    matchers = [{"name": own.name, "value": own.value, "type": own.op.value} for own in selector.matchers]
    return {"name": selector.name, "matchers": matchers}


def _timing(timing: Timing) -> dict[str, Any]:
    is_edge = isinstance(timing.at, Edge)
    return {
        "offset": _offset(timing.offset),
        "timestamp": None if is_edge else timing.at,
        "startOrEnd": timing.at.value if isinstance(timing.at, Edge) else None,
    }


def _duration(duration: DurationExpr | None) -> int:
    try:
        return 0 if duration is None else range_ms(duration, NO_QUERY)
    except QueryError:
        return 0


def _offset(duration: DurationExpr | None) -> int:
    try:
        return offset_ms(duration, NO_QUERY)
    except QueryError:
        return 0
