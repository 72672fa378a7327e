"""`format_query`: a query over several lines where one would be too long. Comments are gone: they are no part of the
tree."""

from __future__ import annotations

from photoncloud.nightlight.core.promql.ast import (
    Aggregate,
    Binary,
    Call,
    Expr,
    Paren,
    Subquery,
    Unary,
)
from photoncloud.nightlight.core.promql.printer import aggregation_head, operator_text, subquery_tail, to_text

LINE_CHARACTERS_MAX = 100
"""A node whose text is longer is broken over lines."""
INDENT = "  "


def prettified(expr: Expr, level: int = 0) -> str:
    """The tree as text, nodes longer than a line broken and indented."""
    margin = INDENT * level
    text = to_text(expr)
    if len(text) <= LINE_CHARACTERS_MAX:
        return margin + text
    match expr:
        case Binary():
            left, right = prettified(expr.left, level + 1), prettified(expr.right, level + 1)
            return f"{left}\n{margin}{operator_text(expr)}\n{right}"
        case Aggregate():
            parts = (expr.parameter, expr.expr) if expr.parameter is not None else (expr.expr,)
            return f"{margin}{aggregation_head(expr)}{_enclosed(parts, level)}"
        case Call(arguments=arguments) if arguments:
            return f"{margin}{expr.function}{_enclosed(arguments, level)}"
        case Paren():
            return f"{margin}{_enclosed((expr.expr,), level)}"
        case Unary():
            return f"{margin}{expr.op}{prettified(expr.expr, level).strip()}"
        case Subquery():
            return prettified(expr.expr, level) + subquery_tail(expr)
        case _:
            return margin + text


def _enclosed(parts: tuple[Expr, ...], level: int) -> str:
    """Expressions in parentheses, one a line."""
    inner = ",\n".join(prettified(part, level + 1) for part in parts)
    return f"(\n{inner}\n{INDENT * level})"
