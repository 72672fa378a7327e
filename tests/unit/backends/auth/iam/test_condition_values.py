"""How condition values are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.backends.auth.iam import condition_values as values

SECOND = 10**9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", Decimal(0)),
        ("-12.50", Decimal("-12.5")),
        ("+7", Decimal(7)),
        ("9" * 40, Decimal("9" * 40)),
        ("9" * 41, None),
        ("", None),
        ("-", None),
        (".5", None),
        ("5.", None),
        ("1e3", None),
        ("NaN", None),
        ("Infinity", None),
        (" 1", None),
        ("1_0", None),
        ("١", None),
    ],
)
def test_numbers(text: str, expected: Decimal | None) -> None:
    assert values.parse_number(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("-1", -SECOND),
        ("9223372036854775807", 9223372036854775807 * SECOND),
        ("9223372036854775808", None),
        ("9" * 5000, None),
        ("1970-01-02", 86400 * SECOND),
        ("1970-02", 31 * 86400 * SECOND),
        ("1970-01-01T00:00Z", 0),
        ("1970-01-01t00:00:01z", SECOND),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T01:30:00+0130", None),
        ("1970-01-01T00:00:00-01", 3600 * SECOND),
        ("1970-01-01T00:00:00", 0),
        ("1970-01-01T00", None),
        ("1970-01-01T24:00:00Z", None),
        ("1970-01-01T00:60:00Z", None),
        ("1970-01-01T00:00:60Z", None),
        ("1970-01-01T0:00:00Z", None),
        ("1970-01-01T00:00:00.0000000001Z", None),
        ("1970-01-01T00:00:00.Z", None),
        ("1970-01-01T00:00:00Zjunk", None),
        ("1970-01-01T", None),
        ("1970-13-01", None),
        ("1970-02-30", None),
        ("70-01-01", None),
        ("", None),
        ("-", None),
        ("tomorrow", None),
    ],
)
def test_dates(text: str, expected: int | None) -> None:
    assert values.parse_date(text) == expected


@given(st.datetimes(timezones=st.timezones()))
def test_dates_agree_with_the_standard_library(moment: datetime) -> None:
    offset = moment.utcoffset()
    if offset is None or offset.seconds % 60:
        return
    try:
        exact = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    except OverflowError:
        return
    assert values.parse_date(moment.isoformat()) == exact * 1000


@given(st.text(max_size=30))
def test_nothing_is_raised(text: str) -> None:
    for parse in (values.parse_number, values.parse_date, values.parse_bool, values.parse_binary):
        parse(text)
    values.parse_address(text)
    values.parse_network(text)


def test_addresses() -> None:
    assert values.parse_address("::ffff:192.0.2.1") == ip_address("192.0.2.1")
    assert values.parse_address("192.0.2.1") == ip_address("192.0.2.1")
    assert values.parse_address("192.0.2.1/24") is None
    assert values.parse_address("192.0.2.01") is None
    assert values.parse_network("192.0.2.1/24") == ip_network("192.0.2.0/24")
    assert values.parse_network("192.0.2.1/33") is None


def test_booleans_and_binary() -> None:
    assert values.parse_bool("TRUE") is True
    assert values.parse_bool("false") is False
    assert values.parse_bool("1") is None
    assert values.parse_binary("QUI=") == b"AB"
    assert values.parse_binary("QUI") is None
    assert values.parse_binary("Q U I =") is None
