"""Points in time as requests and policies write them, to and from whole Unix seconds. No clock is read here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_LAST_SECOND = 253402300799  # 9999-12-31T23:59:59Z, the last that four-digit years can write
_AMZ_DATE_LENGTH = 16  # YYYYMMDDTHHMMSSZ


def parse_amz_date(stamp: str) -> int | None:
    """`YYYYMMDDTHHMMSSZ` to Unix seconds; `None` when it is anything else."""
    if len(stamp) != _AMZ_DATE_LENGTH or stamp[8] != "T" or stamp[15] != "Z":
        return None
    day, clock = stamp[:8], stamp[9:15]
    if not (stamp.isascii() and day.isdigit() and clock.isdigit()):
        return None
    try:
        moment = datetime(
            int(day[:4]), int(day[4:6]), int(day[6:]), int(clock[:2]), int(clock[2:4]), int(clock[4:]), 0, UTC
        )
    except ValueError:
        return None
    return (moment - _EPOCH) // _SECOND


def parse_http_date(value: str) -> int | None:
    """RFC 1123 (or RFC 850, asctime) date to Unix seconds; `None` when it is anything else."""
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return (moment - _EPOCH) // _SECOND
    except OverflowError:
        return None


def amz_date(unix_sec: int) -> str:
    """`YYYYMMDDTHHMMSSZ`."""
    return _moment(unix_sec).strftime("%Y%m%dT%H%M%SZ")


def iso_seconds(unix_sec: int) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ`."""
    return _moment(unix_sec).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(unix_sec: int) -> datetime:
    return _EPOCH + timedelta(seconds=min(max(unix_sec, 0), _LAST_SECOND))
