"""Parts of a date against the standard library."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.engine.clock import PARTS, part

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(st.integers(-60_000_000_000, 200_000_000_000))
def test_equals_the_calendar(seconds: int) -> None:
    at = EPOCH + timedelta(seconds=seconds)
    wanted = {
        "day_of_month": at.day,
        "day_of_week": at.isoweekday() % 7,
        "day_of_year": at.timetuple().tm_yday,
        "days_in_month": calendar.monthrange(at.year, at.month)[1],
        "hour": at.hour,
        "minute": at.minute,
        "month": at.month,
        "year": at.year,
    }
    assert {name: part(name, np.array([float(seconds)])).tolist()[0] for name in PARTS} == wanted


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_what_is_no_time_has_some_answer(value: float) -> None:
    for name in PARTS:
        assert np.isfinite(part(name, np.array([value]))).all()
