"""Samples as storage hands them out: many series over one vector of times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.core.matcher import Matcher
from photoncloud.nightlight.core.sample import Mask, Times, Values

Histograms = NDArray[np.object_]
"""Cells are `FloatHistogram` or None (the sample is a float)."""
Array = NDArray[Any]


def holds_histogram(cells: Histograms) -> Mask:
    """Which cells hold a histogram; same shape."""
    return np.asarray(cells != None, bool)  # noqa: E711 - element by element


@dataclass(frozen=True, slots=True, eq=False)
class SampleBatch:
    """`rows` series over `n` common times.

    times int64[n] milliseconds, strictly rising; values f64[rows, n]; present bool[rows, n], None = every cell;
    histograms object[rows, n], None = floats only. Stale markers are values with the stale bits.
    """

    labels: Sequence[Labels]
    times: Times
    values: Values
    present: Mask | None = None
    histograms: Histograms | None = None


Select = Callable[[Sequence[Matcher], int, int], Sequence[SampleBatch]]
"""`ports.SampleSource.select`: matchers, first and last millisecond (both included) -> batches."""
