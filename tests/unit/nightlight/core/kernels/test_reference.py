"""Whole-array reductions equal a plain loop over the samples, bit for bit."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.nightlight.core.kernels import reference

FLOATS = st.one_of(
    st.floats(-1e6, 1e6),
    st.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan, 1.7e308, -1.7e308, 5e-324, 1e16, 1.0]),
)
CELLS = st.lists(st.lists(FLOATS, max_size=6), min_size=1, max_size=4)


def layers(cells: list[list[float]]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for k in range(max(map(len, cells), default=0)):
        yield (
            np.array([cell[k] if k < len(cell) else 9e9 for cell in cells]),
            np.array([k < len(cell) for cell in cells]),
        )


def same(left: float, right: float) -> bool:
    return (left != left and right != right) or struct.pack("<d", left) == struct.pack("<d", right)


def add(increment: float, total: float, lost: float) -> tuple[float, float]:
    new = total + increment
    if math.isinf(new):
        return new, 0.0
    gained = (total - new) + increment if abs(total) >= abs(increment) else (increment - new) + total
    return new, lost + gained


def loop_sum(cell: list[float]) -> float:
    total = lost = 0.0
    for x in cell:
        total, lost = add(x, total, lost)
    return total if math.isinf(total) else total + lost


def loop_mean(cell: list[float]) -> float:
    total, lost, mean, count, running = 0.0, 0.0, 0.0, 0.0, False
    for x in cell:
        count += 1
        if not running:
            new, new_lost = add(x, total, lost)
            if count == 1 or not math.isinf(new):
                total, lost = new, new_lost
                continue
            running, mean, lost = True, total / (count - 1), lost / (count - 1)
        share = (count - 1) / count
        mean, lost = add(x / count, share * mean, share * lost)
    if not count:
        return math.nan
    return mean + lost if running else total / count + lost / count


def loop_variance(cell: list[float]) -> float:
    mean = mean_lost = squares = squares_lost = count = 0.0
    for x in cell:
        count += 1
        delta = x - (mean + mean_lost)
        mean, mean_lost = add(delta / count, mean, mean_lost)
        squares, squares_lost = add(delta * (x - (mean + mean_lost)), squares, squares_lost)
    return (squares + squares_lost) / count if count else math.nan


def loop_welford(cell: list[float]) -> float:
    if not cell:
        return math.nan
    mean, squares = cell[0], 0.0 if math.isfinite(cell[0]) else math.nan
    for place, x in enumerate(cell[1:], 2):
        delta = x - mean
        mean += delta / place
        squares += delta * (x - mean)
    return squares / len(cell)


@pytest.mark.parametrize(
    ("kernel", "loop"),
    [
        (reference.compensated_sum, loop_sum),
        (reference.compensated_mean, loop_mean),
        (reference.compensated_variance, loop_variance),
        (reference.welford_variance, loop_welford),
    ],
)
@settings(max_examples=150)
@given(cells=CELLS)
def test_equals_the_loop(
    kernel: Callable[..., np.ndarray], loop: Callable[[list[float]], float], cells: list[list[float]]
) -> None:
    found = kernel(layers(cells), (len(cells),))
    for cell, value in zip(cells, found.tolist(), strict=True):
        assert same(value, loop(cell)), (cell, value, loop(cell))


@given(CELLS)
def test_extremes_ignore_nan(cells: list[list[float]]) -> None:
    for largest in (True, False):
        found = reference.extreme(layers(cells), (len(cells),), largest=largest)
        for cell, value in zip(cells, found.tolist(), strict=True):
            numbers = [x for x in cell if x == x]
            expected = (max if largest else min)(numbers) if numbers else math.nan
            assert value == expected or (value != value and expected != expected)


@pytest.mark.parametrize(
    ("q", "values", "expected"),
    [
        (0.5, [1, 2, 3, 4], 2.5),
        (0, [3, 1], 1),
        (1, [3, 1], 3),
        (-0.1, [1], -math.inf),
        (1.1, [1], math.inf),
        (0, [math.nan, 1], math.nan),
        (1, [math.nan, 1], 1),
        (math.nan, [1], math.nan),
    ],
)
def test_quantile(q: float, values: list[float], expected: float) -> None:
    found = float(reference.quantile(q, np.array([values], float), len(values))[0])
    assert found == expected or (found != found and expected != expected)


def test_quantile_of_ragged_rows() -> None:
    table = np.array([[1.0, np.inf, 3.0], [np.inf, np.inf, np.inf], [2.0, 4.0, 6.0]])
    found = reference.quantile(0.5, table, np.array([2, 0, 3]))
    assert found[0] == 2
    assert np.isnan(found[1])
    assert found[2] == 4
