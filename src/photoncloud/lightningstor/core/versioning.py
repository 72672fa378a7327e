"""What a key is made of, and the steps every change of it is put together from.

A key has a *head* (its current object in family `c`, or its current delete marker in `m`, never both) and, in buckets
that were ever versioned, noncurrent versions in `v`. The version without an id of its own (`null`) is the head, or
the version that row `n` points to, or absent. Every change of a key rewrites or removes its head row and compares
both head revisions, so all changes of one key are totally ordered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from photoncloud.lightningstor.core import key_space, lock, record_codec
from photoncloud.lightningstor.core.records import Body, ObjectRecord
from photoncloud.lightningstor.core.transaction import Compare, Delete, Put, Transaction


@dataclass(frozen=True, slots=True)
class Place:
    """A key of a bucket as a transaction sees it. `versioning` is the bucket's state: ``, `Enabled`, `Suspended`."""

    bucket_id: bytes
    key: bytes
    rows: bytes
    """`key_space.place`: what the rows of this key begin with after the family byte."""
    lives_revision: int
    versioning: str


@dataclass(frozen=True, slots=True)
class Head:
    """The current record of a key with the revisions a change compares; 0 where a row does not exist."""

    record: ObjectRecord | None = None
    value: bytes = b""
    current_revision: int = 0
    marker_revision: int = 0

    @property
    def is_marker(self) -> bool:
        return self.record is not None and self.record.kind == "marker"

    @property
    def object(self) -> ObjectRecord | None:
        """The current object; None when there is none or a marker hides the key."""
        return None if self.record is None or self.record.kind == "marker" else self.record


class StoredVersion(NamedTuple):
    """A noncurrent version: its record and the bytes it was decoded from."""

    record: ObjectRecord
    value: bytes


@dataclass(frozen=True, slots=True)
class Clock:
    """Time of a decision. `newest_ms` is the newest time any committed record carries (see `lock`)."""

    now_ms: int
    newest_ms: int = 0


class Usage(NamedTuple):
    """What a change does to the totals of its bucket: stored object versions and their bytes. Markers do not count."""

    objects: int = 0
    size: int = 0

    def plus(self, record: ObjectRecord, sign: int) -> Usage:
        if record.kind == "marker":
            return self
        return Usage(self.objects + sign, self.size + sign * record.size)


@dataclass(slots=True)
class Change:
    """A transaction on one key being put together."""

    place: Place
    head: Head
    clock: Clock
    changes: list[Put | Delete] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)

    def put_head(self, record: ObjectRecord, value: bytes) -> None:
        """Make `record` the head, removing a head of the other family."""
        is_marker = record.kind == "marker"
        self.changes.append(Put((key_space.marker if is_marker else key_space.current)(self.place.rows), value))
        other = self.head.current_revision if is_marker else self.head.marker_revision
        if other:
            self.changes.append(Delete((key_space.current if is_marker else key_space.marker)(self.place.rows)))

    def touch_head(self) -> None:
        """Rewrite the head unchanged: what orders a change of a noncurrent version among all others."""
        assert self.head.record is not None
        self.put_head(self.head.record, self.head.value)

    def drop_head(self) -> None:
        if self.head.current_revision:
            self.changes.append(Delete(key_space.current(self.place.rows)))
        if self.head.marker_revision:
            self.changes.append(Delete(key_space.marker(self.place.rows)))

    def demote_head(self) -> None:
        """Keep the head as newest noncurrent version."""
        record = self.head.record
        assert record is not None
        noncurrent = msgspec.structs.replace(record, noncurrent_since_ms=self.clock.now_ms)
        value = record_codec.encode(noncurrent, self.head.value)
        self.changes.append(Put(key_space.version(self.place.rows, record.sequence), value))
        if not record.version_tail:
            self.changes.append(Put(key_space.null_version(self.place.rows), record.sequence.to_bytes(8, "big")))

    def drop_version(self, record: ObjectRecord) -> None:
        """Remove a noncurrent version's row, its null pointer and what it holds."""
        self.changes.append(Delete(key_space.version(self.place.rows, record.sequence)))
        if not record.version_tail:
            self.changes.append(Delete(key_space.null_version(self.place.rows)))
        self.release(record)

    def hold(self, record: ObjectRecord, inline: bytes | None = None) -> None:
        """Add what a new version's body needs: its inline bytes, or its reference to a blob or body."""
        self.usage = self.usage.plus(record, +1)
        if record.body.kind == "inline":
            self.changes.append(Put(key_space.inline(record.body.id), inline or b""))
        elif target := body_target(record.body):
            user = key_space.user_version(self.place.rows, record.sequence)
            self.changes.append(Put(key_space.reference(target, user), b""))

    def release(self, record: ObjectRecord) -> None:
        """Give up what a removed version held: inline bytes go at once, blobs and bodies become candidates."""
        self.usage = self.usage.plus(record, -1)
        if record.body.kind == "inline":
            self.changes.append(Delete(key_space.inline(record.body.id)))
        elif target := body_target(record.body):
            user = key_space.user_version(self.place.rows, record.sequence)
            self.changes.append(Delete(key_space.reference(target, user)))
            self.changes.append(Put(key_space.candidate(self.clock.now_ms, target), b""))

    def replace_null(self, noncurrent_null: StoredVersion | None) -> None:
        """Make room for a new null head: the old null version goes for good, any other head stays as a version.

        Raises S3Error AccessDenied when the version that would vanish is under object lock.
        """
        head = self.head.record
        if head is not None and not head.version_tail:
            lock.require_unprotected(head.lock, self.clock.now_ms, self.clock.newest_ms, may_bypass=False)
            self.release(head)
            return
        if head is not None:
            self.demote_head()
        if noncurrent_null is not None:
            record = noncurrent_null.record
            lock.require_unprotected(record.lock, self.clock.now_ms, self.clock.newest_ms, may_bypass=False)
            self.drop_version(record)

    def transaction(self, *compares: Compare, makes_room: bool = False) -> Transaction:
        """The finished transaction: both head revisions and the bucket's life are compared, besides `compares`."""
        rows = self.place.rows
        return Transaction(
            compares=(
                Compare(key_space.current(rows), self.head.current_revision),
                Compare(key_space.marker(rows), self.head.marker_revision),
                Compare(key_space.lives(self.place.bucket_id), self.place.lives_revision),
                *compares,
            ),
            changes=tuple(self.changes),
            makes_room=makes_room,
        )


def body_target(body: Body) -> bytes:
    """Target of the reference row a version needs for this body; empty for inline and empty bodies."""
    if body.kind == "blob":
        return key_space.TARGET_BLOB + body.id
    if body.kind == "multipart":
        return key_space.TARGET_BODY + body.id
    return b""


def next_sequence(now_ns: int, head: Head) -> int:
    """Microseconds of now, or one more than the head's when the clock is behind it."""
    now_us = now_ns // 1000
    return now_us if head.record is None else max(now_us, head.record.sequence + 1)
