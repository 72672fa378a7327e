"""The words of PromQL."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a token is; operators and keywords have the text as `Token.text` in lower case."""

    EOF = "end of input"
    IDENTIFIER = "identifier"
    METRIC = "metric identifier"
    NUMBER = "number"
    DURATION = "duration"
    STRING = "string"
    KEYWORD = "keyword"
    AGGREGATOR = "aggregator"
    OPERATOR = "operator"
    PUNCTUATION = "punctuation"


AGGREGATORS = frozenset(
    [
        "sum",
        "avg",
        "count",
        "min",
        "max",
        "group",
        "stddev",
        "stdvar",
        "topk",
        "bottomk",
        "count_values",
        "quantile",
        "limitk",
        "limit_ratio",
    ]
)
PARAMETRIC_AGGREGATORS = frozenset(["topk", "bottomk", "count_values", "quantile", "limitk", "limit_ratio"])
SET_OPERATORS = frozenset(("and", "or", "unless"))
COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">="))
TRIMS = frozenset(("</", ">/"))
"""Native histogram trimming."""
WORD_OPERATORS = frozenset(("and", "or", "unless", "atan2"))
DURATION_CALLS = frozenset(("step", "range", "min_of", "max_of"))
KEYWORDS = frozenset(
    [
        "offset",
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "bool",
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
)
FILLS = frozenset(("fill", "fill_left", "fill_right"))
NOT_METRIC_NAMES = frozenset(["bool", "on", "ignoring", "group_left", "group_right", "inf", "nan", "atan2"])
"""Words that cannot name a metric; every other keyword can."""

PRECEDENCE = {
    "or": 1,
    "and": 2,
    "unless": 2,
    **dict.fromkeys(COMPARISONS | TRIMS, 3),
    "+": 4,
    "-": 4,
    **dict.fromkeys(("*", "/", "%", "atan2"), 5),
    "^": 6,
}
"""Binary operators by binding strength; `^` alone binds to the right."""
UNARY_PRECEDENCE = 5


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the query, `[start, end)` in characters. `text` is as written, `value` what it means."""

    kind: Kind
    text: str
    start: int
    end: int
    value: str = ""

    def describe(self) -> str:
        """How messages call the token."""
        match self.kind:
            case Kind.EOF:
                return "end of input"
            case Kind.IDENTIFIER | Kind.METRIC | Kind.NUMBER | Kind.DURATION:
                return f'{self.kind} "{self.text}"'
            case Kind.STRING:
                return f"string {self.text}"
            case Kind.AGGREGATOR:
                return f"<aggr:{self.value}>"
            case Kind.KEYWORD:
                return f"<{self.value}>"
            case Kind.OPERATOR:
                return f"<op:{self.value}>"
            case _:
                return f'"{self.text}"'
