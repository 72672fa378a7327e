"""Series in memory: batches by common times, reset hints as storage finds them."""

from __future__ import annotations

from photoncloud.nightlight.core.histogram import FloatHistogram, ResetHint
from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.core.matcher import Matcher, MatchOp
from photoncloud.nightlight.core.memory_series import MemorySeries

ALL = [Matcher("a", MatchOp.REGEX, ".*")]


def test_series_of_common_times_share_a_batch() -> None:
    source = MemorySeries()
    for name in ("x", "y"):
        for time in (0, 10, 20):
            source.append(Labels.of({"a": name}), time, 1.0)
    source.append(Labels.of({"a": "z"}), 5, 2.0)
    batches = source.select(ALL, 0, 10)
    assert sorted((len(batch.labels), batch.times.tolist()) for batch in batches) == [(1, [5]), (2, [0, 10])]


def test_nothing_outside_of_the_range_or_the_matchers() -> None:
    source = MemorySeries()
    source.append(Labels.of({"a": "x"}), 10, 1.0)
    assert source.select(ALL, 11, 20) == []
    assert source.select([Matcher("a", MatchOp.EQUAL, "y")], 0, 20) == []


def test_hints_follow_the_predecessor() -> None:
    source = MemorySeries()
    labels = Labels.of({"a": "x"})
    counts = [3.0, 5.0, 1.0]
    for place, count in enumerate(counts):
        source.append(labels, place, FloatHistogram(count=count, sum=1.0))
    source.append(labels, 3, FloatHistogram(count=2.0, hint=ResetHint.GAUGE))
    source.append(labels, 4, FloatHistogram(count=1.0))
    histograms = source.select(ALL, 0, 10)[0].histograms
    assert histograms is not None
    hints = [own.hint for own in histograms[0]]
    assert hints == ["unknown", "not_reset", "reset", "gauge", "unknown"]
