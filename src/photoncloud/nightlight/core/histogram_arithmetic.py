"""Sums, differences, scaling and reset detection of native histograms of different layouts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from photoncloud.nightlight.core.histogram import CUSTOM_SCHEMA, FloatHistogram, ResetHint, exponential_bound


@dataclass(frozen=True, slots=True)
class Combined:
    """A sum or difference; `collides`: one side knew of a reset, the other of none; `reconciled`: custom bounds
    differed and only the common ones are left."""

    histogram: FloatHistogram
    collides: bool
    reconciled: bool


def added(left: FloatHistogram, right: FloatHistogram, sign: float = 1.0) -> Combined | None:
    """`left + sign * right`, sign 1 or -1; None when one has custom bounds and the other has not."""
    if left.is_custom != right.is_custom:
        return None
    hint, collides = _hint_of_sum(left.hint, right.hint)
    if left.is_custom:
        one, other = with_common_bounds(left, right)
    else:
        one, other = _aligned(left, right)
    total = FloatHistogram(
        one.schema,
        one.zero_threshold,
        one.zero_count + sign * other.zero_count,
        one.count + sign * other.count,
        one.sum + sign * other.sum,
        _sum_of(one.positive, other.positive, sign),
        _sum_of(one.negative, other.negative, sign),
        one.custom_bounds,
        hint,
    )
    return Combined(total, collides, left.custom_bounds != right.custom_bounds)


def scaled(histogram: FloatHistogram, factor: float) -> FloatHistogram:
    """Every count and the sum times `factor`; a negative factor makes a gauge."""
    return replace(
        histogram,
        zero_count=histogram.zero_count * factor,
        count=histogram.count * factor,
        sum=histogram.sum * factor,
        positive={index: count * factor for index, count in histogram.positive.items()},
        negative={index: count * factor for index, count in histogram.negative.items()},
        hint=ResetHint.GAUGE if factor < 0 else histogram.hint,
    )


def divided(histogram: FloatHistogram, divisor: float) -> FloatHistogram:
    """Everything divided; by zero no bucket is left and the numbers are infinite or NaN."""
    buckets = {} if divisor == 0 else _quotients(histogram.positive, divisor)
    mirrored = {} if divisor == 0 else _quotients(histogram.negative, divisor)
    return replace(
        histogram,
        zero_count=_quotient(histogram.zero_count, divisor),
        count=_quotient(histogram.count, divisor),
        sum=_quotient(histogram.sum, divisor),
        positive=buckets,
        negative=mirrored,
        hint=ResetHint.GAUGE if divisor < 0 else histogram.hint,
    )


def _quotients(buckets: Mapping[int, float], divisor: float) -> dict[int, float]:
    return {index: _quotient(count, divisor) for index, count in buckets.items()}


def _quotient(value: float, divisor: float) -> float:
    """IEEE division."""
    if divisor != 0:
        return value / divisor
    if value == 0 or value != value:
        return float("nan")
    return float("inf") if (value > 0) == (str(divisor)[0] != "-") else float("-inf")


def _hint_of_sum(left: ResetHint, right: ResetHint) -> tuple[ResetHint, bool]:
    if left is right:
        return left, False
    if ResetHint.GAUGE in (left, right):
        return ResetHint.GAUGE, False
    return ResetHint.UNKNOWN, ResetHint.UNKNOWN not in (left, right)


def total(histograms: Sequence[FloatHistogram], *, as_mean: bool = False) -> Combined | None:
    """The sum, or mean, of one or more histograms; None when some have custom bounds and others not.

    Each count is summed exactly and rounded once. A mean whose sum would overflow is summed from the shares.
    """
    layout = histograms[0]
    hint = layout.hint
    for other in histograms[1:]:
        if other.is_custom != layout.is_custom:
            return None
        layout = with_common_bounds(layout, other)[0] if layout.is_custom else _aligned(layout, other)[0]
        hint = _hint_of_sum(hint, other.hint)[0]
    same = [_in_layout(histogram, layout) for histogram in histograms]
    divisor = float(len(same)) if as_mean else 1.0

    def added_up(numbers: list[float]) -> float:
        whole = _exact_sum(numbers)
        if as_mean and math.isinf(whole) and all(map(math.isfinite, numbers)):
            return _exact_sum([number / divisor for number in numbers])
        return whole / divisor

    def side(buckets: list[Mapping[int, float]]) -> dict[int, float]:
        indexes = sorted({index for own in buckets for index in own})
        return {index: added_up([own.get(index, 0.0) for own in buckets]) for index in indexes}

    result = replace(
        layout,
        zero_count=added_up([own.zero_count for own in same]),
        count=added_up([own.count for own in same]),
        sum=added_up([own.sum for own in same]),
        positive=side([own.positive for own in same]),
        negative=side([own.negative for own in same]),
        hint=hint,
    )
    hints = {own.hint for own in histograms}
    collides = {ResetHint.RESET, ResetHint.NOT_RESET} <= hints
    return Combined(result, collides, len({own.custom_bounds for own in histograms}) > 1)


def _in_layout(histogram: FloatHistogram, layout: FloatHistogram) -> FloatHistogram:
    if layout.is_custom:
        return with_common_bounds(histogram, layout)[0]
    return at_schema(with_zero_threshold(histogram, layout.zero_threshold), layout.schema)


def _exact_sum(numbers: list[float]) -> float:
    """Rounded once; infinities and NaN as IEEE addition gives them."""
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):
        return sum(numbers)


def _sum_of(left: Mapping[int, float], right: Mapping[int, float], sign: float) -> dict[int, float]:
    total = dict(left)
    for index, count in right.items():
        total[index] = total.get(index, 0.0) + sign * count
    return total


def at_schema(histogram: FloatHistogram, schema: int) -> FloatHistogram:
    """Exponential buckets merged to a lower resolution."""
    if histogram.schema == schema or histogram.is_custom:
        return histogram
    shift = histogram.schema - schema

    def coarser(buckets: Mapping[int, float]) -> dict[int, float]:
        merged: dict[int, float] = {}
        for index, count in buckets.items():
            place = ((index - 1) >> shift) + 1
            merged[place] = merged.get(place, 0.0) + count
        return merged

    return replace(histogram, schema=schema, positive=coarser(histogram.positive), negative=coarser(histogram.negative))


def _aligned(left: FloatHistogram, right: FloatHistogram) -> tuple[FloatHistogram, FloatHistogram]:
    """Both with the wider zero bucket and the lower resolution."""
    while left.zero_threshold != right.zero_threshold:
        if left.zero_threshold > right.zero_threshold:
            right = with_zero_threshold(right, left.zero_threshold)
        else:
            left = with_zero_threshold(left, right.zero_threshold)
    schema = min(left.schema, right.schema)
    return at_schema(left, schema), at_schema(right, schema)


def with_zero_threshold(histogram: FloatHistogram, threshold: float) -> FloatHistogram:
    """A wider zero bucket that swallows what it covers; it widens further rather than cut a populated bucket."""
    sides = [_Side(histogram.positive, histogram.schema), _Side(histogram.negative, histogram.schema)]
    while True:
        widened = max(side.widened(threshold) for side in sides)
        if widened == threshold:
            break
        threshold = widened
    swallowed = sum(side.below(threshold) for side in sides)
    return replace(
        histogram,
        zero_threshold=threshold,
        zero_count=histogram.zero_count + swallowed,
        positive=sides[0].above(threshold),
        negative=sides[1].above(threshold),
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """The buckets of one sign."""

    buckets: Mapping[int, float]
    schema: int

    def widened(self, threshold: float) -> float:
        """The threshold, or the upper bound of the populated bucket it would cut."""
        for index in sorted(self.buckets):
            upper = exponential_bound(index, self.schema)
            if self.buckets[index] and exponential_bound(index - 1, self.schema) < threshold < upper:
                return upper
        return threshold

    def below(self, threshold: float) -> float:
        return sum(count for index, count in self.buckets.items() if self._is_below(index, threshold))

    def above(self, threshold: float) -> dict[int, float]:
        return {index: count for index, count in self.buckets.items() if not self._is_below(index, threshold)}

    def _is_below(self, index: int, threshold: float) -> bool:
        return exponential_bound(index - 1, self.schema) < threshold


def with_common_bounds(left: FloatHistogram, right: FloatHistogram) -> tuple[FloatHistogram, FloatHistogram]:
    """Custom buckets of both merged to the bounds they share."""
    if left.custom_bounds == right.custom_bounds:
        return left, right
    bounds = tuple(bound for bound in left.custom_bounds if bound in set(right.custom_bounds))
    return _at_bounds(left, bounds), _at_bounds(right, bounds)


def _at_bounds(histogram: FloatHistogram, bounds: tuple[float, ...]) -> FloatHistogram:
    merged: dict[int, float] = {}
    for index, count in histogram.positive.items():
        upper = histogram.upper_bound(index)
        place = next((own for own, bound in enumerate(bounds) if bound >= upper), len(bounds))
        merged[place] = merged.get(place, 0.0) + count
    return replace(histogram, positive=merged, custom_bounds=bounds)


def is_reset(current: FloatHistogram, previous: FloatHistogram) -> bool:
    """Whether a counter was reset between two samples; the hint of the later one decides if it has one."""
    if current.hint is ResetHint.RESET:
        return True
    if current.hint is ResetHint.NOT_RESET:
        return False
    if current.count < previous.count or current.is_custom != previous.is_custom:
        return True
    if current.schema == CUSTOM_SCHEMA:
        current, previous = with_common_bounds(current, previous)
        return _has_fallen(current.positive, previous.positive)
    if current.schema > previous.schema or current.zero_threshold < previous.zero_threshold:
        return True
    widened = with_zero_threshold(previous, current.zero_threshold)
    if widened.zero_threshold != current.zero_threshold or current.zero_count < widened.zero_count:
        return True
    coarse = at_schema(widened, current.schema)
    return _has_fallen(current.positive, coarse.positive) or _has_fallen(current.negative, coarse.negative)


def _has_fallen(current: Mapping[int, float], previous: Mapping[int, float]) -> bool:
    return any(current.get(index, 0.0) < count for index, count in previous.items())
