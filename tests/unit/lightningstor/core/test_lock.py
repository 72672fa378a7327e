"""Object lock: who may remove or weaken what."""

import pytest

from photoncloud.lightningstor.core import lock, xml_in
from photoncloud.lightningstor.core.records import BucketRecord, ObjectLock
from photoncloud.lightningstor.errors import S3Error

NOW = 1_700_000_000_000
DAY = 86_400_000
HOUR = 3_600_000
GOVERNANCE = ObjectLock("GOVERNANCE", NOW + DAY)
COMPLIANCE = ObjectLock("COMPLIANCE", NOW + DAY)
EXPIRED = ObjectLock("COMPLIANCE", NOW - DAY)
HELD = ObjectLock(legal_hold=True)


def bucket(**fields):
    return BucketRecord(
        name="b", id=b"12345678", owner="o", owner_name="", account_id="", region="", created_ms=0, **fields
    )


@pytest.mark.parametrize(
    ("held", "may_bypass", "newest", "expected"),
    [
        (None, False, 0, False),
        (ObjectLock(), False, 0, False),
        (GOVERNANCE, False, 0, True),
        (GOVERNANCE, True, 0, False),
        (COMPLIANCE, False, 0, True),
        (COMPLIANCE, True, 0, True),
        (EXPIRED, False, 0, False),
        (EXPIRED, False, NOW + HOUR, False),
        (EXPIRED, False, NOW + HOUR + 1, True),  # the clock cannot be believed
        (HELD, True, 0, True),
        (ObjectLock("GOVERNANCE", NOW + DAY, True), True, 0, True),
        (ObjectLock("UNHEARD-OF", NOW + DAY), True, 0, True),  # a mode of a newer program counts as locked
    ],
)
def test_is_protected(held, may_bypass, newest, expected):
    assert lock.is_protected(held, NOW, newest, may_bypass=may_bypass) is expected


LATER, EARLIER = NOW + 2 * DAY, NOW + DAY // 2


@pytest.mark.parametrize(
    ("before", "mode", "until", "may_bypass", "allowed"),
    [
        (None, "GOVERNANCE", LATER, False, True),
        (GOVERNANCE, "GOVERNANCE", LATER, False, True),
        (GOVERNANCE, "GOVERNANCE", EARLIER, False, False),
        (GOVERNANCE, "GOVERNANCE", EARLIER, True, True),
        (GOVERNANCE, "COMPLIANCE", LATER, False, True),
        (GOVERNANCE, "COMPLIANCE", EARLIER, False, False),
        (GOVERNANCE, "", 0, False, False),
        (GOVERNANCE, "", 0, True, True),
        (COMPLIANCE, "COMPLIANCE", LATER, False, True),
        (COMPLIANCE, "COMPLIANCE", EARLIER, True, False),
        (COMPLIANCE, "GOVERNANCE", LATER, True, False),
        (COMPLIANCE, "", 0, True, False),
        (EXPIRED, "GOVERNANCE", LATER, False, True),
        (EXPIRED, "", 0, False, True),
        (HELD, "COMPLIANCE", LATER, False, True),
    ],
)
def test_with_retention(before, mode, until, may_bypass, allowed):
    if not allowed:
        with pytest.raises(S3Error) as caught:
            lock.with_retention(before, mode, until, NOW, 0, may_bypass=may_bypass)
        assert (caught.value.code, caught.value.message) == ("AccessDenied", lock.PROTECTED)
        return
    after = lock.with_retention(before, mode, until, NOW, 0, may_bypass=may_bypass)
    holds = before is not None and before.legal_hold
    assert after == (ObjectLock(mode, until, holds) if mode or holds else None)


def test_a_wrong_clock_does_not_weaken_what_looks_expired():
    with pytest.raises(S3Error):
        lock.with_retention(EXPIRED, "", 0, NOW, NOW + 2 * HOUR, may_bypass=True)


