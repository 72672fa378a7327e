"""Native histograms: the value model. Counts are floats; an empty bucket is no bucket."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from photoncloud.nightlight.core.sample import is_stale, shortest_text

CUSTOM_SCHEMA = -53
"""The schema whose buckets have bounds of their own; others grow by 2^(2^-schema)."""
SCHEMA_MIN, SCHEMA_MAX = -4, 8


class ResetHint(StrEnum):
    """What is known about a counter reset before this sample."""

    UNKNOWN = "unknown"
    RESET = "reset"
    NOT_RESET = "not_reset"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True, eq=False)
class FloatHistogram:
    """Buckets by index: exponential bucket i holds `(base^(i-1), base^i]` (mirrored for `negative`); custom bucket i
    ends at `custom_bounds[i]`, the one after the last at +Inf. `zero_count` observations are within
    ±`zero_threshold`."""

    schema: int = 0
    zero_threshold: float = 0.0
    zero_count: float = 0.0
    count: float = 0.0
    sum: float = 0.0
    positive: Mapping[int, float] = field(default_factory=dict)
    negative: Mapping[int, float] = field(default_factory=dict)
    custom_bounds: tuple[float, ...] = ()
    hint: ResetHint = ResetHint.UNKNOWN

    @property
    def is_custom(self) -> bool:
        return self.schema == CUSTOM_SCHEMA

    @property
    def is_stale(self) -> bool:
        return is_stale(self.sum)

    def compacted(self) -> FloatHistogram:
        """Without empty buckets."""
        return replace(self, positive=_populated(self.positive), negative=_populated(self.negative))

    def with_hint(self, hint: ResetHint) -> FloatHistogram:
        return self if self.hint is hint else replace(self, hint=hint)

    def __str__(self) -> str:
        """Prometheus' text: count, sum and the populated buckets with their bounds."""
        parts = [f"count:{shortest_text(self.count)}", f"sum:{shortest_text(self.sum)}"]
        for bucket in self.buckets():
            opens, closes = "([[["[bucket.boundaries], "])]]"[bucket.boundaries]
            bounds = f"{shortest_text(bucket.lower)},{shortest_text(bucket.upper)}"
            parts.append(f"{opens}{bounds}{closes}:{shortest_text(bucket.count)}")
        return "{" + ", ".join(parts) + "}"

    def upper_bound(self, index: int) -> float:
        """The upper (for `negative`: outer) bound of a bucket."""
        if self.is_custom:
            return self.custom_bounds[index] if index < len(self.custom_bounds) else math.inf
        return exponential_bound(index, self.schema)

    def lower_bound(self, index: int) -> float:
        if self.is_custom:
            return self.custom_bounds[index - 1] if index > 0 else -math.inf
        return exponential_bound(index - 1, self.schema)

    def buckets(self) -> Iterator[Bucket]:
        """Populated buckets from the lowest bound to the highest, the zero bucket among them."""
        for index in sorted(self.negative, reverse=True):
            if self.negative[index]:
                yield Bucket(
                    -self.upper_bound(index), -self.lower_bound(index), self.negative[index], is_exponential=True
                )
        if self.zero_count:
            yield Bucket(-self.zero_threshold, self.zero_threshold, self.zero_count, is_zero=True)
        for index in sorted(self.positive):
            if self.positive[index]:
                low, high = self.lower_bound(index), self.upper_bound(index)
                yield Bucket(low, high, self.positive[index], is_exponential=not self.is_custom)


@dataclass(frozen=True, slots=True)
class Bucket:
    """`count` observations between two bounds."""

    lower: float
    upper: float
    count: float
    is_exponential: bool = False
    is_zero: bool = False

    @property
    def boundaries(self) -> int:
        """Which bounds belong to it: 0 the upper only, 1 the lower only, 3 both (zero bucket, first custom bucket)."""
        if self.is_zero or math.isinf(self.lower):
            return 3
        return 1 if self.is_exponential and self.upper <= 0 else 0


def exponential_bound(index: int, schema: int) -> float:
    """Upper bound of exponential bucket `index`: 2^(index * 2^-schema); exact for whole powers, +Inf above a double."""
    if schema <= 0:
        exponent = index << -schema
        return math.ldexp(1.0, exponent) if exponent <= 1024 - 1 else _last_bound(exponent)
    whole, part = index >> schema, index & ((1 << schema) - 1)
    if whole > 1023:
        return math.ldexp(1.0, 1023) * 2 * (1 - 2**-53) if part == 0 and whole == 1024 else math.inf
    return math.ldexp(2.0 ** (part / (1 << schema)), whole)


def _last_bound(exponent: int) -> float:
    """The bucket that ends at 2^1024 holds up to the largest double; what is above holds infinities."""
    return float.fromhex("0x1.fffffffffffffp+1023") if exponent == 1024 else math.inf


def _populated(buckets: Mapping[int, float]) -> dict[int, float]:
    return {index: buckets[index] for index in sorted(buckets) if buckets[index] != 0}


def is_equal(left: FloatHistogram, right: FloatHistogram) -> bool:
    """`==` of PromQL: everything but the hint, NaN by its bits; empty buckets do not count."""
    return _key(left) == _key(right)


def _key(histogram: FloatHistogram) -> tuple[object, ...]:
    def bits(value: float) -> bytes:
        return struct.pack("<d", value) if value != 0 else b""

    return (
        histogram.schema,
        bits(histogram.zero_threshold),
        bits(histogram.zero_count),
        bits(histogram.count),
        bits(histogram.sum),
        tuple((index, bits(count)) for index, count in _populated(histogram.positive).items()),
        tuple((index, bits(count)) for index, count in _populated(histogram.negative).items()),
        histogram.custom_bounds,
    )
