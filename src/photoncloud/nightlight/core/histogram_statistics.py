"""Numbers that describe one native histogram: quantile, fraction, variance."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from photoncloud.nightlight.core.histogram import Bucket, FloatHistogram

NAN_RESULT = "input to histogram_quantile has NaN observations, result is NaN"
NAN_SKEW = "input to histogram_quantile has NaN observations, result is skewed higher"
NAN_EXCLUDED = "input to histogram_fraction has NaN observations, which are excluded from all fractions"


def quantile(q: float, histogram: FloatHistogram, inform: Callable[[str], None]) -> float:
    """The q-quantile: linear inside custom and zero buckets, exponential elsewhere; counted from the top for q >= 0.5.

    NaN observations are in the count but in no bucket: then it is counted from below, and `inform` is told.
    """
    if q < 0 or q > 1:
        return -math.inf if q < 0 else math.inf
    if histogram.count == 0 or math.isnan(q):
        return math.nan
    buckets = list(histogram.buckets())
    has_nan = math.isnan(histogram.sum)
    from_below = has_nan or q < 0.5
    rank = (q if from_below else 1.0 - q) * histogram.count
    bucket, seen = Bucket(0.0, 0.0, 0.0), 0.0
    for bucket in buckets if from_below else reversed(buckets):
        seen += bucket.count
        if seen >= rank:
            break
    bucket = one_sided(bucket, histogram)
    if histogram.is_custom and math.isinf(bucket.lower):
        return bucket.upper
    if histogram.is_custom and math.isinf(bucket.upper):
        return bucket.lower
    seen = min(seen, histogram.count)
    if seen < rank and has_nan:
        inform(NAN_RESULT)
        return math.nan
    if has_nan:
        inform(NAN_SKEW)
    inside = rank - (seen - bucket.count) if from_below else seen - rank
    return _between(bucket, inside / bucket.count if bucket.count else math.nan)


def one_sided(bucket: Bucket, histogram: FloatHistogram) -> Bucket:
    """The zero bucket of a histogram with observations of one sign only ends at 0; so does a first custom bucket whose
    upper bound is positive begin there."""
    if histogram.is_custom:
        return replace(bucket, lower=0.0) if bucket.lower == -math.inf and bucket.upper > 0 else bucket
    if not bucket.is_zero:
        return bucket
    has_positive, has_negative = any(histogram.positive.values()), any(histogram.negative.values())
    if has_positive and not has_negative:
        return replace(bucket, lower=0.0)
    return replace(bucket, upper=0.0) if has_negative and not has_positive else bucket


def _between(bucket: Bucket, fraction: float) -> float:
    """The value at a fraction of a bucket's observations."""
    if not bucket.is_exponential or (bucket.lower <= 0 <= bucket.upper):
        return bucket.lower + (bucket.upper - bucket.lower) * fraction
    low, high = math.log2(abs(bucket.lower)), math.log2(abs(bucket.upper))
    if bucket.lower > 0:
        return float(2 ** (low + (high - low) * fraction))
    return -float(2 ** (high + (low - high) * (1 - fraction)))


def share_below(bucket: Bucket, value: float, histogram: FloatHistogram) -> float:
    """Which share of a bucket's observations is below `value`, 0 to 1."""
    bucket = one_sided(bucket, histogram)
    if value >= bucket.upper:
        return 1.0
    if value <= bucket.lower:
        return 0.0
    if math.isinf(bucket.lower):
        return 1.0
    if math.isinf(bucket.upper):
        return 0.0
    if not bucket.is_exponential:
        return (value - bucket.lower) / (bucket.upper - bucket.lower)
    low, high, at = math.log2(abs(bucket.lower)), math.log2(abs(bucket.upper)), math.log2(abs(value))
    if value > 0:
        return (at - low) / (high - low)
    return 1 - (at - high) / (low - high)


def fraction(lower: float, upper: float, histogram: FloatHistogram, inform: Callable[[str], None]) -> float:
    """The share of observations between two values."""
    if histogram.count == 0 or math.isnan(lower) or math.isnan(upper):
        return math.nan
    if lower >= upper:
        return 0.0
    has_nan = math.isnan(histogram.sum)
    if has_nan:
        inform(NAN_EXCLUDED)
    buckets = list(histogram.buckets())
    limit = sum(bucket.count for bucket in buckets) if has_nan else histogram.count
    below_upper = sum(bucket.count * share_below(bucket, upper, histogram) for bucket in buckets)
    below_lower = sum(bucket.count * share_below(bucket, lower, histogram) for bucket in buckets)
    return (min(below_upper, limit) - min(below_lower, limit)) / histogram.count


def middle(bucket: Bucket) -> float:
    """The value that stands for a bucket: arithmetic mean of custom bounds, geometric of exponential ones, 0 for
    zero."""
    if bucket.is_zero:
        return 0.0
    if not bucket.is_exponential:
        return (bucket.upper + bucket.lower) / 2
    size = math.sqrt(abs(bucket.upper)) * math.sqrt(abs(bucket.lower))
    return -size if bucket.upper <= 0 else size


def variance(histogram: FloatHistogram) -> float:
    """Estimated population variance; NaN without observations."""
    if histogram.count == 0:
        return math.nan
    mean = histogram.sum / histogram.count
    squares = [bucket.count * (middle(bucket) - mean) ** 2 for bucket in histogram.buckets()]
    return sum(squares) / histogram.count


def average(histogram: FloatHistogram) -> float:
    return histogram.sum / histogram.count if histogram.count else math.nan
