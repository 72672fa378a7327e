"""Series and expressions for the PromQL benchmark: every class of functions, few to many series and steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photoncloud.nightlight.core.batch import SampleBatch, Select
from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.core.matcher import Matcher, matches_all

SCRAPE_MS = 15_000
SAMPLES = 2_000
BATCH_ROWS = 500
"""Series of one scrape target: they share their times."""
BUCKETS = ("0.1", "0.5", "1.0", "5.0", "+Inf")

EXPRESSIONS = (
    "m_total",
    "rate(m_total[5m])",
    "sum by (job) (rate(m_total[5m]))",
    "increase(m_total[1h])",
    "irate(m_total[5m])",
    "avg_over_time(m_total[5m])",
    "max_over_time(m_total[5m])",
    "stddev_over_time(m_total[5m])",
    "quantile_over_time(0.9, m_total[5m])",
    "deriv(m_total[5m])",
    "changes(m_total[5m])",
    "sum(m_total)",
    "avg by (job) (m_total)",
    "stddev by (job) (m_total)",
    "quantile by (job) (0.9, m_total)",
    "topk by (job) (5, m_total)",
    "count_values by (job) ('v', m_total > bool 100)",
    "m_total + m_total",
    "m_total * on (job) group_left () sum by (job) (m_total)",
    "m_total and m_total > 100",
    "m_total > 100",
    "abs(m_total - 100)",
    'label_replace(m_total, "x", "$1", "job", "(.*)")',
    "max_over_time(rate(m_total[5m])[10m:1m])",
    "histogram_quantile(0.9, sum by (le, job) (rate(h_bucket[5m])))",
)


@dataclass(frozen=True, slots=True)
class Size:
    """How much an expression reads and answers."""

    series: int
    steps: int


SIZES = tuple(Size(series, steps) for series in (1, 100, 2_000) for steps in (1, 100, 1_000))


def made_source(series: int, seed: int) -> Select:
    """`series` counters in ten jobs and as many histogram buckets, in memory. Same seed, same samples."""
    rng = np.random.default_rng(seed)
    times = np.arange(SAMPLES, dtype=np.int64) * SCRAPE_MS
    batches: list[SampleBatch] = []
    for name, extra in (("m_total", (("", ""),)), ("h_bucket", tuple(("le", bound) for bound in BUCKETS))):
        labels = [
            Labels.of({"__name__": name, "job": f"job{own % 10}", "instance": str(own // len(extra)), **dict([pair])})
            for own in range(series)
            for pair in [extra[own % len(extra)]]
        ]
        for first in range(0, series, BATCH_ROWS):
            rows = labels[first : first + BATCH_ROWS]
            values = np.cumsum(rng.integers(0, 100, (len(rows), SAMPLES)), axis=1).astype(np.float64)
            batches.append(SampleBatch(rows, times, values))

    def select(matchers: tuple[Matcher, ...], start_ms: int, end_ms: int) -> list[SampleBatch]:
        low, high = np.searchsorted(times, [start_ms, end_ms + 1])
        found = []
        for batch in batches:
            rows = [row for row, own in enumerate(batch.labels) if matches_all(matchers, own)]
            if rows:
                chosen = [batch.labels[row] for row in rows]
                found.append(SampleBatch(chosen, times[low:high], batch.values[rows, low:high]))
        return found

    return select  # type: ignore[return-value]
