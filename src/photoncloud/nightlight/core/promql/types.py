"""What goes with what: the checks on a parsed tree, children first."""

from __future__ import annotations

from typing import NoReturn

from photoncloud.nightlight.core.promql.ast import (
    Aggregate,
    Binary,
    Call,
    Cardinality,
    Expr,
    Matching,
    MatrixSelector,
    NumberLiteral,
    Paren,
    StringLiteral,
    Subquery,
    Unary,
    ValueType,
    VectorSelector,
    children,
    without_parens,
)
from photoncloud.nightlight.core.promql.functions import FUNCTIONS
from photoncloud.nightlight.core.promql.token_stream import line_column
from photoncloud.nightlight.core.promql.tokens import COMPARISONS, SET_OPERATORS
from photoncloud.nightlight.errors import ParseError

ANCHORED_FUNCTIONS = frozenset(("changes", "delta", "increase", "rate", "resets"))
SMOOTHED_FUNCTIONS = frozenset(("delta", "increase", "rate"))
EXPERIMENTAL_AGGREGATORS = frozenset(("limitk", "limit_ratio"))


def value_type(expr: Expr) -> ValueType:
    """The type of a checked expression."""
    match expr:
        case NumberLiteral():
            return ValueType.SCALAR
        case StringLiteral():
            return ValueType.STRING
        case MatrixSelector() | Subquery():
            return ValueType.MATRIX
        case Paren() | Unary():
            return value_type(expr.expr)
        case Call():
            return FUNCTIONS[expr.function].returns
        case Binary():
            sides = {value_type(expr.left), value_type(expr.right)}
            return ValueType.SCALAR if sides == {ValueType.SCALAR} else ValueType.VECTOR
        case _:
            return ValueType.VECTOR


def check(expr: Expr, query: str, *, is_experimental: bool) -> None:
    """Raises `ParseError` at the first expression that does not fit."""
    _Checker(query, is_experimental).visit(expr)


