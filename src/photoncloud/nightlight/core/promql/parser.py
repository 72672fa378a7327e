"""From text to tree: precedence climbing over the tokens. The first error ends it."""

from __future__ import annotations

from dataclasses import replace

from photoncloud.nightlight.core.labels import is_valid_name
from photoncloud.nightlight.core.promql.ast import (
    Aggregate,
    Binary,
    Call,
    Cardinality,
    Expr,
    Matching,
    NumberLiteral,
    Paren,
    StringLiteral,
    Unary,
)
from photoncloud.nightlight.core.promql.duration_parser import literal
from photoncloud.nightlight.core.promql.functions import CALLS_THAT_ARE_KEYWORDS, FUNCTIONS
from photoncloud.nightlight.core.promql.lexer import number_value
from photoncloud.nightlight.core.promql.selector_parser import vector_selector, with_postfixes
from photoncloud.nightlight.core.promql.token_stream import LABEL_KINDS, TokenStream
from photoncloud.nightlight.core.promql.tokens import (
    FILLS,
    NOT_METRIC_NAMES,
    PARAMETRIC_AGGREGATORS,
    PRECEDENCE,
    SET_OPERATORS,
    UNARY_PRECEDENCE,
    WORD_OPERATORS,
    Kind,
)
from photoncloud.nightlight.core.promql.types import check
from photoncloud.nightlight.core.quoting import quote
from photoncloud.nightlight.errors import ParseError

QUERY_MAX_BYTES = 128 << 10
"""A longer text is no query a person or a dashboard writes."""
DEPTH_MAX = 512
"""Nesting the parser and everything that walks the tree can take without exhausting the stack."""


def parse(query: str, *, is_experimental: bool = True) -> Expr:
    """The checked tree of `query`. Raises `ParseError`."""
    if len(query.encode("utf-8", "surrogateescape")) > QUERY_MAX_BYTES:
        raise ParseError("expression too deeply nested", "1:1")
    try:
        expr = _Parser(query).whole()
        check(expr, query, is_experimental=is_experimental)
    except RecursionError as error:
        # The process allows less depth than we do; the answer is the same as beyond DEPTH_MAX.
        raise ParseError("expression too deeply nested", "1:1") from error
    return expr


