"""Quantiles over vectors of both kinds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from photoncloud.nightlight.core.engine.query import Answer

Load = Callable[[float, str], None]
Ask = Callable[..., Answer]
Values = Callable[..., dict[str, list[float]]]


def test_one_series_per_quantile(load: Load, values: Values) -> None:
    load(10, 'h_bucket{le="1"} 5\nh_bucket{le="+Inf"} 10')
    assert values('histogram_quantiles(h_bucket, "q", 0.25, 1)', 0) == {'{q="0.25"}': [0.5], '{q="1.0"}': [1]}


def test_quantile_may_change_by_step(load: Load, values: Values) -> None:
    load(10, 'h_bucket{le="1"} 4x9\nh_bucket{le="+Inf"} 8x9')
    assert values("histogram_quantile(time() / 40, h_bucket)", 0, 20, 10)["{}"] == [0, 0.5, 1]
    assert set(values('histogram_quantiles(h_bucket, "q", time() / 40)', 0, 20, 20)) == {'{q="0.0"}', '{q="0.5"}'}


def test_a_name_of_both_kinds_gives_nothing(load: Load, ask: Ask) -> None:
    load(10, 'm{le="1"} 5\nm{le="+Inf"} 10\nm {{count:2 buckets:[2]}}\nn {{count:2 buckets:[0 2]}}')
    answer = ask('histogram_quantile(1, {__name__=~"m|n"})', 0)
    assert [own.values.tolist() for own in answer.series] == [[pytest.approx(2)]]
    assert list(answer.warnings) == [
        'PromQL warning: vector contains a mix of classic and native histograms for metric name "m" (1:23)'
    ]


def test_fraction(load: Load, values: Values) -> None:
    load(10, 'h{le="1"} 5\nh{le="+Inf"} 10\nn {{schema:-53 custom_values:[2] buckets:[4 4] count:8 sum:9}}')
    assert values("histogram_fraction(0, 1, h)", 0) == {"{}": [0.5]}
    assert values("histogram_fraction(0, 1, n)", 0) == {"{}": [0.25]}


def test_summaries(load: Load, values: Values) -> None:
    load(10, "n {{count:8 sum:16 buckets:[0 8]}}\nf 3")
    found = {name: values(f'histogram_{name}({{__name__=~"n|f"}})', 0)["{}"] for name in ("count", "sum", "avg")}
    assert found == {"count": [8], "sum": [16], "avg": [2]}
