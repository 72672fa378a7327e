"""Selectors: lookback, stale markers, `smoothed`, one read for equal requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from photoncloud.nightlight.core.batch import SampleBatch
from photoncloud.nightlight.core.engine.query import instant_query
from photoncloud.nightlight.core.engine.steps import QueryOptions
from photoncloud.nightlight.core.matcher import Matcher
from photoncloud.nightlight.core.memory_series import MemorySeries
from photoncloud.nightlight.errors import QueryError

Values = Callable[..., dict[str, list[float]]]
Load = Callable[[float, str], None]


def test_lookback_is_open_on_the_left(load: Load, values: Values) -> None:
    load(10, "m 1")
    assert values("m", 299.999) == {'{__name__="m"}': [1]}
    assert values("m", 300) == {}
    assert values("m", 60, lookback_ms=60_000) == {}


def test_stale_marker_hides_what_is_before(load: Load, values: Values) -> None:
    load(10, "m 1 stale 3")
    assert values("m", 0, 30, 10) == {'{__name__="m"}': [1, 3, 3]}


def test_smoothed_interpolates(load: Load, values: Values) -> None:
    load(10, "m 0 10 40")
    assert values("m smoothed", 5) == {'{__name__="m"}': [5]}
    assert values("m smoothed", 15) == {'{__name__="m"}': [25]}
    assert values("m smoothed", 100) == {'{__name__="m"}': [40]}


def test_equal_selectors_are_read_once(load: Load, source: MemorySeries) -> None:
    load(10, "m 1 2 3")
    calls: list[tuple[int, int]] = []

    def select(matchers: Sequence[Matcher], start: int, end: int) -> list[SampleBatch]:
        calls.append((start, end))
        return source.select(matchers, start, end)

    instant_query("m + m + m * 2", 20_000, select)
    assert len(calls) == 1


def test_too_many_series(load: Load, source: MemorySeries) -> None:
    load(10, 'm{a="1"} 1\nm{a="2"} 1')
    with pytest.raises(QueryError, match="more than 1 series"):
        instant_query("m", 0, source.select, QueryOptions(series_max=1))
