"""The tree of a query. Nodes are immutable; equality ignores where they stood in the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from photoncloud.nightlight.core.matcher import Matcher


@dataclass(frozen=True, slots=True)
class Span:
    """A byte range `[start, end)` of the query."""

    start: int = 0
    end: int = 0


NO_SPAN = Span()


class ValueType(StrEnum):
    """What an expression gives, as messages name it."""

    SCALAR = "scalar"
    VECTOR = "instant vector"
    MATRIX = "range vector"
    STRING = "string"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything with a place in the query."""

    span: Span = field(default=NO_SPAN, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class NumberLiteral(Node):
    """A number; `is_duration` keeps how it was written, for printing."""

    value: float
    is_duration: bool = False


@dataclass(frozen=True, slots=True)
class StringLiteral(Node):
    value: str


@dataclass(frozen=True, slots=True)
class DurationUnary(Node):
    op: str
    operand: DurationExpr


@dataclass(frozen=True, slots=True)
class DurationBinary(Node):
    op: str
    left: DurationExpr
    right: DurationExpr


@dataclass(frozen=True, slots=True)
class DurationCall(Node):
    """`step()`, `range()`, `min_of(a, b)`, `max_of(a, b)`."""

    name: str
    arguments: tuple[DurationExpr, ...] = ()


@dataclass(frozen=True, slots=True)
class DurationParen(Node):
    inner: DurationExpr


DurationExpr = NumberLiteral | DurationUnary | DurationBinary | DurationCall | DurationParen


class Edge(StrEnum):
    """The two named times of `@`."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class Timing:
    """`offset` and `@` of a selector or subquery. `at` is milliseconds or an edge of the query."""

    offset: DurationExpr | None = None
    at: int | Edge | None = None


NO_TIMING = Timing()


@dataclass(frozen=True, slots=True)
class VectorSelector(Node):
    """Series by matchers; `matchers` includes the one for the name. `name` is the bare name as written."""

    name: str
    matchers: tuple[Matcher, ...]
    timing: Timing = NO_TIMING
    is_anchored: bool = False
    is_smoothed: bool = False


@dataclass(frozen=True, slots=True)
class MatrixSelector(Node):
    """A range of each series; offset and `@` stand in the selector."""

    selector: VectorSelector
    range: DurationExpr


@dataclass(frozen=True, slots=True)
class Subquery(Node):
    """An expression at every multiple of `step` within `range`; no step = the default."""

    expr: Expr
    range: DurationExpr
    step: DurationExpr | None = None
    timing: Timing = NO_TIMING


@dataclass(frozen=True, slots=True)
class Paren(Node):
    expr: Expr


@dataclass(frozen=True, slots=True)
class Unary(Node):
    op: str
    expr: Expr


class Cardinality(StrEnum):
    """How many series of each side may meet."""

    ONE_TO_ONE = "one-to-one"
    MANY_TO_ONE = "many-to-one"
    ONE_TO_MANY = "one-to-many"
    MANY_TO_MANY = "many-to-many"


@dataclass(frozen=True, slots=True)
class Matching:
    """How the series of two vectors find each other. `is_on`: `labels` are those compared, else those ignored."""

    cardinality: Cardinality = Cardinality.ONE_TO_ONE
    is_on: bool = False
    labels: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    fill_left: float | None = None
    fill_right: float | None = None


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`matching` only between two vectors."""

    op: str
    left: Expr
    right: Expr
    matching: Matching | None = None
    returns_bool: bool = False


@dataclass(frozen=True, slots=True)
class Aggregate(Node):
    op: str
    expr: Expr
    parameter: Expr | None = None
    grouping: tuple[str, ...] = ()
    is_without: bool = False


@dataclass(frozen=True, slots=True)
class Call(Node):
    function: str
    arguments: tuple[Expr, ...] = ()


Expr = (
    NumberLiteral
    | StringLiteral
    | VectorSelector
    | MatrixSelector
    | Subquery
    | Paren
    | Unary
    | Binary
    | Aggregate
    | Call
)


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside, in the order of the text."""
    match expr:
        case Paren() | Unary() | Subquery():
            return (expr.expr,)
        case Binary():
            return (expr.left, expr.right)
        case Aggregate():
            return (expr.parameter, expr.expr) if expr.parameter is not None else (expr.expr,)
        case Call():
            return expr.arguments
        case MatrixSelector():
            return (expr.selector,)
        case _:
            return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """`expr` and everything inside, parents first."""
    yield expr
    for child in children(expr):
        yield from walk(child)


def without_parens(expr: Expr) -> Expr:
    """The first expression that is not a mere parenthesis."""
    while isinstance(expr, Paren):
        expr = expr.expr
    return expr
