"""The canonical text of a tree: `parse(to_text(expr)) == expr`."""

from __future__ import annotations

from photoncloud.nightlight.core.duration import format_duration
from photoncloud.nightlight.core.labels import METRIC_NAME, is_legacy_metric_name, quoted_name
from photoncloud.nightlight.core.promql.ast import (
    Aggregate,
    Binary,
    Call,
    Cardinality,
    DurationBinary,
    DurationCall,
    DurationExpr,
    DurationParen,
    DurationUnary,
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
    VectorSelector,
)
from photoncloud.nightlight.core.promql.tokens import NOT_METRIC_NAMES
from photoncloud.nightlight.core.quoting import quote
from photoncloud.nightlight.core.sample import plain_text


def to_text(expr: Expr) -> str:
    """One line of PromQL that parses to the same tree."""
    match expr:
        case NumberLiteral():
            return number_text(expr)
        case StringLiteral():
            return quote(expr.value)
        case Paren():
            return f"({to_text(expr.expr)})"
        case Unary():
            return expr.op + to_text(expr.expr)
        case Binary():
            return f"{to_text(expr.left)} {operator_text(expr)} {to_text(expr.right)}"
        case Aggregate():
            arguments = [to_text(expr.parameter)] if expr.parameter is not None else []
            return f"{aggregation_head(expr)}({', '.join([*arguments, to_text(expr.expr)])})"
        case Call():
            return f"{expr.function}({', '.join(map(to_text, expr.arguments))})"
        case VectorSelector():
            return selector_text(expr) + edge_text(expr) + timing_text(expr.timing)
        case MatrixSelector():
            window = f"[{duration_text(expr.range)}]"
            return selector_text(expr.selector) + window + edge_text(expr.selector) + timing_text(expr.selector.timing)
        case Subquery():
            return to_text(expr.expr) + subquery_tail(expr)


def number_text(literal: NumberLiteral) -> str:
    """Plain decimal, or a duration where it was written as one."""
    if literal.is_duration:
        return format_duration(round(literal.value * 1000))
    return plain_text(literal.value)


def operator_text(expr: Binary) -> str:
    """The operator with its modifiers: `== bool on (a) group_left (b)`."""
    text = expr.op + (" bool" if expr.returns_bool else "")
    return text + matching_text(expr.matching) if expr.matching else text


def matching_text(matching: Matching) -> str:
    text = ""
    if matching.labels or matching.is_on or matching.cardinality in (Cardinality.MANY_TO_ONE, Cardinality.ONE_TO_MANY):
        text += f" {'on' if matching.is_on else 'ignoring'} ({_names(matching.labels)})"
    if matching.cardinality is Cardinality.MANY_TO_ONE:
        text += f" group_left ({_names(matching.include)})"
    elif matching.cardinality is Cardinality.ONE_TO_MANY:
        text += f" group_right ({_names(matching.include)})"
    left, right = matching.fill_left, matching.fill_right
    if left is not None and right is not None and plain_text(left) == plain_text(right):
        return f"{text} fill ({plain_text(left)})"
    text += f" fill_left ({plain_text(left)})" if left is not None else ""
    text += f" fill_right ({plain_text(right)})" if right is not None else ""
    return text


def aggregation_head(expr: Aggregate) -> str:
    if expr.is_without:
        return f"{expr.op} without ({_names(expr.grouping)}) "
    return f"{expr.op} by ({_names(expr.grouping)}) " if expr.grouping else expr.op


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(map(quoted_name, names))


def selector_text(selector: VectorSelector) -> str:
    """Name and matchers, in the order of the tree (sorted by text)."""
    name = selector.name
    own = {METRIC_NAME} if name else set()
    rest = [m for m in selector.matchers if not (m.name in own and m.op == "=" and m.value == name)]
    texts = list(map(str, rest))
    if name and (not is_legacy_metric_name(name) or name.lower() in NOT_METRIC_NAMES):
        texts.insert(0, quote(name))
        name = ""
    return name + ("{" + ",".join(texts) + "}" if texts or not name else "")


def edge_text(selector: VectorSelector) -> str:
    return " anchored" if selector.is_anchored else " smoothed" if selector.is_smoothed else ""


def timing_text(timing: Timing) -> str:
    text = ""
    if isinstance(timing.at, Edge):
        text += f" @ {timing.at}()"
    elif timing.at is not None:
        sign = "-" if timing.at < 0 else ""
        text += f" @ {sign}{abs(timing.at) // 1000}.{abs(timing.at) % 1000:03d}"
    if timing.offset is not None:
        text += f" offset {duration_text(timing.offset)}"
    return text


def subquery_tail(expr: Subquery) -> str:
    step = duration_text(expr.step) if expr.step is not None else ""
    return f"[{duration_text(expr.range)}:{step}]{timing_text(expr.timing)}"


def duration_text(duration: DurationExpr) -> str:
    match duration:
        case NumberLiteral():
            return number_text(duration)
        case DurationUnary():
            return duration.op + duration_text(duration.operand)
        case DurationBinary():
            return f"{duration_text(duration.left)} {duration.op} {duration_text(duration.right)}"
        case DurationCall():
            return f"{duration.name}({', '.join(map(duration_text, duration.arguments))})"
        case DurationParen():
            return f"({duration_text(duration.inner)})"
