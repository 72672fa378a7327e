"""Functions about labels: `label_replace`, `label_join`, `sort_by_label`, `absent`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from photoncloud.nightlight.core.engine.frame import Frame, merged
from photoncloud.nightlight.core.labels import METRIC_NAME, Labels, is_valid_name
from photoncloud.nightlight.core.matcher import Matcher, MatchOp
from photoncloud.nightlight.core.pattern import Pattern
from photoncloud.nightlight.core.promql.ast import Expr, MatrixSelector, VectorSelector, without_parens
from photoncloud.nightlight.core.sample import Mask
from photoncloud.nightlight.errors import InvalidPattern, QueryError


def label_replaced(frame: Frame, target: str, template: str, source: str, regex: str) -> Frame:
    """Where `source` matches `regex` as a whole, `target` becomes the expanded template; empty removes it."""
    try:
        pattern = Pattern(regex)
    except InvalidPattern as error:
        raise QueryError(f"invalid regular expression in label_replace(): {regex}") from error
    _check_target("label_replace", target)
    texts = [pattern.expand(labels.get(source), template) for labels in frame.labels]
    return _labelled(frame, target, texts)


def label_joined(frame: Frame, target: str, separator: str, sources: Sequence[str]) -> Frame:
    """`target` becomes the values of `sources` joined."""
    for source in sources:
        if not is_valid_name(source):
            raise QueryError(f"invalid source label name in label_join(): {source}")
    _check_target("label_join", target)
    return _labelled(frame, target, [separator.join(map(labels.get, sources)) for labels in frame.labels])


def _check_target(function: str, target: str) -> None:
    if not is_valid_name(target):
        raise QueryError(f"invalid destination label name in {function}(): {target}")


def _labelled(frame: Frame, target: str, texts: Sequence[str | None]) -> Frame:
    labels = [
        own if text is None else own.with_label(target, text) for own, text in zip(frame.labels, texts, strict=True)
    ]
    drops = frame.drops_name
    if target == METRIC_NAME:
        drops = drops & np.array([text is None for text in texts], bool)
    return merged(replace(frame, labels=labels, drops_name=drops))


_DIGITS = re.compile(r"([0-9]+)")


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """An order in which runs of digits compare by their value: `cpu2` before `cpu10`."""
    return tuple((0, int(piece), piece) if piece.isdigit() else (1, 0, piece) for piece in _DIGITS.split(text) if piece)


def sorted_by_label(frame: Frame, names: Sequence[str], *, is_descending: bool) -> Frame:
    """In natural order of the named labels, then of the whole set."""

    def key(row: int) -> tuple[object, Labels]:
        labels = frame.labels[row]
        return tuple(natural_key(labels.get(name)) for name in names), labels

    return frame.rows(sorted(range(len(frame.labels)), key=key, reverse=is_descending))


def absent(expr: Expr, is_there: Mask) -> Frame:
    """1 at the steps where nothing is there (`is_there` bool[T]), labelled from the selector."""
    present = ~is_there[None, :]
    labels = [labels_of_absence(expr)]
    return Frame.of_floats(labels, np.ones(present.shape), present).without_empty_rows()


def labels_of_absence(expr: Expr) -> Labels:
    """The labels that `=` matchers of a selector fix, each used once; nothing for other expressions."""
    inner = without_parens(expr)
    selector = inner.selector if isinstance(inner, MatrixSelector) else inner
    if not isinstance(selector, VectorSelector):
        return Labels()
    by_name: dict[str, list[Matcher]] = {}
    for matcher in selector.matchers:
        if matcher.name != METRIC_NAME:
            by_name.setdefault(matcher.name, []).append(matcher)
    return Labels.of(
        (name, matchers[0].value)
        for name, matchers in by_name.items()
        if len(matchers) == 1 and matchers[0].op is MatchOp.EQUAL
    )
