"""Functions of single samples against the standard library."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.engine.elementwise import FUNCTIONS, applied, clamped, rounded

Values = Callable[..., dict[str, list[float]]]
Load = Callable[[float, str], None]
PLAIN = {
    "abs": abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "ln": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "deg": math.degrees,
    "rad": math.radians,
    **{name: getattr(math, name) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "asinh", "atan")},
}


@given(st.floats(0.01, 50))
def test_equal_the_library(x: float) -> None:
    for name, function in PLAIN.items():
        assert applied(name, np.array([x]))[0] == pytest.approx(function(x), rel=1e-12), name


def test_outside_of_a_domain_is_ieee() -> None:
    assert np.isnan(applied("sqrt", np.array([-1.0]))[0])
    assert applied("ln", np.array([0.0]))[0] == -math.inf
    assert np.isnan([applied(name, np.array([2.0]))[0] for name in ("acos", "asin", "atanh")]).all()
    assert np.isnan(applied("acosh", np.array([0.5]))[0])


def test_sign_keeps_nan_and_zero() -> None:
    found = applied("sgn", np.array([-3.0, 3.0, 0.0, -0.0, np.nan]))
    assert found[:4].tolist() == [-1, 1, 0, 0]
    assert np.signbit(found[3])
    assert np.isnan(found[4])


def test_every_name_is_a_function_of_the_language() -> None:
    assert {*PLAIN, "acos", "acosh", "asin", "atanh", "sgn"} == set(FUNCTIONS)


def test_rounding_goes_up_from_the_middle() -> None:
    assert rounded(np.array([2.5, -2.5, 0.35]), np.array([1.0, 1.0, 0.1])).tolist() == [3, -2, pytest.approx(0.4)]


def test_clamping(load: Load, values: Values) -> None:
    load(10, 'm{a="1"} -5\nm{a="2"} 5')
    assert values("clamp(m, -1, 1)", 0) == {'{a="1"}': [-1], '{a="2"}': [1]}
    assert values("clamp_min(m, 0)", 0)['{a="1"}'] == [0]
    assert values("clamp_max(m, 0)", 0)['{a="2"}'] == [0]
    assert values("clamp(m, 1, -1)", 0) == {}
    assert np.isnan(clamped(np.array([1.0]), np.array([np.nan]), np.array([2.0]))).all()
