"""What can be known about an expression before it runs."""

from __future__ import annotations

from photoncloud.nightlight.core.promql.ast import (
    Call,
    Expr,
    MatrixSelector,
    NumberLiteral,
    StringLiteral,
    Subquery,
    VectorSelector,
    children,
    without_parens,
)
from photoncloud.nightlight.core.promql.functions import TIME_DEPENDENT


def is_step_invariant(expr: Expr) -> bool:
    """Whether the expression is the same at every step: every selector is pinned by `@` and no function reads the
    clock.

    `timestamp(x @ T)` is: it asks the pinned sample for its time.
    """
    match expr:
        case NumberLiteral() | StringLiteral():
            return True
        case VectorSelector():
            return expr.timing.at is not None
        case MatrixSelector():
            return expr.selector.timing.at is not None
        case Subquery():
            return expr.timing.at is not None
        case Call(function="timestamp", arguments=(argument,)):
            selector = without_parens(argument)
            return isinstance(selector, VectorSelector) and is_step_invariant(selector)
        case Call() if expr.function in TIME_DEPENDENT:
            return False
        case _:
            return all(map(is_step_invariant, children(expr)))


def metric_selectors(expr: Expr) -> list[VectorSelector]:
    """Every selector in the expression: what rules and cost estimates look at."""
    found = [expr] if isinstance(expr, VectorSelector) else []
    for child in children(expr):
        found += metric_selectors(child)
    return found
