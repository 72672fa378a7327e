"""The notation of unit tests."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.histogram import FloatHistogram, ResetHint
from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.core.promql.series_notation import (
    parse_histogram,
    parse_labels,
    parse_series,
    parse_values,
)
from photoncloud.nightlight.core.sample import is_stale
from photoncloud.nightlight.errors import InvalidNotation


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1", (1.0,)),
        ("1x2", (1.0, 1.0, 1.0)),
        ("0+10x3", (0.0, 10.0, 20.0, 30.0)),
        ("5-2x2", (5.0, 3.0, 1.0)),
        ("-1-1x1", (-1.0, -2.0)),
        ("_ _x2 1", (None, None, None, 1.0)),
        (".5 1e-3 +3 Inf -Inf", (0.5, 0.001, 3.0, math.inf, -math.inf)),
    ],
)
def test_values(text: str, values: tuple[float | None, ...]) -> None:
    assert parse_values(text) == values


def test_stale_and_nan() -> None:
    stale, nan = parse_values("stale NaN")
    assert isinstance(stale, float)
    assert is_stale(stale)
    assert isinstance(nan, float)
    assert nan != nan
    assert not is_stale(nan)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("up", {"__name__": "up"}),
        ("up{a=\"b c\", d='e'}", {"__name__": "up", "a": "b c", "d": "e"}),
        ("{}", {}),
        ('{"a.b", c="d"}', {"__name__": "a.b", "c": "d"}),
        ('{a=""}', {}),
    ],
)
def test_labels(text: str, labels: dict[str, str]) -> None:
    assert parse_labels(text) == Labels.of(labels)


def test_series() -> None:
    series = parse_series('up{a="} 1"}\t1 2')
    assert series.labels == Labels.of({"__name__": "up", "a": "} 1"})
    assert series.values == (1.0, 2.0)


def test_histograms() -> None:
    histogram = parse_histogram(
        "{{schema:1 sum:3 count:22 z_bucket:1 z_bucket_w:0.1 buckets:[5 10 7] "
        "offset:-1 n_buckets:[1] n_offset:2 counter_reset_hint:gauge}}"
    )
    assert histogram.positive == {-1: 5.0, 0: 10.0, 1: 7.0}
    assert histogram.negative == {2: 1.0}
    assert (histogram.schema, histogram.zero_count, histogram.hint) == (1, 1, ResetHint.GAUGE)
    values = parse_values("{{count:1}}+{{count:2}}x2 {{count:9}}-{{count:1}}x1 {{}}x1")
    assert [own.count for own in values if isinstance(own, FloatHistogram)] == [1, 3, 5, 9, 8, 0, 0]


@pytest.mark.parametrize(
    "text", ["a", "1+2", "1x", "1x9999999", "{{nope:1}}", "{{count:1 count:2}}", "{{count:1}}+{{schema:-53}}x1", "1,2"]
)
def test_refuses(text: str) -> None:
    with pytest.raises(InvalidNotation):
        parse_values(text)


@given(st.text(alphabet="ax1+-_ .{}:[]inf\"'", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        series = parse_series(text)
    except (InvalidNotation, ValueError):
        return
    assert isinstance(series.labels, Labels)
