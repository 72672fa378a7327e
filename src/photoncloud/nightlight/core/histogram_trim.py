"""The operators `</` and `>/`: the observations of a histogram below or above a value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from photoncloud.nightlight.core.histogram import Bucket, FloatHistogram, ResetHint
from photoncloud.nightlight.core.histogram_statistics import middle, one_sided, share_below


def trimmed(histogram: FloatHistogram, at: float, *, keeps_below: bool) -> FloatHistogram:
    """What is left: cut buckets are interpolated, the sum is estimated anew from what remains. NaN keeps nothing."""
    cut = _Cut(histogram, at, keeps_below)
    positive = cut.side(histogram.positive, 1.0)
    negative = cut.side(histogram.negative, -1.0)
    zero_count = 0.0
    if histogram.zero_count:
        zero = Bucket(-histogram.zero_threshold, histogram.zero_threshold, histogram.zero_count, is_zero=True)
        zero_count = cut.kept(zero)
    count = zero_count + sum(positive.values()) + sum(negative.values())
    if count == histogram.count:
        return histogram
    return replace(
        histogram,
        zero_count=zero_count,
        positive=positive,
        negative=negative,
        count=count,
        sum=cut.sum,
        hint=ResetHint.GAUGE,
    )


class _Cut:
    """One trimming; `sum` grows with what was kept."""

    def __init__(self, histogram: FloatHistogram, at: float, keeps_below: bool) -> None:
        self._histogram = histogram
        self._at = at
        self._keeps_below = keeps_below
        self.sum = 0.0

    def side(self, buckets: Mapping[int, float], sign: float) -> dict[int, float]:
        """The kept counts of one sign's buckets."""
        found: dict[int, float] = {}
        for index, count in buckets.items():
            near, far = self._histogram.lower_bound(index), self._histogram.upper_bound(index)
            low, high = (near, far) if sign > 0 else (-far, -near)
            found[index] = self.kept(Bucket(low, high, count, is_exponential=not self._histogram.is_custom))
        return found

    def kept(self, bucket: Bucket) -> float:
        if math.isnan(self._at) or not bucket.count:
            return 0.0
        bucket = one_sided(bucket, self._histogram)
        below = share_below(bucket, self._at, self._histogram)
        share = below if self._keeps_below else 1.0 - below
        low = bucket.lower if self._keeps_below else max(bucket.lower, self._at)
        high = min(bucket.upper, self._at) if self._keeps_below else bucket.upper
        count = bucket.count * share
        if count:
            # a bucket without a bound on one side is as good as at its other bound
            low, high = (high, high) if math.isinf(low) else (low, low) if math.isinf(high) else (low, high)
            self.sum += count * middle(replace(bucket, lower=low, upper=high))
        return count
