"""Warnings and infos of an answer. Equal texts at one place merge."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from photoncloud.nightlight.core.promql.ast import Node
from photoncloud.nightlight.core.promql.token_stream import line_column
from photoncloud.nightlight.core.quoting import quote
from photoncloud.nightlight.core.sample import general_text, shortest_text

SHOWN_MAX = 10
"""An API answer carries at most so many of each kind, then how many it leaves out."""
MONOTONICITY = (
    "input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/"
    "querying/functions/#histogram_quantile)"
)


@dataclass(slots=True)
class _Repair:
    """What several monotonicity repairs have in common."""

    lowest: float
    highest: float
    difference: float
    first_ms: int
    last_ms: int
    count: int = 1


@dataclass(slots=True)
class Annotations:
    """Collects while a query runs; `warnings` and `infos` render with positions in `query`."""

    query: str
    _warnings: dict[str, None] = field(default_factory=dict)
    _infos: dict[str, None] = field(default_factory=dict)
    _repairs: dict[tuple[str, str], _Repair] = field(default_factory=dict)

    def warn(self, text: str, at: Node) -> None:
        self._warnings.setdefault(f"PromQL warning: {text} ({self._place(at)})")

    def inform(self, text: str, at: Node) -> None:
        self._infos.setdefault(f"PromQL info: {text} ({self._place(at)})")

    def repaired(self, name: str, at: Node, time_ms: int, bounds: tuple[float, float], difference: float) -> None:
        """Bucket counts that fell were raised; `bounds` are the first and last bucket concerned."""
        key = (f"PromQL info: {MONOTONICITY}{for_metric(name)}", self._place(at))
        known = self._repairs.get(key)
        if known is None:
            self._repairs[key] = _Repair(*bounds, difference, time_ms, time_ms)
            return
        known.lowest = min(known.lowest, bounds[0])
        known.highest = max(known.highest, bounds[1])
        known.difference = max(known.difference, difference)
        known.first_ms = min(known.first_ms, time_ms)
        known.last_ms = max(known.last_ms, time_ms)
        known.count += 1

    def _place(self, at: Node) -> str:
        return line_column(self.query, at.span.start)

    @property
    def warnings(self) -> list[str]:
        return list(self._warnings)

    @property
    def infos(self) -> list[str]:
        return [*self._infos, *(_repair_text(*key, repair) for key, repair in self._repairs.items())]


def _repair_text(text: str, place: str, repair: _Repair) -> str:
    return (
        f"{text}, from buckets {shortest_text(repair.lowest)} to {shortest_text(repair.highest)}, with a max diff of "
        f"{general_text(repair.difference, 2)}, over {repair.count} samples from {rfc3339(repair.first_ms)} to "
        f"{rfc3339(repair.last_ms)} ({place})"
    )


def for_metric(name: str) -> str:
    """` for metric name "x"`; nothing when the name is gone."""
    return f" for metric name {quote(name)}" if name else ""


def rfc3339(milliseconds: int) -> str:
    """UTC with second precision."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def shortened(texts: list[str], kind: str) -> list[str]:
    """At most `SHOWN_MAX` texts, then how many more there are; `kind` is `warning` or `info`."""
    if len(texts) <= SHOWN_MAX:
        return texts
    return [*texts[:SHOWN_MAX], f"{len(texts) - SHOWN_MAX} more {kind} annotations omitted"]
