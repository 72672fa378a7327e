"""Deleting: a marker on top, or one version for good with the next one taking its place."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from photoncloud.lightningstor.core import key_space, lock, record_codec
from photoncloud.lightningstor.core.plan_put import Draw, EventRows, install, no_events, shown_version
from photoncloud.lightningstor.core.preconditions import WriteConditions, check_write
from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.core.transaction import Delete, Transaction
from photoncloud.lightningstor.core.version_id import VersionRef
from photoncloud.lightningstor.core.versioning import Change, Head, Place, StoredVersion, Usage, next_sequence


class DeletePlan(NamedTuple):
    """`transaction` None: nothing to do, which is a success too. `head_after` None: the key has no head then.

    `removed` is the version that went for good, `marker` the marker that was made.
    """

    transaction: Transaction | None
    removed: ObjectRecord | None = None
    marker: ObjectRecord | None = None
    version_id: str | None = None
    head_after: tuple[ObjectRecord, bytes] | None = None
    usage: Usage = Usage()

    @property
    def is_marker(self) -> bool:
        """Whether the reply says `x-amz-delete-marker: true`."""
        return self.marker is not None or (self.removed is not None and self.removed.kind == "marker")


NOTHING = DeletePlan(None)


def plan_delete(
    place: Place,
    head: Head,
    null: StoredVersion | None,
    draft_marker: ObjectRecord,
    draw: Draw,
    *,
    conditions: WriteConditions,
    removed_events: EventRows = no_events,
    marker_events: EventRows = no_events,
) -> DeletePlan:
    """DELETE without a version id. Raises S3Error PreconditionFailed, NoSuchKey, AccessDenied.

    Never versioned: the object goes. Enabled: a new marker hides the key, present or not. Suspended: a null marker,
    which replaces the null version only.
    """
    check_write(conditions, head, place.key)
    change = Change(place, head, draw.clock)
    if not place.versioning:
        if head.record is None:
            return NOTHING
        change.replace_null(None)
        change.drop_head()
        change.changes.extend(removed_events(head.record, next_sequence(draw.now_ns, head)))
        return DeletePlan(change.transaction(makes_room=True), removed=head.record, usage=change.usage)
    record, value = install(change, null, draft_marker, draw, None)
    change.changes.extend(marker_events(record, record.sequence))
    return DeletePlan(
        change.transaction(makes_room=True),
        marker=record,
        version_id=shown_version(place, record),
        head_after=(record, value),
        usage=change.usage,
    )


def is_head(ref: VersionRef, head: Head) -> bool:
    """Whether a version reference names the head."""
    record = head.record
    if record is None:
        return False
    if ref.is_null:
        return not record.version_tail
    return record.sequence == ref.sequence and record.version_tail == ref.tail


def plan_delete_version(
    place: Place,
    head: Head,
    target: StoredVersion | None,
    successor: StoredVersion | None,
    ref: VersionRef,
    draw: Draw,
    *,
    conditions: WriteConditions,
    may_bypass: bool,
    events: EventRows = no_events,
) -> DeletePlan:
    """DELETE with a version id: exactly that version goes, no marker is made.

    `target` is the noncurrent version named, None when the head is meant or the version does not exist; `successor`
    the newest noncurrent version, needed when the head goes. Conditions speak of the current object, whichever
    version goes. Raises S3Error AccessDenied under object lock, PreconditionFailed, NoSuchKey.
    """
    check_write(conditions, head, place.key)
    change = Change(place, head, draw.clock)
    if is_head(ref, head):
        removed = head.record
        assert removed is not None
    elif target is not None:
        removed = target.record
    else:
        return NOTHING
    lock.require_unprotected(removed.lock, change.clock.now_ms, change.clock.newest_ms, may_bypass=may_bypass)
    if target is not None and removed is target.record:
        change.drop_version(removed)
        change.touch_head()
        assert head.record is not None
        head_after: tuple[ObjectRecord, bytes] | None = (head.record, head.value)
    else:
        change.release(removed)
        head_after = _promote(change, successor)
    change.changes.extend(events(removed, next_sequence(draw.now_ns, head)))
    return DeletePlan(
        change.transaction(makes_room=True),
        removed=removed,
        version_id=shown_version(place, removed),
        head_after=head_after,
        usage=change.usage,
    )


def _promote(change: Change, successor: StoredVersion | None) -> tuple[ObjectRecord, bytes] | None:
    """The newest noncurrent version becomes the head, or the key disappears."""
    if successor is None:
        change.drop_head()
        return None
    record = msgspec.structs.replace(successor.record, noncurrent_since_ms=0)
    value = record_codec.encode(record, successor.value)
    rows = change.place.rows
    change.changes.append(Delete(key_space.version(rows, record.sequence)))
    if not record.version_tail:
        change.changes.append(Delete(key_space.null_version(rows)))
    change.put_head(record, value)
    return record, value
