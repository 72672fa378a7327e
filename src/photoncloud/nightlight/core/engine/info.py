"""`info(v, {matchers})`: labels of info metrics added to the series they describe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from photoncloud.nightlight.core.engine.frame import Frame, merged, stacked
from photoncloud.nightlight.core.engine.selector import LatestSamples
from photoncloud.nightlight.core.labels import METRIC_NAME, Labels
from photoncloud.nightlight.core.matcher import Matcher, MatchOp, matches_all
from photoncloud.nightlight.errors import QueryError

IDENTIFYING = ("instance", "job")
"""The labels on which a series and its info series agree."""
DEFAULT_METRIC = "target_info"
ANY_INFO_METRIC = ".+_info"


@dataclass(frozen=True, slots=True)
class InfoSelection:
    """Which info metrics are asked (`metrics`, matchers of the name), and for which of their labels (`data`)."""

    metrics: tuple[Matcher, ...]
    data: tuple[Matcher, ...]

    @classmethod
    def of(cls, matchers: Iterable[Matcher]) -> InfoSelection:
        """From the second argument; without a name it is `target_info`, with negative names only any `…_info`."""
        own = tuple(matchers)
        metrics = [matcher for matcher in own if matcher.name == METRIC_NAME]
        if not metrics:
            metrics = [Matcher(METRIC_NAME, MatchOp.EQUAL, DEFAULT_METRIC)]
        elif all(matcher.op.is_negative for matcher in metrics):
            metrics.insert(0, Matcher(METRIC_NAME, MatchOp.REGEX, ANY_INFO_METRIC))
        return cls(tuple(metrics), tuple(matcher for matcher in own if matcher.name != METRIC_NAME))

    @property
    def matchers(self) -> tuple[Matcher, ...]:
        return (*self.metrics, *self.data)

    @property
    def label_names(self) -> frozenset[str]:
        """The labels to add; none named = all."""
        return frozenset(matcher.name for matcher in self.data)

    @property
    def may_be_missing(self) -> bool:
        """Whether a series without info stays."""
        return all(matcher.matches_empty for matcher in self.data)


def with_info(frame: Frame, infos: LatestSamples, selection: InfoSelection) -> Frame:
    """`frame` with the labels of the info samples at each step. Raises `QueryError` where two are equally new."""
    by_key: dict[tuple[str, ...], dict[str, list[int]]] = {}
    for row, labels in enumerate(infos.frame.labels):
        by_key.setdefault(_key(labels), {}).setdefault(labels.metric_name, []).append(row)
    parts: list[Frame] = []
    for row, labels in enumerate(frame.labels):
        own = frame.rows([row])
        if matches_all(selection.metrics, labels):
            parts.append(own)
            continue
        metrics = list(by_key.get(_key(labels), {}).values())
        parts += _described(own, [_newest(infos, rows) for rows in metrics], infos.frame.labels, selection)
    return merged(stacked(parts)) if parts else Frame.empty(frame.steps)


def _key(labels: Labels) -> tuple[str, ...]:
    return tuple(labels.get(name) for name in IDENTIFYING)


def _newest(infos: LatestSamples, rows: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """The row of the newest info sample of one metric at each step, -1 for none: int[T]."""
    present, times = infos.frame.present[rows], infos.times[rows]
    ages = np.where(present, times, np.iinfo(np.int64).min)
    best = ages.max(axis=0)
    if ((ages == best) & present).sum(axis=0).max(initial=0) > 1:
        step = int(((ages == best) & present).sum(axis=0).argmax())
        twins = [str(infos.frame.labels[row]) for place, row in enumerate(rows) if ages[place, step] == best[step]]
        raise QueryError(f"found duplicate series for info metric: {twins[0]} and {twins[1]} @ {int(best[step])}")
    return np.where(present.any(axis=0), np.asarray(rows)[ages.argmax(axis=0)], -1)


def _described(
    own: Frame,
    chosen: Sequence[np.ndarray[tuple[int], np.dtype[np.intp]]],
    labels: Sequence[Labels],
    selection: InfoSelection,
) -> list[Frame]:
    """One series as the series it becomes: another one for each combination of info series over the steps."""
    combinations = np.stack(chosen, axis=1) if chosen else np.full((own.steps, 1), -1)
    parts = []
    for combination in np.unique(combinations, axis=0):
        steps = (combinations == combination).all(axis=1)
        added = _added_labels(own.labels[0], [labels[row] for row in combination.tolist() if row >= 0], selection)
        if added is None:
            if not selection.may_be_missing:
                continue
            added = own.labels[0]
        parts.append(own.where(steps[None, :]).relabelled([added]).without_empty_rows())
    return [part for part in parts if len(part.labels)]


def _added_labels(labels: Labels, infos: Sequence[Labels], selection: InfoSelection) -> Labels | None:
    """The labels with those of the info series, never overwriting; None without any info."""
    if not infos:
        return None
    wanted = selection.label_names
    result = dict(labels)
    for info in infos:
        for name, value in info:
            if name == METRIC_NAME or labels.get(name) or (wanted and name not in wanted):
                continue
            if result.setdefault(name, value) != value:
                raise QueryError(f"conflicting label: {name}")
    return Labels.of(result)
