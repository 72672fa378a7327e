"""Object lock (§4.10 of the component's page): who may remove or weaken what.

COMPLIANCE yields to nobody; GOVERNANCE to a caller who may bypass it and says so; a legal hold to nobody until it is
lifted. When the wall clock is far behind the newest committed record it cannot be believed, and every version that
has a lock at all stays.
"""

from __future__ import annotations

from datetime import UTC, datetime

from photoncloud.lightningstor.core.records import BucketRecord, ObjectLock
from photoncloud.lightningstor.core.xml_in import Element
from photoncloud.lightningstor.errors import S3Error

GOVERNANCE = "GOVERNANCE"
COMPLIANCE = "COMPLIANCE"
CLOCK_TRUST_MS = 3_600_000
"""A wall clock further behind the newest record than this is taken for wrong."""

PROTECTED = "Access Denied because object protected by object lock."
_DAY_MS = 86_400_000
_NO_LOCK_ON_BUCKET = "Bucket is missing Object Lock Configuration"
_BOTH_HEADERS = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"


def clock_is_behind(now_ms: int, newest_ms: int) -> bool:
    """Whether the wall clock is too far behind what was committed to be believed."""
    return newest_ms - now_ms > CLOCK_TRUST_MS


def is_protected(lock: ObjectLock | None, now_ms: int, newest_ms: int, *, may_bypass: bool) -> bool:
    """Whether a version must stay. `may_bypass`: the caller may bypass governance and asked for it."""
    if lock is None:
        return False
    if lock.legal_hold:
        return True
    retention = lock.mode
    if not retention or (retention == GOVERNANCE and may_bypass):
        return False
    return lock.retain_until_ms > now_ms or clock_is_behind(now_ms, newest_ms)


def require_unprotected(lock: ObjectLock | None, now_ms: int, newest_ms: int, *, may_bypass: bool) -> None:
    """Raises S3Error AccessDenied when the version must stay."""
    if is_protected(lock, now_ms, newest_ms, may_bypass=may_bypass):
        raise S3Error("AccessDenied", PROTECTED)


def require_lock_bucket(bucket: BucketRecord) -> None:
    """Raises S3Error InvalidRequest when the bucket has no object lock."""
    if not bucket.lock_enabled:
        raise S3Error("InvalidRequest", _NO_LOCK_ON_BUCKET)


def from_headers(
    mode: str | None, retain_until: str | None, legal_hold: str | None, bucket: BucketRecord, now_ms: int
) -> ObjectLock | None:
    """The lock a new version gets: from `x-amz-object-lock-*` headers, else the bucket's default retention."""
    if (mode is None) != (retain_until is None):
        raise S3Error("InvalidArgument", _BOTH_HEADERS)
    if mode is None and legal_hold is None and bucket.default_lock is None:
        return None
    if mode is not None or legal_hold is not None:
        require_lock_bucket(bucket)
    hold = False if legal_hold is None else parse_legal_hold(legal_hold)
    if mode is not None and retain_until is not None:
        return ObjectLock(parse_mode(mode), parse_future_date(retain_until, now_ms), hold)
    if bucket.default_lock is not None:
        default_mode, count, unit = bucket.default_lock
        return ObjectLock(default_mode, retention_end_ms(now_ms, count, unit), hold)
    return ObjectLock(legal_hold=hold) if hold else None


def retention_end_ms(now_ms: int, count: int, unit: str) -> int:
    """When a default retention of `count` `Days` or `Years` (calendar years) ends."""
    if unit == "Days":
        return now_ms + count * _DAY_MS
    start = datetime.fromtimestamp(now_ms / 1000, UTC)
    try:
        end = start.replace(year=start.year + count)
    except ValueError:  # 29 February
        end = start.replace(year=start.year + count, day=28) + (datetime(2001, 3, 1) - datetime(2001, 2, 28))
    return int(end.timestamp() * 1000)


def parse_mode(text: str) -> str:
    """Raises S3Error InvalidArgument."""
    if text not in (GOVERNANCE, COMPLIANCE):
        raise S3Error("InvalidArgument", "Unknown wormMode directive.")
    return text


def parse_legal_hold(text: str) -> bool:
    if text not in ("ON", "OFF"):
        raise S3Error("InvalidArgument", "Legal Hold must be either of 'ON' or 'OFF'")
    return text == "ON"


def parse_date(text: str) -> int:
    """ISO 8601 with zone → milliseconds. Raises S3Error InvalidArgument."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise S3Error("InvalidArgument", "The retain until date must be provided in ISO 8601 format") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def parse_future_date(text: str, now_ms: int) -> int:
    moment_ms = parse_date(text)
    if moment_ms <= now_ms:
        raise S3Error("InvalidArgument", "The retain until date must be in the future!")
    return moment_ms


def retention_from_xml(root: Element, now_ms: int) -> tuple[str, int]:
    """Mode and end of a `Retention` document; ("", 0) when it is empty, which asks to remove the retention."""
    retention, until = root.text_of("Mode"), root.text_of("RetainUntilDate")
    if retention is None and until is None:
        return "", 0
    if retention not in (GOVERNANCE, COMPLIANCE) or until is None:
        raise S3Error("MalformedXML")
    return retention, parse_future_date(until, now_ms)


def legal_hold_from_xml(root: Element) -> bool:
    status = root.text_of("Status")
    if status not in ("ON", "OFF"):
        raise S3Error("MalformedXML")
    return status == "ON"


def with_retention(
    old: ObjectLock | None, retention: str, until_ms: int, now_ms: int, newest_ms: int, *, may_bypass: bool
) -> ObjectLock | None:
    """The lock after PutObjectRetention. Raises S3Error AccessDenied when it would weaken what protects the version."""
    before = old or ObjectLock()
    in_force = bool(before.mode) and (before.retain_until_ms > now_ms or clock_is_behind(now_ms, newest_ms))
    if in_force:
        present = before.mode
        is_weaker = until_ms < before.retain_until_ms or retention != present
        is_allowed = present == GOVERNANCE and (may_bypass or _strengthens(before, retention, until_ms))
        if is_weaker and not is_allowed:
            raise S3Error("AccessDenied", PROTECTED)
    return _normal(ObjectLock(retention, until_ms, before.legal_hold))


def with_legal_hold(old: ObjectLock | None, on: bool) -> ObjectLock:
    """The lock after PutObjectLegalHold; a hold that was lifted is told as OFF, not as absent."""
    before = old or ObjectLock()
    return ObjectLock(before.mode, before.retain_until_ms, on)


def _strengthens(before: ObjectLock, retention: str, until_ms: int) -> bool:
    """GOVERNANCE turned into COMPLIANCE that ends no earlier."""
    return retention == COMPLIANCE and until_ms >= before.retain_until_ms


def _normal(lock: ObjectLock) -> ObjectLock | None:
    return lock if lock.mode or lock.legal_hold else None
