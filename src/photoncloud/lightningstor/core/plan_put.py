"""Putting a new current version on a key, whatever the bucket's versioning state: Put, POST, and the core of Copy
and Complete.

In: the head with its revisions, the noncurrent null version where it matters, and the new record. Out: the
transaction with the facts of the reply, or an S3Error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from photoncloud.lightningstor.core import record_codec, version_id
from photoncloud.lightningstor.core.preconditions import WriteConditions, check_write
from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.core.transaction import Compare, Put, Transaction
from photoncloud.lightningstor.core.versioning import (
    Change,
    Clock,
    Head,
    Place,
    StoredVersion,
    Usage,
    next_sequence,
)

EventRows = Callable[[ObjectRecord, int], tuple[Put, ...]]
"""(version made or removed, sequence of the change) → outbox rows that go into the same transaction."""


def no_events(record: ObjectRecord, sequence: int) -> tuple[Put, ...]:
    return ()


class Draw(NamedTuple):
    """What a plan may not make itself: the time and 8 random bytes for a version id, drawn anew for each plan."""

    now_ns: int
    tail: bytes
    newest_ms: int = 0

    @property
    def clock(self) -> Clock:
        return Clock(self.now_ns // 1_000_000, self.newest_ms)


class PutPlan(NamedTuple):
    """`version_id` is what the reply shows: None in a bucket that was never versioned."""

    transaction: Transaction
    record: ObjectRecord
    value: bytes
    version_id: str | None
    usage: Usage

    @property
    def head_after(self) -> tuple[ObjectRecord, bytes]:
        """The head once the transaction is committed."""
        return self.record, self.value


def needs_null_version(place: Place, head: Head) -> bool:
    """Whether a new null version may have to replace a noncurrent one, which must then be read for the plan."""
    return place.versioning == "Suspended" and head.record is not None and bool(head.record.version_tail)


def plan_put(
    place: Place,
    head: Head,
    null: StoredVersion | None,
    draft: ObjectRecord,
    draw: Draw,
    *,
    conditions: WriteConditions,
    inline: bytes | None = None,
    events: EventRows = no_events,
    compares: tuple[Compare, ...] = (),
) -> PutPlan:
    """`draft` lacks sequence, version id and time. `events` gives rows for the same transaction; `compares` are
    demands besides the key's own, such as a copy source that must still be what was read.

    Raises S3Error PreconditionFailed, NoSuchKey, AccessDenied.
    """
    check_write(conditions, head, place.key)
    change = Change(place, head, draw.clock)
    record, value = install(change, null, draft, draw, inline)
    change.changes.extend(events(record, record.sequence))
    return PutPlan(change.transaction(*compares), record, value, shown_version(place, record), change.usage)


def install(
    change: Change, null: StoredVersion | None, draft: ObjectRecord, draw: Draw, inline: bytes | None
) -> tuple[ObjectRecord, bytes]:
    """Make `draft` the head: the old head is kept as a version or goes for good, as the versioning state says."""
    place, head = change.place, change.head
    is_null = place.versioning != "Enabled"
    record = msgspec.structs.replace(
        draft,
        sequence=next_sequence(draw.now_ns, head),
        version_tail=b"" if is_null else draw.tail,
        mtime_ms=change.clock.now_ms,
    )
    if is_null:
        change.replace_null(null)
    elif head.record is not None:
        change.demote_head()
    value = record_codec.encode(record)
    change.put_head(record, value)
    change.hold(record, inline)
    return record, value


def shown_version(place: Place, record: ObjectRecord) -> str | None:
    """The version id replies show for a record just written."""
    return version_id.text(record.sequence, record.version_tail) if place.versioning else None
