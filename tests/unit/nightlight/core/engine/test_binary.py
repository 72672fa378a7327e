"""Operators between scalars, vectors, and both."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from photoncloud.nightlight.core.engine.query import Answer

Values = Callable[..., dict[str, list[float]]]
Load = Callable[[float, str], None]
Ask = Callable[..., Answer]


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("5 % 3", 2),
        ("-5 % 3", -2),
        ("5 % -3", 2),
        ("2 ^ 0.5", math.sqrt(2)),
        ("1 / 0", math.inf),
        ("1 == bool NaN", 0),
        ("NaN != bool NaN", 1),
        ("1 atan2 2", math.atan2(1, 2)),
        ("2 >= bool 2", 1),
    ],
)
def test_scalars(ask: Ask, query: str, value: float) -> None:
    assert ask(query, 0).series[0].values.tolist() == [value]


def test_filters_keep_the_vector_side(load: Load, values: Values) -> None:
    load(10, "m 5")
    assert values("m > 3", 0) == {'{__name__="m"}': [5]}
    assert values("3 < m", 0) == {'{__name__="m"}': [5]}
    assert values("m > bool 3", 0) == {"{}": [1]}
    assert values("m < 3", 0) == {}
    assert values("m - 3", 0) == {"{}": [2]}


def test_kinds_that_do_not_meet_are_told(load: Load, ask: Ask) -> None:
    load(10, "f 1\nh {{count:2 sum:3 buckets:[2]}}")
    answer = ask("f + on() h", 0)
    assert answer.series == []
    assert list(answer.infos) == [
        'PromQL info: incompatible sample types encountered for binary operator "+": float + histogram (1:1)'
    ]
    assert ask("h * 2", 0).series[0].histograms is not None
    assert "histogram > float" in ask("h > 2", 0).infos[0]
    assert "float </ float" in ask("f </ 2", 0).infos[0]


def test_trimming(load: Load, ask: Ask) -> None:
    load(10, "h {{schema:-53 custom_values:[1 2] buckets:[1 2 3] count:6 sum:9}}")
    (below,) = ask("h </ 2", 0).series
    (above,) = ask("h >/ 2", 0).series
    assert below.histograms is not None
    assert above.histograms is not None
    assert (below.histograms[0].count, above.histograms[0].count) == (3, 3)


def test_histograms_of_different_kinds_do_not_add(load: Load, ask: Ask) -> None:
    load(10, "a {{count:1 buckets:[1]}}\nb {{schema:-53 count:1 buckets:[1] custom_values:[1]}}")
    answer = ask("a + b", 0)
    assert answer.series == []
    assert list(answer.warnings) == [
        "PromQL warning: incompatible bucket layout encountered for binary operator + (1:1)"
    ]
