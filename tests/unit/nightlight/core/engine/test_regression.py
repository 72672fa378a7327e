"""Trends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from photoncloud.nightlight.errors import QueryError

Values = Callable[..., dict[str, list[float]]]
Load = Callable[[float, str], None]


def test_deriv_and_prediction_of_a_line(load: Load, values: Values) -> None:
    load(10, "m 0+5x10")
    assert values("deriv(m[1m])", 60)["{}"] == [pytest.approx(0.5)]
    assert values("predict_linear(m[1m], 100)", 60)["{}"] == [pytest.approx(80)]


def test_constant_has_no_slope(load: Load, values: Values) -> None:
    load(10, "m 3x10")
    assert values("deriv(m[1m])", 60)["{}"] == [0]
    assert values("predict_linear(m[1m], 100)", 60)["{}"] == [3]


def test_constant_infinity_is_nan(load: Load, values: Values) -> None:
    load(10, "m Infx10")
    (value,) = values("deriv(m[1m])", 60)["{}"]
    assert value != value


def test_one_sample_gives_nothing(load: Load, values: Values) -> None:
    load(10, "m 1")
    assert values("deriv(m[1m])", 0) == {}
    assert values("double_exponential_smoothing(m[1m], 0.5, 0.5)", 0) == {}


@pytest.mark.parametrize(
    ("factors", "text"),
    [
        ("0, 0.5", "invalid smoothing factor. Expected: 0 < sf < 1, got: 0.000000"),
        ("0.5, 1.5", "invalid trend factor. Expected: 0 < tf < 1, got: 1.500000"),
    ],
)
def test_factors_are_checked(load: Load, values: Values, factors: str, text: str) -> None:
    load(10, "m 1 2")
    with pytest.raises(QueryError) as caught:
        values(f"double_exponential_smoothing(m[1m], {factors})", 10)
    assert str(caught.value) == text
