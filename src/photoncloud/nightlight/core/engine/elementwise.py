"""Functions that treat every sample alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from photoncloud.nightlight.core.sample import Values

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "abs": np.abs,
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "ceil": np.ceil,
    "cos": np.cos,
    "cosh": np.cosh,
    "deg": lambda x: x * 180 / np.pi,
    "exp": np.exp,
    "floor": np.floor,
    "ln": np.log,
    "log10": np.log10,
    "log2": np.log2,
    "rad": lambda x: x * np.pi / 180,
    "sgn": lambda x: np.where(x < 0, -1.0, np.where(x > 0, 1.0, x)),
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}


def applied(name: str, values: Values) -> Values:
    """The function of every value, by IEEE rules: no errors, only NaN and infinities."""
    with np.errstate(all="ignore"):
        return np.asarray(FUNCTIONS[name](values), np.float64)


def rounded(values: Values, nearest: Values) -> Values:
    """To the nearest multiple of `nearest` (f64[T]), ties upwards."""
    with np.errstate(all="ignore"):
        inverse = 1.0 / nearest
        return np.floor(values * inverse + 0.5) / inverse


def clamped(values: Values, low: Values, high: Values) -> Values:
    """Between two bounds, f64[T]; a NaN bound makes everything NaN."""
    return np.maximum(low, np.minimum(high, values))
