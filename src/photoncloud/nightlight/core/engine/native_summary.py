"""`histogram_count`, `_sum`, `_avg`, `_stddev`, `_stdvar`: one number per native histogram."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from photoncloud.nightlight.core.engine.frame import Frame
from photoncloud.nightlight.core.histogram import FloatHistogram
from photoncloud.nightlight.core.histogram_statistics import average, variance

SUMMARIES: dict[str, Callable[[FloatHistogram], float]] = {
    "histogram_count": lambda histogram: histogram.count,
    "histogram_sum": lambda histogram: histogram.sum,
    "histogram_avg": average,
    "histogram_stdvar": variance,
    "histogram_stddev": lambda histogram: float(np.sqrt(variance(histogram))),
}


def summarised(name: str, frame: Frame) -> Frame:
    """The number of every histogram; floats are left out."""
    present = frame.is_histogram
    values = np.zeros(present.shape)
    if frame.histograms is not None:
        for row, step in np.argwhere(present):
            values[row, step] = SUMMARIES[name](frame.histograms[row, step])
    return Frame(frame.labels, values, present, np.ones(len(frame.labels), bool)).without_empty_rows()
