"""Aggregations that choose."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from photoncloud.nightlight.core.engine.query import Answer
from photoncloud.nightlight.errors import QueryError

Values = Callable[..., dict[str, list[float]]]
Load = Callable[[float, str], None]
Ask = Callable[..., Answer]
SERIES = "\n".join(f'm{{a="{own}"}} {value}' for own, value in enumerate(("3", "NaN", "1", "2")))


def order(answer: Answer) -> list[str]:
    return [own.labels.get("a") for own in answer.series]


def test_sorted_with_nan_last(load: Load, ask: Ask) -> None:
    load(10, SERIES)
    assert order(ask("topk(4, m)", 0)) == ["0", "3", "2", "1"]
    assert order(ask("bottomk(4, m)", 0)) == ["2", "3", "0", "1"]
    assert order(ask("topk(2, m)", 0)) == ["0", "3"]
    assert order(ask("limitk(2, m)", 0)) == ["0", "1"]


@pytest.mark.parametrize("k", ["0", "-3", "0.9"])
def test_less_than_one_is_nothing(load: Load, ask: Ask, k: str) -> None:
    load(10, SERIES)
    assert ask(f"topk({k}, m)", 0).series == []


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("topk(NaN, m)", "Parameter value is NaN"),
        ("topk(Inf, m)", "Scalar value +Inf overflows int64"),
        ("topk(-1e300, m)", "Scalar value -1e+300 underflows int64"),
        ("limit_ratio(NaN, m)", "Ratio value is NaN"),
    ],
)
def test_parameters_are_checked(load: Load, ask: Ask, query: str, text: str) -> None:
    load(10, SERIES)
    with pytest.raises(QueryError) as caught:
        ask(query, 0)
    assert str(caught.value) == text


def test_ratios_complement_each_other(load: Load, values: Values) -> None:
    load(10, "\n".join(f'm{{a="{own}"}} 1' for own in range(200)))
    for ratio in (0.1, 0.5, 0.9):
        taken = set(values(f"limit_ratio({ratio}, m)", 0))
        rest = set(values(f"limit_ratio(-{1 - ratio}, m)", 0))
        assert not taken & rest
        assert len(taken | rest) == 200
        assert math.isclose(len(taken), 200 * ratio, abs_tol=25)
