"""Aggregations that reduce."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from photoncloud.nightlight.core.engine.query import Answer
from photoncloud.nightlight.errors import QueryError

Values = Callable[..., dict[str, list[float]]]
Load = Callable[[float, str], None]
Ask = Callable[..., Answer]


@pytest.mark.parametrize(
    ("op", "value"),
    [
        ("sum", 10),
        ("avg", 2.5),
        ("min", 1),
        ("max", 4),
        ("count", 4),
        ("group", 1),
        ("stdvar", 1.25),
        ("stddev", math.sqrt(1.25)),
    ],
)
def test_reductions(load: Load, values: Values, op: str, value: float) -> None:
    load(10, "\n".join(f'm{{a="{own}",b="x"}} {own}' for own in (1, 2, 3, 4)))
    assert values(f"{op}(m)", 0) == {"{}": [pytest.approx(value)]}
    assert values(f"{op} by (b) (m)", 0) == {'{b="x"}': [pytest.approx(value)]}
    assert values(f"{op} without (a) (m)", 0) == {'{b="x"}': [pytest.approx(value)]}


def test_groups_differ_by_step(load: Load, values: Values) -> None:
    load(600, 'm{a="1"} 1 _ 3\nm{a="2"} 5 6 _')
    assert values("sum(m)", 0, 1200, 600) == {"{}": [6, 6, 3]}
    assert values("quantile(0.5, m)", 0, 1200, 600) == {"{}": [3, 6, 3]}


def test_sum_is_compensated(load: Load, values: Values) -> None:
    load(10, 'm{a="1"} 1e16\nm{a="2"} 1\nm{a="3"} -1e16')
    assert values("sum(m)", 0) == {"{}": [1]}


def test_mean_survives_overflow(load: Load, values: Values) -> None:
    load(10, 'm{a="1"} 1.7e308\nm{a="2"} 1.7e308')
    assert values("avg(m)", 0) == {"{}": [1.7e308]}


def test_count_values(load: Load, values: Values) -> None:
    load(10, 'm{a="1"} 1\nm{a="2"} 1\nm{a="3"} 0.5')
    assert values('count_values("v", m)', 0) == {'{v="1"}': [2], '{v="0.5"}': [1]}
    assert values('count_values by (a) ("v", m)', 0) == {
        '{a="1", v="1"}': [1],
        '{a="2", v="1"}': [1],
        '{a="3", v="0.5"}': [1],
    }
    with pytest.raises(QueryError, match='invalid label name ""'):
        values('count_values("", m)', 0)


def test_histograms_and_floats_do_not_mix(load: Load, ask: Ask) -> None:
    load(10, 'm{a="1"} 1\nm{a="2"} {{count:1 buckets:[1]}}')
    answer = ask("sum(m)", 0)
    assert answer.series == []
    assert list(answer.warnings) == ["PromQL warning: encountered a mix of histograms and floats for aggregation (1:5)"]
    assert ask("max(m)", 0).series[0].values.tolist() == [1]
