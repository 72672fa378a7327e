"""Fixtures of nightlight's unit tests: series in memory and queries over them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from photoncloud.nightlight.core.engine.query import Answer, instant_query, range_query
from photoncloud.nightlight.core.engine.steps import QueryOptions
from photoncloud.nightlight.core.memory_series import MemorySeries
from photoncloud.nightlight.core.promql.series_notation import parse_series

Ask = Callable[..., Answer]


@pytest.fixture
def source() -> MemorySeries:
    return MemorySeries()


@pytest.fixture
def load(source: MemorySeries) -> Callable[[str, str], None]:
    """`load(step_seconds, lines)`: series in the notation of unit tests."""

    def run(step_sec: float, text: str) -> None:
        for line in filter(None, map(str.strip, text.splitlines())):
            series = parse_series(line)
            for place, value in enumerate(series.values):
                if value is not None:
                    source.append(series.labels, round(place * step_sec * 1000), value)

    return run


@pytest.fixture
def ask(source: MemorySeries) -> Ask:
    """`ask(query, at_sec)` or `ask(query, start, end, step)` in seconds."""

    def run(query: str, *times: float, **options: object) -> Answer:
        milliseconds = [round(own * 1000) for own in times]
        settings = QueryOptions(**options)  # type: ignore[arg-type]
        if len(times) == 1:
            return instant_query(query, milliseconds[0], source.select, settings)
        start, end, step = milliseconds
        return range_query(query, (start, end, step), source.select, settings)

    return run


@pytest.fixture
def values(ask: Ask) -> Callable[..., dict[str, list[float]]]:
    """Like `ask`, but series text -> values."""

    def run(query: str, *times: float, **options: object) -> dict[str, list[float]]:
        return {str(own.labels): own.values.tolist() for own in ask(query, *times, **options).series}

    return run
