"""The seam for a native twin: sums whose order matters, over whole arrays. Buffers in, buffers out, no objects.

`reference` is the readable definition; a twin offers the same names and passes the same tests.
"""

from photoncloud.nightlight.core.kernels.reference import (
    compensated_mean,
    compensated_sum,
    compensated_variance,
    extreme,
    group_counts,
    quantile,
    welford_variance,
)

__all__ = [
    "compensated_mean",
    "compensated_sum",
    "compensated_variance",
    "extreme",
    "group_counts",
    "quantile",
    "welford_variance",
]
