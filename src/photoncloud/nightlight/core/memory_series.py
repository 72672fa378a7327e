"""Series in memory: what PromQL unit tests and rule tests run on. A `ports.SampleSource`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from photoncloud.nightlight.core.batch import SampleBatch, holds_histogram
from photoncloud.nightlight.core.histogram import FloatHistogram, ResetHint
from photoncloud.nightlight.core.histogram_arithmetic import is_reset
from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.core.matcher import Matcher, matches_all

Sample = float | FloatHistogram


class MemorySeries:
    """Samples by series and time; a later sample of one time replaces an earlier one."""

    def __init__(self) -> None:
        self._series: dict[Labels, dict[int, Sample]] = {}

    def append(self, labels: Labels, time_ms: int, sample: Sample) -> None:
        """Store a sample. A histogram without a reset hint gets the one its predecessor implies."""
        samples = self._series.setdefault(labels, {})
        if isinstance(sample, FloatHistogram):
            before = samples[max(samples)] if samples else None
            sample = with_implied_hint(sample, before)
        samples[time_ms] = sample

    def select(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> list[SampleBatch]:
        """See `ports.SampleSource`: series that share their times come in one batch."""
        groups: dict[tuple[int, ...], list[tuple[Labels, list[Sample]]]] = {}
        for labels, samples in self._series.items():
            if not matches_all(matchers, labels):
                continue
            times = tuple(sorted(time for time in samples if start_ms <= time <= end_ms))
            if times:
                groups.setdefault(times, []).append((labels, [samples[time] for time in times]))
        return [_batch(times, members) for times, members in groups.items()]


def with_implied_hint(sample: FloatHistogram, before: Sample | None) -> FloatHistogram:
    """What storage knows about a reset when it appends a histogram behind another."""
    if sample.hint is not ResetHint.UNKNOWN or not isinstance(before, FloatHistogram):
        return sample
    if before.hint is ResetHint.GAUGE:
        return sample
    return sample.with_hint(ResetHint.RESET if is_reset(sample, before) else ResetHint.NOT_RESET)


def _batch(times: tuple[int, ...], members: list[tuple[Labels, list[Sample]]]) -> SampleBatch:
    shape = (len(members), len(times))
    values, histograms = np.zeros(shape), np.full(shape, None, object)
    for row, (_, samples) in enumerate(members):
        for column, sample in enumerate(samples):
            if isinstance(sample, FloatHistogram):
                histograms[row, column] = sample
            else:
                values[row, column] = sample
    has_histograms = bool(holds_histogram(histograms).any())
    return SampleBatch(
        [labels for labels, _ in members],
        np.array(times, np.int64),
        values,
        None,
        histograms if has_histograms else None,
    )
