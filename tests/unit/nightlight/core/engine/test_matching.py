"""Vector matching: errors per step, fills, labels of results."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from photoncloud.nightlight.errors import QueryError

Values = Callable[..., dict[str, list[float]]]
Load = Callable[[float, str], None]


def test_duplicates_matter_only_at_a_common_step(load: Load, values: Values) -> None:
    load(600, 'a 1 1 1\nb{x="1"} 1 _ _\nb{x="2"} _ 2 2')
    assert values("a + on() b", 0, 1200, 600) == {"{}": [2, 3, 3]}
    load(600, 'b{x="3"} _ _ 3')
    with pytest.raises(QueryError) as caught:
        values("a + on() b", 0, 1200, 600)
    assert str(caught.value) == (
        "found duplicate series for the match group {} on the right hand-side of the operation: "
        '[{__name__="b", x="2"}, {__name__="b", x="3"}];'
        "many-to-many matching not allowed: matching labels must be unique on one side"
    )


def test_many_needs_a_group_modifier(load: Load, values: Values) -> None:
    load(10, 'a{x="1"} 1\na{x="2"} 2\nb 1')
    with pytest.raises(QueryError, match=r"many-to-one matching must be explicit \(group_left/group_right\)"):
        values("a * on() b", 0)
    assert values("a * on() group_left () b", 0) == {'{x="1"}': [1], '{x="2"}': [2]}
    with pytest.raises(QueryError, match="on the left hand-side"):
        values("a * on() group_right () a", 0)


def test_group_results_must_be_unique(load: Load, values: Values) -> None:
    load(10, 'a{x="1",y="1"} 1\na{x="2",y="1"} 2\nb{y="1",x="z"} 1')
    with pytest.raises(QueryError, match="grouping labels must ensure unique matches"):
        values("a * on(y) group_left (x) b", 0)


def test_include_deletes_what_the_one_side_lacks(load: Load, values: Values) -> None:
    load(10, 'a{x="1",y="1"} 1\nb{y="1"} 2')
    assert values("a * on(y) group_left (x) b", 0) == {'{y="1"}': [2]}


def test_fill_either_side(load: Load, values: Values) -> None:
    load(10, 'a{x="1"} 1\na{x="2"} 2\nb{x="2"} 10\nb{x="3"} 20')
    assert values("a + b", 0) == {'{x="2"}': [12]}
    assert values("a + fill (0) b", 0) == {'{x="1"}': [1], '{x="2"}': [12], '{x="3"}': [20]}
    assert values("a + fill_right (5) b", 0) == {'{x="1"}': [6], '{x="2"}': [12]}
    assert values("a - fill_left (5) b", 0) == {'{x="2"}': [-8], '{x="3"}': [-15]}


def test_fill_is_per_step(load: Load, values: Values) -> None:
    load(600, "a 1 2 _\nb 10 _ 30")
    assert values("a + fill (0) b", 0, 1200, 600) == {"{}": [11, 2, 30]}


def test_fill_of_the_many_side_happens_once_per_group(load: Load, values: Values) -> None:
    load(10, 'a{x="1",y="1"} 1\nb{x="1"} 5\nb{x="2"} 7')
    found = values("a + on(x) group_left () fill (0) b", 0)
    assert found == {'{x="1", y="1"}': [6], '{x="2"}': [7]}


def test_swapped_filter_keeps_the_left_value(load: Load, values: Values) -> None:
    load(10, 'one{x="1"} 5\nmany{x="1",y="1"} 1\nmany{x="1",y="2"} 9')
    assert values("one > on(x) group_right () many", 0) == {'{__name__="many", x="1", y="1"}': [5]}


def test_too_many_combinations_are_refused(load: Load, values: Values, monkeypatch: pytest.MonkeyPatch) -> None:
    load(600, "a 1 1\n" + 'b{x="1"} 1 _\nb{x="2"} _ 1')
    assert values("a + on() b", 0, 600, 600) == {"{}": [2, 2]}
    monkeypatch.setattr("photoncloud.nightlight.core.engine.matching.PAIRS_MAX", 1)
    with pytest.raises(QueryError, match="too many samples"):
        values("a + on() b", 0, 600, 600)
