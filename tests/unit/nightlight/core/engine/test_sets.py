"""Set operators look at presence, step by step."""

from __future__ import annotations

from collections.abc import Callable

Values = Callable[..., dict[str, list[float]]]
Load = Callable[[float, str], None]
A, B = '{__name__="a", x="1"}', '{__name__="b", x="1"}'


def test_each_step_alone(load: Load, values: Values) -> None:
    load(600, 'a{x="1"} 1 2 _\nb{x="1"} 5 _ 7')
    assert values("a and b", 0, 1200, 600) == {A: [1]}
    assert values("a unless b", 0, 1200, 600) == {A: [2]}
    assert values("a or b", 0, 1200, 600) == {A: [1, 2], B: [7]}


def test_or_joins_a_series_that_comes_from_both_sides(load: Load, values: Values) -> None:
    load(600, 'a{x="1"} 1 2 3')
    assert values("count_over_time(((a < 2) or a)[30m:10m])", 1200) == {'{x="1"}': [3]}
    assert values("(a < 2) or (a > 2) or a", 0, 1200, 600) == {A: [1, 2, 3]}


def test_an_empty_side(load: Load, values: Values) -> None:
    load(600, 'a{x="1"} 1')
    assert values("a or nothing", 0) == {A: [1]}
    assert values("nothing or a", 0) == {A: [1]}
    assert values("a and nothing", 0) == {}
    assert values("a unless nothing", 0) == {A: [1]}
    assert values("nothing and a", 0) == {}
