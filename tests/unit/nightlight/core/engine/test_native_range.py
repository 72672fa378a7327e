"""Functions of ranges with native histograms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from photoncloud.nightlight.core.engine.query import Answer

Load = Callable[[float, str], None]
Ask = Callable[..., Answer]


def one(answer: Answer) -> Any:
    (series,) = answer.series
    held = None if series.histograms is None else series.histograms[0]
    return float(series.values[0]) if held is None else held


def test_rate_and_increase_of_a_counter(load: Load, ask: Ask) -> None:
    load(10, "h {{count:0 sum:0}}+{{count:2 sum:4 buckets:[2]}}x6")
    assert one(ask("increase(h[30s])", 60)).count == pytest.approx(6)
    rate = one(ask("rate(h[30s])", 60))
    assert (rate.count, rate.sum, rate.positive[0], rate.hint) == (
        pytest.approx(0.2),
        pytest.approx(0.4),
        pytest.approx(0.2),
        "gauge",
    )


def test_gauges_and_counters_are_told_apart(load: Load, ask: Ask) -> None:
    load(10, "g {{count:1 counter_reset_hint:gauge}}x3\nc {{count:1}}x3")
    assert 'this native histogram metric is not a counter: "g"' in ask("rate(g[30s])", 30).warnings[0]
    assert 'this native histogram metric is not a gauge: "c"' in ask("delta(c[30s])", 30).warnings[0]
    assert not ask("delta(g[30s])", 30).warnings


def test_floats_and_histograms_do_not_mix(load: Load, ask: Ask) -> None:
    load(10, "m 1 2 {{count:3}} {{count:4}}")
    answer = ask("sum_over_time(m[1m])", 30)
    assert answer.series == []
    assert 'encountered a mix of histograms and floats for metric name "m" (1:15)' in answer.warnings[0]
    assert one(ask("count_over_time(m[1m])", 30)) == 4
    assert one(ask("last_over_time(m[1m])", 30)).count == 4
    assert one(ask("first_over_time(m[1m])", 30)) == 1
    assert one(ask("changes(m[1m])", 30)) == 3
    assert one(ask("resets(m[1m])", 30)) == 1
    ignored = ask("max_over_time(m[1m])", 30)
    assert one(ignored) == 2
    assert "ignored histograms in a range containing both floats and histograms" in ignored.infos[0]


def test_sum_and_mean(load: Load, ask: Ask) -> None:
    load(10, "h {{count:1 sum:2 buckets:[1]}} {{count:3 sum:4 buckets:[1 2]}}")
    total = one(ask("sum_over_time(h[1m])", 10))
    assert (total.count, total.positive) == (4, {0: 2.0, 1: 2.0})
    assert one(ask("avg_over_time(h[1m])", 10)).sum == 3


def test_last_two_samples(load: Load, ask: Ask) -> None:
    load(10, "h {{count:1}} {{count:5}} {{count:2}}")
    assert one(ask("irate(h[1m])", 10)).count == pytest.approx(0.4)
    assert one(ask("irate(h[1m])", 20)).count == pytest.approx(0.2)
    assert one(ask("idelta(h[1m])", 20)).count == -3


def test_edges_are_for_floats(load: Load, ask: Ask) -> None:
    load(10, "h {{count:1}}x3")
    assert ask("rate(h[30s] anchored)", 30).series == []
