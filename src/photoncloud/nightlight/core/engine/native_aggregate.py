"""`sum` and `avg` over groups that hold native histograms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from photoncloud.nightlight.core.batch import Array
from photoncloud.nightlight.core.engine.annotations import Annotations, for_metric
from photoncloud.nightlight.core.engine.frame import Frame
from photoncloud.nightlight.core.engine.native_operators import remarks
from photoncloud.nightlight.core.histogram_arithmetic import total
from photoncloud.nightlight.core.promql.ast import Aggregate

MIXED_SCHEMAS = "vector contains a mix of histograms with exponential and custom buckets schemas"


def reduced_histograms(
    expr: Aggregate, frame: Frame, members: Sequence[Array], floats: Frame, notes: Annotations
) -> Frame:
    """`floats` (one row per group of `members`) with the groups of histograms added; a group that mixes both kinds at a
    step gives nothing there."""
    assert frame.histograms is not None
    present = floats.present.copy()
    histograms = np.full(present.shape, None, object)
    is_histogram = frame.is_histogram
    for group, rows in enumerate(members):
        for step in np.flatnonzero(is_histogram[rows].any(axis=0)):
            present[group, step] = False
            own = rows[is_histogram[rows, step]]
            if frame.floats[rows, step].any():
                notes.warn("encountered a mix of histograms and floats for aggregation", expr.expr)
                continue
            summed = total(list(frame.histograms[own, step]), as_mean=expr.op == "avg")
            if summed is None:
                names = {frame.labels[row].metric_name for row in own}
                notes.warn(MIXED_SCHEMAS + for_metric(max(names)), expr.expr)
                continue
            warnings, infos = remarks(summed, "aggregation")
            for text in warnings:
                notes.warn(text, expr.expr)
            for text in infos:
                notes.inform(text, expr.expr)
            present[group, step] = True
            histograms[group, step] = summed.histogram.compacted()
    return replace(floats, present=present, histograms=histograms)