class _Checker:
    def __init__(self, query: str, is_experimental: bool) -> None:
        self._query = query
        self._is_experimental = is_experimental

    def visit(self, expr: Expr) -> None:
        for place, child in enumerate(children(expr)):
            is_info_choice = isinstance(expr, Call) and expr.function == "info" and place == 1
            if not (is_info_choice and isinstance(without_parens(child), VectorSelector)):
                self.visit(child)
        match expr:
            case VectorSelector():
                self._selector(expr)
            case Aggregate():
                self._aggregate(expr)
            case Binary():
                self._binary(expr)
            case Call():
                self._call(expr)
            case Unary():
                self._unary(expr)
            case Subquery():
                self._subquery(expr)
            case _:
                pass

    def _fail(self, text: str, expr: Expr) -> NoReturn:
        raise ParseError(text, line_column(self._query, expr.span.start))

    def _expect(self, expr: Expr, wanted: ValueType, context: str) -> None:
        got = value_type(expr)
        if got is not wanted:
            self._fail(f"expected type {wanted} in {context}, got {got}", expr)

    def _selector(self, expr: VectorSelector) -> None:
        """Something must narrow it down; the labels that `info` is asked for need not."""
        if all(matcher.matches_empty for matcher in expr.matchers):
            self._fail("vector selector must contain at least one non-empty matcher", expr)

    def _aggregate(self, expr: Aggregate) -> None:
        if expr.op in EXPERIMENTAL_AGGREGATORS and not self._is_experimental:
            self._fail(f"{expr.op}() is experimental and must be enabled", expr)
        self._expect(expr.expr, ValueType.VECTOR, "aggregation expression")
        if expr.parameter is not None:
            wanted = ValueType.STRING if expr.op == "count_values" else ValueType.SCALAR
            self._expect(expr.parameter, wanted, "aggregation parameter")

    def _binary(self, expr: Binary) -> None:
        left, right = value_type(expr.left), value_type(expr.right)
        matching = expr.matching
        if expr.returns_bool and expr.op not in COMPARISONS:
            self._fail("bool modifier can only be used on comparison operators", expr)
        are_scalars = left is ValueType.SCALAR and right is ValueType.SCALAR
        if expr.op in COMPARISONS and not expr.returns_bool and are_scalars:
            self._fail("comparisons between scalars must use BOOL modifier", expr)
        if expr.op in SET_OPERATORS and matching and matching.cardinality in _ONE_SIDED:
            self._fail(f'no grouping allowed for "{expr.op}" operation', expr)
        if expr.op in SET_OPERATORS and matching and has_fill(matching):
            self._fail("filling in missing series not allowed for set operators", expr)
        if matching and matching.is_on:
            for name in matching.labels:
                if name in matching.include:
                    self._fail(f'label "{name}" must not occur in ON and GROUP clause at once', expr)
        for side, kind in ((expr.left, left), (expr.right, right)):
            if kind not in (ValueType.SCALAR, ValueType.VECTOR):
                self._fail("binary expression must contain only scalar and instant vector types", side)
        if left is ValueType.VECTOR and right is ValueType.VECTOR:
            return
        if matching and (matching.labels or matching.is_on or matching.cardinality in _ONE_SIDED):
            self._fail("vector matching only allowed between instant vectors", expr)
        if matching and has_fill(matching):
            self._fail("filling in missing series only allowed between instant vectors", expr)
        if expr.op in SET_OPERATORS:
            self._fail(f'set operator "{expr.op}" not allowed in binary scalar expression', expr)

    def _call(self, expr: Call) -> None:
        signature = FUNCTIONS[expr.function]
        if signature.is_experimental and not self._is_experimental:
            self._fail(f'function "{expr.function}" is not enabled', expr)
        count, least, most = len(expr.arguments), signature.least, signature.most
        if signature.variadic == 0 and count != least:
            self._fail(f'expected {least} argument(s) in call to "{expr.function}", got {count}', expr)
        if count < least:
            self._fail(f'expected at least {least} argument(s) in call to "{expr.function}", got {count}', expr)
        if most is not None and count > most:
            self._fail(f'expected at most {most} argument(s) in call to "{expr.function}", got {count}', expr)
        for index, argument in enumerate(expr.arguments):
            self._expect(argument, signature.argument_type(index), f'call to function "{expr.function}"')
            self._edges(expr.function, argument)
        if expr.function == "info" and count == 2:
            selector = without_parens(expr.arguments[1])
            if not isinstance(selector, VectorSelector):
                self._fail(
                    'expected label selectors as the second argument to "info" function, got expression', selector
                )

    def _edges(self, function: str, argument: Expr) -> None:
        inner = without_parens(argument)
        if not isinstance(inner, MatrixSelector):
            return
        for word, is_set, allowed in (
            ("anchored", inner.selector.is_anchored, ANCHORED_FUNCTIONS),
            ("smoothed", inner.selector.is_smoothed, SMOOTHED_FUNCTIONS),
        ):
            if is_set and function not in allowed:
                names = ", ".join(sorted(allowed))
                self._fail(f"{word} modifier can only be used with: {names} - not with {function}", argument)

    def _unary(self, expr: Unary) -> None:
        got = value_type(expr.expr)
        if got not in (ValueType.SCALAR, ValueType.VECTOR):
            self._fail(
                f'unary expression only allowed on expressions of type scalar or instant vector, got "{got}"', expr
            )

    def _subquery(self, expr: Subquery) -> None:
        got = value_type(expr.expr)
        if got is not ValueType.VECTOR:
            self._fail(f"subquery is only allowed on instant vector, got {got} instead", expr)


def has_fill(matching: Matching) -> bool:
    return matching.fill_left is not None or matching.fill_right is not None


_ONE_SIDED = (Cardinality.MANY_TO_ONE, Cardinality.ONE_TO_MANY)
