"""Which series match: label pairs to sorted series ids, and matchers to set operations over them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.core.matcher import Matcher, MatchOp

Ids = NDArray[np.uint32]
NONE: Ids = np.empty(0, np.uint32)
GROWTH = 2
"""A list that is full doubles, so adding a series costs constant time on average."""


class IdList:
    """Sorted ids that only grow: ids come in rising order."""

    __slots__ = ("_count", "_ids")

    def __init__(self) -> None:
        self._ids: Ids = np.empty(4, np.uint32)
        self._count = 0

    def append(self, number: int) -> None:
        """Add an id above all present. Raises ValueError when it is not."""
        if self._count and number <= self._ids[self._count - 1]:
            raise ValueError(f"id {number} is not above {self._ids[self._count - 1]}")
        if self._count == len(self._ids):
            self._ids = np.concatenate([self._ids, np.empty(len(self._ids) * (GROWTH - 1), np.uint32)])
        self._ids[self._count] = number
        self._count += 1

    @property
    def ids(self) -> Ids:
        return self._ids[: self._count]


class Postings:
    """The index of the head: series are added with rising ids and never removed."""

    def __init__(self) -> None:
        self._all = IdList()
        self._by_name: dict[str, dict[str, IdList]] = {}

    def add(self, number: int, labels: Labels) -> None:
        self._all.append(number)
        for name, value in labels:
            self._by_name.setdefault(name, {}).setdefault(value, IdList()).append(number)

    def names(self) -> list[str]:
        return sorted(self._by_name)

    def values(self, name: str) -> list[str]:
        return sorted(self._by_name.get(name, ()))

    def select(self, matchers: Sequence[Matcher]) -> Ids:
        """Ids of the series that satisfy every matcher, sorted. No matcher = all series.

        Matchers that cannot match an absent label are intersected, the narrowest first; the others take away the series
        that carry a value they refuse.
        """
        wanted: list[Ids] = []
        unwanted: list[Ids] = []
        for matcher in matchers:
            values = self._by_name.get(matcher.name, {})
            if matcher.matches_empty:
                unwanted += [values[value].ids for value in self._refused(matcher, values)]
            else:
                wanted.append(union([values[value].ids for value in self._accepted(matcher, values)]))
        found = intersection(wanted) if wanted else self._all.ids
        return without(found, union(unwanted))

    @staticmethod
    def _accepted(matcher: Matcher, values: dict[str, IdList]) -> Iterable[str]:
        finite = _finite_values(matcher)
        if finite is not None:
            return [value for value in finite if value in values]
        return [value for value in values if matcher.matches(value)]

    @staticmethod
    def _refused(matcher: Matcher, values: dict[str, IdList]) -> Iterable[str]:
        if matcher.op is MatchOp.NOT_EQUAL:
            return [matcher.value] if matcher.value in values else []
        return [value for value in values if not matcher.matches(value)]


def _finite_values(matcher: Matcher) -> frozenset[str] | None:
    """The values a matcher accepts where they are a short list, so that no table is walked."""
    if matcher.op is MatchOp.EQUAL:
        return frozenset((matcher.value,))
    if matcher.op is MatchOp.REGEX and matcher.pattern is not None:
        return matcher.pattern.literals
    return None


def union(lists: Sequence[Ids]) -> Ids:
    """Ids in any of the sorted lists."""
    if len(lists) < 2:
        return lists[0] if lists else NONE
    return np.unique(np.concatenate(lists))


def intersection(lists: Sequence[Ids]) -> Ids:
    """Ids in all of one or more sorted lists."""
    shortest, *others = sorted(lists, key=len)
    for other in others:
        shortest = shortest[_is_in(shortest, other)]
    return shortest


def without(ids: Ids, taken: Ids) -> Ids:
    """Ids that are not in `taken`; both sorted."""
    return ids[~_is_in(ids, taken)] if len(taken) else ids


def _is_in(ids: Ids, other: Ids) -> NDArray[np.bool_]:
    if not len(other):
        return np.zeros(len(ids), bool)
    place = np.minimum(np.searchsorted(other, ids), len(other) - 1)
    return np.asarray(other[place] == ids)
