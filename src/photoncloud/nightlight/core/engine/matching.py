"""How the series of two vectors meet: match groups, pairs, result labels, and the errors of ambiguous matches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from photoncloud.nightlight.core.batch import Array
from photoncloud.nightlight.core.engine.frame import Frame, stacked
from photoncloud.nightlight.core.engine.steps import TOO_MANY_SAMPLES
from photoncloud.nightlight.core.kernels import group_counts
from photoncloud.nightlight.core.labels import METRIC_NAME, Labels
from photoncloud.nightlight.core.promql.ast import Cardinality, Matching
from photoncloud.nightlight.core.sample import Mask
from photoncloud.nightlight.errors import QueryError

PAIRS_MAX = 2_000_000
"""Combinations of series that share a match group at different times; each becomes a row."""
NOT_EXPLICIT = "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
NOT_UNIQUE = "multiple matches for labels: grouping labels must ensure unique matches"


def match_key(labels: Labels, matching: Matching) -> Labels:
    """The labels on which a series finds its partner: those of `on`, or all but the name and those of `ignoring`."""
    return labels.only(matching.labels) if matching.is_on else labels.without((METRIC_NAME, *matching.labels))


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """The "many" and the "one" side with the match group of each series, int[S], numbered over `keys`."""

    many: Frame
    one: Frame
    many_groups: Array
    one_groups: Array
    keys: Sequence[Labels]


def sides(left: Frame, right: Frame, matching: Matching) -> Sides:
    """Which series is in which group. With `group_right` the left side is the one side."""
    many, one = (right, left) if matching.cardinality is Cardinality.ONE_TO_MANY else (left, right)
    numbers: dict[Labels, int] = {}
    many_groups = [numbers.setdefault(match_key(labels, matching), len(numbers)) for labels in many.labels]
    one_groups = [numbers.setdefault(match_key(labels, matching), len(numbers)) for labels in one.labels]
    return Sides(many, one, np.array(many_groups, np.intp), np.array(one_groups, np.intp), list(numbers))


def filled(sides: Sides, matching: Matching) -> Sides:
    """`fill`: groups whose one side is missing at a step meet a sample of the given value there, and the other way
    round."""
    is_swapped = matching.cardinality is Cardinality.ONE_TO_MANY
    fill_many = matching.fill_right if is_swapped else matching.fill_left
    fill_one = matching.fill_left if is_swapped else matching.fill_right
    if fill_many is None and fill_one is None:
        return sides
    has_many = group_counts(sides.many_groups, sides.many.present, len(sides.keys)) > 0
    has_one = group_counts(sides.one_groups, sides.one.present, len(sides.keys)) > 0
    numbers = np.arange(len(sides.keys))
    result = sides
    if fill_one is not None:
        one = stacked([sides.one, _constant(sides.keys, fill_one, has_many & ~has_one)])
        result = replace(result, one=one, one_groups=np.concatenate([sides.one_groups, numbers]))
    if fill_many is not None:
        many = stacked([sides.many, _constant(sides.keys, fill_many, has_one & ~has_many)])
        result = replace(result, many=many, many_groups=np.concatenate([sides.many_groups, numbers]))
    return result


def _constant(keys: Sequence[Labels], value: float, present: Mask) -> Frame:
    return Frame.of_floats(keys, np.full(present.shape, value), present)


def check_one_side(sides: Sides, matching: Matching) -> None:
    """Two series of a group on the one side at a step where the other side has anything: an error."""
    counts = group_counts(sides.one_groups, sides.one.present, len(sides.keys))
    steps: Mask = np.any(sides.many.present, axis=0)
    doubles = np.argwhere((counts > 1).T & steps[:, None])
    if not len(doubles):
        return
    step, group = doubles[0].tolist()
    rows = np.flatnonzero((sides.one_groups == group) & sides.one.present[:, step]).tolist()
    members = [str(sides.one.labels[row]) for row in rows]
    pair = ", ".join(sorted(members)[:2])
    side = "left" if matching.cardinality is Cardinality.ONE_TO_MANY else "right"
    raise QueryError(
        f"found duplicate series for the match group {sides.keys[group]} on the {side} hand-side of the operation: "
        f"[{pair}];many-to-many matching not allowed: matching labels must be unique on one side"
    )


def pairs(sides: Sides) -> tuple[Array, Array]:
    """Every (many, one) combination of rows in one group, in the order of the many side. Raises `QueryError`."""
    sizes = [np.bincount(groups, minlength=len(sides.keys)) for groups in (sides.many_groups, sides.one_groups)]
    if int(sizes[0] @ sizes[1]) > PAIRS_MAX:
        raise QueryError(TOO_MANY_SAMPLES)
    members: dict[int, list[int]] = {}
    for row, group in enumerate(sides.one_groups.tolist()):
        members.setdefault(group, []).append(row)
    found = [(row, other) for row, group in enumerate(sides.many_groups.tolist()) for other in members.get(group, ())]
    both = np.array(found, np.intp).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def check_many_side(sides: Sides, matching: Matching) -> None:
    """One-to-one, yet several series of a group meet the same partner: an error, even if a filter would drop them."""
    if matching.cardinality is not Cardinality.ONE_TO_ONE:
        return
    counts = group_counts(sides.many_groups, sides.many.present, len(sides.keys))
    has_one = group_counts(sides.one_groups, sides.one.present, len(sides.keys)) > 0
    if ((counts > 1) & has_one).any():
        raise QueryError(NOT_EXPLICIT)


def result_labels(many: Labels, one: Labels, matching: Matching, *, drops_name: bool) -> Labels:
    """What a pair is called."""
    labels = many.without((METRIC_NAME,)) if drops_name else many
    if matching.cardinality is Cardinality.ONE_TO_ONE:
        return labels.only(matching.labels) if matching.is_on else labels.without(matching.labels)
    if not matching.include:
        return labels
    changed: dict[str, Any] = dict(labels)
    for name in matching.include:
        changed[name] = one.get(name)
    return Labels.of(changed)
