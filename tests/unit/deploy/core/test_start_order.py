"""Order by need."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.deploy.core.start_order import cycle, dependents, ordered, waves


def test_waves_keep_the_order_of_declaration() -> None:
    needs = {"d": ["b", "c"], "b": ["a"], "c": ["a"], "a": [], "e": ["ghost"]}
    assert waves(needs) == (("a", "e"), ("b", "c"), ("d",))
    assert dependents(needs)["a"] == frozenset({"b", "c", "d"})


def test_cycles_are_found_and_refused() -> None:
    needs = {"x": [], "a": ["b"], "b": ["c"], "c": ["a"], "y": ["a"]}
    assert set(cycle(needs)) == {"a", "b", "c"}
    with pytest.raises(ValueError, match="cycle"):
        waves(needs)


@given(st.dictionaries(st.integers(0, 12), st.sets(st.integers(0, 12), max_size=4), max_size=13))
def test_either_a_cycle_or_an_order(graph: dict[int, set[int]]) -> None:
    needs = {str(name): [str(other) for other in others] for name, others in graph.items()}
    circle = cycle(needs)
    if circle:
        assert circle[0] == circle[-1]
        assert all(after in needs[before] for before, after in pairwise(circle))
        return
    order = ordered(needs)
    assert sorted(order) == sorted(needs)
    for name, others in needs.items():
        assert all(order.index(other) < order.index(name) for other in others if other in needs)