def test_legal_hold_on_and_off():
    assert lock.with_legal_hold(None, True) == HELD
    assert lock.with_legal_hold(HELD, False) == ObjectLock()
    assert not lock.is_protected(ObjectLock(), 0, 0, may_bypass=False)
    assert lock.with_legal_hold(COMPLIANCE, False) == COMPLIANCE


@pytest.mark.parametrize(
    ("mode", "until", "hold", "default", "expected"),
    [
        (None, None, None, None, None),
        (None, None, "OFF", None, None),
        (None, None, "ON", None, HELD),
        ("GOVERNANCE", "2030-01-01T00:00:00Z", None, None, ObjectLock("GOVERNANCE", 1_893_456_000_000)),
        ("GOVERNANCE", "2030-01-01T09:00:00+09:00", "ON", None, ObjectLock("GOVERNANCE", 1_893_456_000_000, True)),
        (None, None, None, ("COMPLIANCE", 2, "Days"), ObjectLock("COMPLIANCE", NOW + 2 * DAY)),
        (None, None, "ON", ("COMPLIANCE", 2, "Days"), ObjectLock("COMPLIANCE", NOW + 2 * DAY, True)),
        (
            "GOVERNANCE",
            "2030-01-01T00:00:00Z",
            None,
            ("COMPLIANCE", 2, "Days"),
            ObjectLock("GOVERNANCE", 1_893_456_000_000),
        ),
    ],
)
def test_from_headers(mode, until, hold, default, expected):
    assert lock.from_headers(mode, until, hold, bucket(lock_enabled=True, default_lock=default), NOW) == expected


def test_years_are_calendar_years():
    leap = 1_709_164_800_000  # 2024-02-29
    assert lock.retention_end_ms(leap, 1, "Years") == leap + 366 * DAY  # 1 March 2025
    assert lock.retention_end_ms(leap, 4, "Years") == leap + 1461 * DAY


@pytest.mark.parametrize(
    ("arguments", "has_lock", "code", "message"),
    [
        (("GOVERNANCE", None, None), True, "InvalidArgument", lock._BOTH_HEADERS),
        ((None, "2030-01-01T00:00:00Z", None), True, "InvalidArgument", lock._BOTH_HEADERS),
        (("X", "2030-01-01T00:00:00Z", None), True, "InvalidArgument", "Unknown wormMode directive."),
        (
            ("GOVERNANCE", "2020-01-01T00:00:00Z", None),
            True,
            "InvalidArgument",
            "The retain until date must be in the future!",
        ),
        (("GOVERNANCE", "soon", None), True, "InvalidArgument", None),
        ((None, None, "MAYBE"), True, "InvalidArgument", None),
        ((None, None, "ON"), False, "InvalidRequest", "Bucket is missing Object Lock Configuration"),
    ],
)
def test_refused_headers(arguments, has_lock, code, message):
    with pytest.raises(S3Error) as caught:
        lock.from_headers(*arguments, bucket(lock_enabled=has_lock), NOW)
    assert caught.value.code == code
    if message:
        assert caught.value.message == message


def test_documents():
    def retention(inside):
        return lock.retention_from_xml(xml_in.parse(b"<Retention>%b</Retention>" % inside, "Retention"), NOW)

    date = b"<RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate>"
    assert retention(b"<Mode>COMPLIANCE</Mode>" + date) == ("COMPLIANCE", 1_893_456_000_000)
    assert retention(b"") == ("", 0)
    for broken in (b"<Mode>COMPLIANCE</Mode>", date, b"<Mode>compliance</Mode>" + date):
        with pytest.raises(S3Error) as caught:
            retention(broken)
        assert caught.value.code == "MalformedXML"
    hold = xml_in.parse(b"<LegalHold><Status>ON</Status></LegalHold>", "LegalHold")
    assert lock.legal_hold_from_xml(hold)
    with pytest.raises(S3Error):
        lock.legal_hold_from_xml(xml_in.parse(b"<LegalHold><Status>on</Status></LegalHold>", "LegalHold"))