class _Parser:
    def __init__(self, query: str) -> None:
        self._stream = TokenStream(query)
        self._depth = 0

    def whole(self) -> Expr:
        first = self._stream.current
        if first.kind is Kind.EOF:
            raise ParseError("no expression found in input", "unknown position")
        expr = self.expression(0)
        rest = self._stream.current
        if rest.kind is not Kind.EOF:
            raise self._stream.unexpected()
        return expr

    def expression(self, least: int) -> Expr:
        """As far as binary operators of at least precedence `least` reach."""
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise self._stream.failure("expression too deeply nested", self._stream.start)
        start = self._stream.start
        left = self._unary()
        height = 0
        while (op := self._operator()) and PRECEDENCE[op] >= least:
            self._stream.take()
            returns_bool, matching = self._modifiers()
            right = self.expression(PRECEDENCE[op] if op == "^" else PRECEDENCE[op] + 1)
            height += 1
            if height > DEPTH_MAX:
                raise self._stream.failure("expression too deeply nested", self._stream.start)
            if op in SET_OPERATORS and matching.cardinality is Cardinality.ONE_TO_ONE:
                matching = replace(matching, cardinality=Cardinality.MANY_TO_MANY)
            left = Binary(op, left, right, matching, returns_bool, span=self._stream.span_from(start))
        self._depth -= 1
        return left

    def _operator(self) -> str:
        token = self._stream.current
        return token.value if token.kind is Kind.OPERATOR and token.value in PRECEDENCE else ""

    def _modifiers(self) -> tuple[bool, Matching]:
        """`bool`, `on`/`ignoring`, `group_left`/`group_right`, `fill*` behind a binary operator."""
        stream = self._stream
        returns_bool = stream.is_word("bool")
        if returns_bool:
            stream.take()
        matching = Matching()
        if stream.is_word("on", "ignoring"):
            is_on = stream.take().value == "on"
            matching = Matching(is_on=is_on, labels=self._label_list())
            if stream.is_word("group_left", "group_right"):
                side = stream.take().value
                cardinality = Cardinality.MANY_TO_ONE if side == "group_left" else Cardinality.ONE_TO_MANY
                include = self._label_list() if stream.is_punctuation("(") else ()
                matching = replace(matching, cardinality=cardinality, include=include)
        while stream.current.kind is Kind.KEYWORD and stream.current.value in FILLS:
            matching = self._fill(matching)
        return returns_bool, matching

    def _fill(self, matching: Matching) -> Matching:
        stream = self._stream
        side = stream.take().value
        stream.expect("(", "fill modifier")
        sign = 1.0
        if stream.is_word("+", "-"):
            sign = -1.0 if stream.take().text == "-" else 1.0
        if stream.current.kind is not Kind.NUMBER:
            raise stream.unexpected("fill modifier", "number")
        value = sign * number_value(stream.take().text)
        stream.expect(")", "fill modifier")
        if side == "fill":
            return replace(matching, fill_left=value, fill_right=value)
        return replace(matching, fill_left=value) if side == "fill_left" else replace(matching, fill_right=value)

    def _label_list(self) -> tuple[str, ...]:
        """The names in parentheses; a trailing comma is allowed."""
        stream = self._stream
        stream.expect("(", "grouping opts")
        names: list[str] = []
        while not stream.accept(")"):
            names.append(self._label_name())
            if not stream.is_punctuation(")") and not stream.accept(","):
                raise stream.unexpected("grouping opts", '"," or ")"')
        return tuple(names)

    def _label_name(self) -> str:
        stream = self._stream
        token, start = stream.current, stream.start
        if token.kind is Kind.STRING:
            stream.take()
            if not is_valid_name(token.value):
                raise stream.failure(f"invalid label name for grouping: {quote(token.value)}", start)
            return token.value
        is_word = token.kind in LABEL_KINDS or (token.kind is Kind.OPERATOR and token.value in WORD_OPERATORS)
        is_number_word = token.kind is Kind.NUMBER and token.text.lower() in ("inf", "nan")
        if not (is_word or is_number_word):
            raise stream.unexpected("grouping opts", "label")
        stream.take()
        return token.text

    def _unary(self) -> Expr:
        if not self._stream.is_word("+", "-"):
            return self._primary()
        start = self._stream.start
        op = self._stream.take().text
        operand = self.expression(UNARY_PRECEDENCE + 1)
        span = self._stream.span_from(start)
        if isinstance(operand, NumberLiteral):
            return replace(operand, value=-operand.value if op == "-" else operand.value, span=span)
        return Unary(op, operand, span=span)

    def _primary(self) -> Expr:
        stream = self._stream
        return with_postfixes(stream, self._bare())

    def _bare(self) -> Expr:
        """An expression without what may follow it."""
        stream = self._stream
        token, start = stream.current, stream.start
        match token.kind:
            case Kind.NUMBER | Kind.DURATION:
                stream.take()
                return literal(stream, start, token.kind, token.text)
            case Kind.STRING:
                stream.take()
                return StringLiteral(token.value, span=stream.span_from(start))
            case Kind.PUNCTUATION if token.text == "(":
                stream.take()
                inner = self.expression(0)
                stream.expect(")", "", "")
                return Paren(inner, span=stream.span_from(start))
            case Kind.PUNCTUATION if token.text == "{":
                return vector_selector(stream)
            case Kind.METRIC:
                return vector_selector(stream)
            case Kind.AGGREGATOR:
                return self._aggregate() if self._opens_aggregation() else vector_selector(stream)
            case Kind.IDENTIFIER:
                return self._call() if self._is_before_parenthesis() else vector_selector(stream)
            case Kind.KEYWORD if token.value in CALLS_THAT_ARE_KEYWORDS and self._is_before_parenthesis():
                return self._call()
            case Kind.KEYWORD | Kind.OPERATOR if token.value in WORD_METRICS:
                return vector_selector(stream)
            case _:
                raise stream.unexpected()

    def _is_before_parenthesis(self) -> bool:
        following = self._stream.following
        return following.kind is Kind.PUNCTUATION and following.text == "("

    def _opens_aggregation(self) -> bool:
        following = self._stream.following
        return self._is_before_parenthesis() or (
            following.kind is Kind.KEYWORD and following.value in ("by", "without")
        )

    def _aggregate(self) -> Expr:
        stream = self._stream
        start = stream.start
        op = stream.take().value
        grouping: tuple[bool, tuple[str, ...]] | None = None
        if stream.is_word("by", "without"):
            grouping = self._grouping()
        if not stream.is_punctuation("("):
            raise stream.unexpected("aggregation")
        arguments = self._arguments(start)
        if grouping is None and stream.is_word("by", "without"):
            grouping = self._grouping()
        is_without, labels = grouping or (False, ())
        wanted = 2 if op in PARAMETRIC_AGGREGATORS else 1
        if not arguments:
            raise stream.failure("no arguments for aggregate expression provided", start)
        if len(arguments) != wanted:
            text = "wrong number of arguments for aggregate expression provided, expected"
            raise stream.failure(f"{text} {wanted}, got {len(arguments)}", start)
        parameter = arguments[0] if wanted == 2 else None
        return Aggregate(op, arguments[-1], parameter, labels, is_without, span=stream.span_from(start))

    def _grouping(self) -> tuple[bool, tuple[str, ...]]:
        is_without = self._stream.take().value == "without"
        return is_without, self._label_list()

    def _call(self) -> Expr:
        stream = self._stream
        start = stream.start
        token = stream.take()
        name = token.value if token.kind is Kind.KEYWORD else token.text
        if name not in FUNCTIONS:
            raise stream.failure(f'unknown function with name "{name}"', start)
        arguments = self._arguments(start)
        return Call(name, tuple(arguments), span=stream.span_from(start))

    def _arguments(self, start: int) -> list[Expr]:
        stream = self._stream
        stream.take()
        arguments: list[Expr] = []
        while not stream.accept(")"):
            arguments.append(self.expression(0))
            if stream.is_punctuation(","):
                comma = stream.start
                stream.take()
                if stream.is_punctuation(")"):
                    raise stream.failure("trailing commas not allowed in function call args", comma)
            elif not stream.is_punctuation(")"):
                raise stream.unexpected()
        return arguments


WORD_METRICS = frozenset(
    [
        "and",
        "or",
        "unless",
        "offset",
        "by",
        "without",
        "smoothed",
        "anchored",
        "fill",
        "fill_left",
        "fill_right",
        "start",
        "end",
        "step",
        "range",
        "max_of",
        "min_of",
    ]
) - frozenset(NOT_METRIC_NAMES)
"""Words of the language that are metric names where an expression begins."""
