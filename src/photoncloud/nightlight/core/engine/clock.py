"""Parts of a date, in UTC, on truncated seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from photoncloud.nightlight.core.sample import Values

DAY_SECONDS = 86_400


def _days(seconds: Any) -> Any:
    return (seconds // DAY_SECONDS).astype("datetime64[D]")


def _day_of_month(seconds: Any) -> Any:
    days = _days(seconds)
    return (days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1


def _day_of_week(seconds: Any) -> Any:
    return (seconds // DAY_SECONDS + 4) % 7  # the epoch was a Thursday


def _day_of_year(seconds: Any) -> Any:
    days = _days(seconds)
    return (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64) + 1


def _days_in_month(seconds: Any) -> Any:
    months = _days(seconds).astype("datetime64[M]")
    return ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64)


def _month(seconds: Any) -> Any:
    return _days(seconds).astype("datetime64[M]").astype(np.int64) % 12 + 1


def _year(seconds: Any) -> Any:
    return _days(seconds).astype("datetime64[Y]").astype(np.int64) + 1970


PARTS: dict[str, Callable[[Any], Any]] = {
    "day_of_month": _day_of_month,
    "day_of_week": _day_of_week,
    "day_of_year": _day_of_year,
    "days_in_month": _days_in_month,
    "hour": lambda seconds: seconds // 3600 % 24,
    "minute": lambda seconds: seconds // 60 % 60,
    "month": _month,
    "year": _year,
}
SECONDS_MAX = 10**14
"""Beyond some three million years there is no calendar; such values (and NaN) count as the nearest that has one."""


def part(name: str, values: Values) -> Values:
    """The named part of every time, seconds in, numbers out; same shape."""
    seconds = np.nan_to_num(np.clip(values, -SECONDS_MAX, SECONDS_MAX), nan=0.0).astype(np.int64)
    return np.asarray(PARTS[name](seconds), np.float64)
