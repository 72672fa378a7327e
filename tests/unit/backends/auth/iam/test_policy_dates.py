"""Dates that IAM takes when a policy is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.backends.auth.iam.policy_dates import is_policy_date


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "9223372036854775807",
        "2026",
        "2026-03",
        "2026-3-4",
        "2026-03-04T",
        "01T",
        "2026-03-04T5",
        "2026-03-04T05:06",
        "2026-03-04T05:06:07",
        "2026-03-04t05:06:07.123456789z",
        "2026-03-04T05:06:07+23",
        "2026-03-04T05:06:07-05:30",
        "-292275054",
    ],
)
def test_taken(text: str) -> None:
    assert is_policy_date(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "9223372036854775808",
        "1" * 30,
        "-292275055",
        "292278994-01-01",
        "2026-13",
        "2026-00",
        "2026-01-32",
        "2026-01-01-01",
        "2026-01-01T24",
        "2026-01-01T05:60",
        "2026-01-01T05:06:60",
        "2026-01-01T05:06:07+1",
        "2026-01-01T05:06:07+24",
        "2026-01-01T05:06:07+10:60",
        "2026-01-01T05:06:07.1234567890",
        "2026-01-01T05:06:07zz",
        "true",
        "１２",
    ],
)
def test_refused(text: str) -> None:
    assert not is_policy_date(text)


@given(st.text(alphabet="0123456789-:tTzZ.+ ", max_size=40))
def test_nothing_is_raised(text: str) -> None:
    assert is_policy_date(text) in (True, False)
