"""Label matchers: the conditions of a selector."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from photoncloud.nightlight.core.labels import Labels, quoted_name
from photoncloud.nightlight.core.pattern import Pattern
from photoncloud.nightlight.core.quoting import quote


class MatchOp(StrEnum):
    """How a matcher compares."""

    EQUAL = "="
    NOT_EQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"

    @property
    def is_regex(self) -> bool:
        return self in (MatchOp.REGEX, MatchOp.NOT_REGEX)

    @property
    def is_negative(self) -> bool:
        return self in (MatchOp.NOT_EQUAL, MatchOp.NOT_REGEX)


@dataclass(frozen=True, slots=True)
class Matcher:
    """`name op value`; a label that is absent has the empty value. Raises `InvalidPattern` when built."""

    name: str
    op: MatchOp
    value: str
    pattern: Pattern | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", Pattern(self.value) if self.op.is_regex else None)

    def matches(self, value: str) -> bool:
        found = self.pattern.matches(value) if self.pattern else value == self.value
        return found != self.op.is_negative

    @property
    def matches_empty(self) -> bool:
        return self.matches("")

    def __str__(self) -> str:
        return f"{quoted_name(self.name)}{self.op}{quote(self.value)}"


def matches_all(matchers: Iterable[Matcher], labels: Labels) -> bool:
    """Whether a series satisfies every matcher."""
    return all(matcher.matches(labels.get(matcher.name)) for matcher in matchers)
