"""`and`, `or`, `unless`: which series are there, whatever their values."""

from __future__ import annotations

import numpy as np

from photoncloud.nightlight.core.engine.frame import Frame, merged, stacked
from photoncloud.nightlight.core.engine.matching import sides
from photoncloud.nightlight.core.kernels import group_counts
from photoncloud.nightlight.core.promql.ast import Matching


def combined(op: str, left: Frame, right: Frame, matching: Matching) -> Frame:
    """The set operation at every step."""
    met = sides(left, right, matching)
    count = len(met.keys)
    if op == "or":
        has_left = group_counts(met.many_groups, left.present, count) > 0
        added = right.where(~has_left[met.one_groups]) if len(right.labels) else right
        return merged(stacked([left.without_empty_rows(), added.without_empty_rows()]))
    has_right = group_counts(met.one_groups, right.present, count) > 0
    wanted = has_right[met.many_groups] if len(left.labels) else np.zeros(left.present.shape, bool)
    return left.where(wanted if op == "and" else ~wanted).without_empty_rows()
