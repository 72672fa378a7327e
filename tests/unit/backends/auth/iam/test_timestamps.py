"""Points in time as requests write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.backends.auth.iam import timestamps

LAST = 253402300799


@given(st.integers(0, LAST))
def test_round_trip(unix_sec: int) -> None:
    assert timestamps.parse_amz_date(timestamps.amz_date(unix_sec)) == unix_sec


@pytest.mark.parametrize(
    "stamp",
    [
        "",
        "20260304T050607",
        "20260304 050607Z",
        "2026-03-04T05:06",
        "20260230T050607Z",
        "20260304T250607Z",
        "20260304T050660Z",
        "00000101T000000Z",
        "２０２６0304T050607Z",
        "20260304T0506+7Z",
    ],
)
def test_not_a_date(stamp: str) -> None:
    assert timestamps.parse_amz_date(stamp) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fri, 24 May 2013 00:00:00 GMT", 1369353600),
        ("Fri, 24 May 2013 00:00:00 +0100", 1369350000),
        ("Fri, 24 May 2013 00:00:00", 1369353600),
        ("yesterday", None),
        ("", None),
        ("Fri, 99 May 2013 00:00:00 GMT", None),
    ],
)
def test_http_dates(text: str, expected: int | None) -> None:
    assert timestamps.parse_http_date(text) == expected


@given(st.text(max_size=60))
def test_http_dates_never_raise(text: str) -> None:
    result = timestamps.parse_http_date(text)
    assert result is None or isinstance(result, int)


def test_times_out_of_range_are_shown_at_the_edge() -> None:
    assert timestamps.iso_seconds(-5) == "1970-01-01T00:00:00Z"
    assert timestamps.iso_seconds(LAST + 5) == "9999-12-31T23:59:59Z"
