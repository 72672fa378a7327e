"""Time: `@`, offsets, subqueries, what does not depend on the step."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from photoncloud.nightlight.core.engine.query import Answer
from photoncloud.nightlight.errors import QueryError

Values = Callable[..., dict[str, list[float]]]
Load = Callable[[float, str], None]
Ask = Callable[..., Answer]


def test_at_and_offset(load: Load, values: Values) -> None:
    load(10, "m 0+1x100")
    assert values("m @ 100", 0)['{__name__="m"}'] == [10]
    assert values("m @ 100 offset 50s", 0)['{__name__="m"}'] == [5]
    assert values("m offset -50s", 100)['{__name__="m"}'] == [15]
    assert values("m @ start()", 100, 200, 50)['{__name__="m"}'] == [10, 10, 10]
    assert values("m @ end()", 100, 200, 50)['{__name__="m"}'] == [20, 20, 20]


def test_subquery_runs_on_the_absolute_grid(load: Load, values: Values) -> None:
    load(10, "m 0+1x100")
    assert values("count_over_time(m[60s:20s])", 105) == {"{}": [3]}
    assert values("min_over_time(m[60s:20s])", 105) == {"{}": [6]}
    assert values("count_over_time(m[60s:])", 105, subquery_step_ms=30_000) == {"{}": [2]}


def test_edges_inside_a_subquery_are_those_of_the_query(load: Load, values: Values) -> None:
    load(10, "m 0+1x100")
    assert values("max_over_time((m @ end())[60s:20s])", 100, 200, 100) == {"{}": [20, 20]}
    assert values("sum_over_time((vector(range()))[20s:10s])", 100, 200, 100) == {"{}": [200, 200]}


def test_negative_times(load: Load, values: Values) -> None:
    load(10, "m 1 2 3")
    assert values("count_over_time((m offset -100s)[30s:10s])", -70) == {"{}": [3]}


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("m[step() - 1m]", "2:13: duration must be greater than 0"),
        ("m[1m / 0s]", "2:9: division by zero"),
        ("m[1m % (1 - 1)]", "2:14: modulo by zero"),
        ("m offset (0 / 1 * Inf)", "10:21: duration is NaN or infinite"),
        ("m offset (1y * 1000)", "10:19: duration is out of range"),
    ],
)
def test_computed_durations_are_checked(ask: Ask, query: str, text: str) -> None:
    with pytest.raises(QueryError) as caught:
        ask(query, 0)
    assert str(caught.value) == text


def test_time_functions(ask: Ask) -> None:
    for query, value in (("time()", 60), ("start()", 0), ("end()", 120), ("step()", 60), ("range()", 120)):
        assert ask(query, 0, 120, 60).series[0].values.tolist()[1] == value
    assert ask("step() + range()", 60).series[0].values.tolist() == [0]


def test_timestamp_of_a_selector_is_its_own(load: Load, values: Values) -> None:
    load(10, "m 1 2 3")
    assert values("timestamp(m)", 25) == {"{}": [20]}
    assert values("timestamp(m + 0)", 25) == {"{}": [25]}
    assert values("timestamp(m @ 5)", 20, 40, 20) == {"{}": [0, 0]}
    assert values("timestamp(abs(m @ 5))", 20, 40, 20) == {"{}": [20, 40]}
