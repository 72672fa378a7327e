"""Rates: extrapolation, resets, `anchored` and `smoothed` edges."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.engine.counter import extrapolated, instantaneous
from photoncloud.nightlight.core.engine.window import Window

Values = Callable[..., dict[str, list[float]]]
Load = Callable[[float, str], None]


def one(found: dict[str, list[float]]) -> list[float]:
    return next(iter(found.values()), [])


def test_increase_extrapolates_to_the_edges(load: Load, values: Values) -> None:
    load(10, "m_total 5 6 7 8")
    assert one(values("increase(m_total[30s])", 30)) == [pytest.approx(3)]
    assert one(values("rate(m_total[30s])", 30)) == [pytest.approx(0.1)]


def test_counter_is_not_stretched_below_zero(load: Load, values: Values) -> None:
    load(10, "m_total _x3 1 11 21")
    assert one(values("increase(m_total[60s])", 55)) == [pytest.approx(20 * (20 + 1 + 5) / 20)]


def test_resets_are_added(load: Load, values: Values) -> None:
    load(10, "m_total 10 20 5 15")
    assert one(values("increase(m_total[40s])", 30)) == [pytest.approx(25 * 40 / 30)]
    assert one(values("resets(m_total[40s])", 30)) == [1]
    assert one(values("changes(m_total[40s])", 30)) == [3]


def test_anchored_starts_at_the_sample_before_the_window(load: Load, values: Values) -> None:
    load(10, "m_total 0 1 2 3 4 5")
    assert one(values("increase(m_total[20s] anchored)", 45)) == [2]
    assert one(values("increase(m_total[20s] anchored)", 50)) == [2]
    assert one(values("rate(m_total[20s] anchored)", 50)) == [0.1]
    assert one(values("changes(m_total[15s] anchored)", 42)) == [2]
    assert values("increase(m_total[20s] anchored)", 500) == {}


def test_anchored_counts_resets(load: Load, values: Values) -> None:
    load(10, "m_total 8 9 1 2")
    assert one(values("increase(m_total[20s] anchored)", 30)) == [2]
    assert one(values("resets(m_total[20s] anchored)", 30)) == [1]
    assert one(values("delta(m_total[20s] anchored)", 30)) == [-7]


def test_smoothed_interpolates_both_edges(load: Load, values: Values) -> None:
    load(10, "m_total 0 10 20 30")
    assert one(values("increase(m_total[10s] smoothed)", 15)) == [10]
    assert one(values("rate(m_total[10s] smoothed)", 15)) == [1]
    assert one(values("delta(m_total[10s] smoothed)", 25)) == [10]


def test_smoothed_reset_at_an_edge_starts_from_zero(load: Load, values: Values) -> None:
    load(10, "m_total 100 10 20")
    assert one(values("increase(m_total[10s] smoothed)", 15)) == [pytest.approx(15 - 5)]


def test_irate_after_a_reset_is_the_new_value(load: Load, values: Values) -> None:
    load(10, "m_total 10 5")
    assert one(values("irate(m_total[20s])", 10)) == [0.5]
    assert one(values("idelta(m_total[20s])", 10)) == [-5]


def loop_increase(times: list[int], samples: list[float], start: int, end: int) -> float:
    change, previous = samples[-1] - samples[0], samples[0]
    for sample in samples[1:]:
        change += previous if sample < previous else 0.0
        previous = sample
    sampled = (times[-1] - times[0]) / 1000
    spacing = sampled / (len(times) - 1)
    to_start, to_end = (times[0] - start) / 1000, (end - times[-1]) / 1000
    to_start = spacing / 2 if to_start >= spacing * 1.1 else to_start
    to_end = spacing / 2 if to_end >= spacing * 1.1 else to_end
    if change > 0 and samples[0] >= 0:
        to_start = min(to_start, sampled * (samples[0] / change))
    return change * ((sampled + to_start + to_end) / sampled)


@given(st.lists(st.integers(0, 100), min_size=5, max_size=12), st.integers(1, 20))
def test_increase_equals_a_loop(samples: list[int], range_steps: int) -> None:
    times = np.arange(len(samples), dtype=np.int64) * 1000
    ends = times + 300
    starts = ends - range_steps * 1000
    low, high = np.searchsorted(times, starts, "right"), np.searchsorted(times, ends, "right")
    window = Window(np.array([0]), times, np.array([samples], float), low, high, starts, ends)
    found, present = extrapolated(window, is_counter=True, is_rate=False)
    for step in range(len(times)):
        cell = slice(low[step], high[step])
        assert present[0, step] == (high[step] - low[step] >= 2)
        if present[0, step]:
            wanted = loop_increase(
                times[cell].tolist(), [float(own) for own in samples[cell]], starts[step], ends[step]
            )
            assert found[0, step] == pytest.approx(wanted, rel=1e-12, abs=1e-12)


def test_two_samples_at_the_end_make_an_instant_rate() -> None:
    times = np.array([0, 1000], np.int64)
    edges = np.array([0]), np.array([2])
    window = Window(np.array([0]), times, np.array([[1.0, 4.0]]), *edges, np.array([-1]), np.array([1000]))
    found, present = instantaneous(window, is_rate=True)
    assert found.tolist() == [[3.0]]
    assert present.all()
