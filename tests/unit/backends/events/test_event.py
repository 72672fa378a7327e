from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from photoncloud.backends.events.errors import InvalidEvent, LimitExceeded
from photoncloud.backends.events.event import MAX_DATA_BYTES, Event, check_event

GOOD = Event("1", "/photon/flashdns/dns-1", "photon.dns.zone.changed", datetime(2026, 1, 1, tzinfo=UTC), data=b"{}")


def test_a_good_event_and_its_limits() -> None:
    check_event(GOOD)
    check_event(replace(GOOD, id="i" * 128, data=b"x" * MAX_DATA_BYTES, extensions={"traceparent": "00-1"}))


def test_too_large() -> None:
    with pytest.raises(LimitExceeded):
        check_event(replace(GOOD, data=b"x" * (MAX_DATA_BYTES + 1)))
    with pytest.raises(LimitExceeded):
        check_event(replace(GOOD, id="ä" * 65))
    with pytest.raises(LimitExceeded):
        check_event(replace(GOOD, extensions={"long": "x" * 1025}))


def test_time_is_utc() -> None:
    with pytest.raises(InvalidEvent):
        check_event(replace(GOOD, time=datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=9)))))


def test_data_needs_a_content_type_and_nothing_needs_none() -> None:
    with pytest.raises(InvalidEvent):
        check_event(replace(GOOD, datacontenttype=""))
    check_event(replace(GOOD, data=b"", datacontenttype=""))
