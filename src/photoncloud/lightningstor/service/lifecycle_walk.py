"""What lifecycle would do to a bucket at a moment: a walk over its versions and uploads that changes nothing.

The dry run prints these actions and the expirer carries them out, so the two cannot disagree.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

from photoncloud.lightningstor.core import key_space, lifecycle, record_codec, version_id
from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.errors import StoreDamaged
from photoncloud.lightningstor.ports import Index, IndexCursor, Row
from photoncloud.lightningstor.service.bucket_directory import Bucket

ActionKind = Literal["expire", "add-marker", "expire-noncurrent", "remove-marker", "abort-upload"]
_PAGE_ROWS = 256
_SEQUENCE_BYTES = 8


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. `record` is the version meant (None for uploads), `upload_id` the upload."""

    kind: ActionKind
    key: bytes
    expiry: lifecycle.Expiry
    record: ObjectRecord | None = None
    upload_id: bytes = b""

    @property
    def version_text(self) -> str:
        """The version's id, empty for uploads and whole keys."""
        if self.record is None or self.kind in ("expire", "add-marker"):
            return ""
        return version_id.text(self.record.sequence, self.record.version_tail)


def rules_of(bucket: Bucket) -> tuple[lifecycle.Rule, ...]:
    """The bucket's rules; empty when it has none."""
    return bucket.parsed("lifecycle", _parse) or ()


def _parse(document: bytes) -> tuple[lifecycle.Rule, ...]:
    return lifecycle.parse(document, lambda number: f"rule-{number}")


async def due_actions(index: Index, bucket: Bucket, at_ms: int, day_sec: int) -> AsyncIterator[Action]:
    """Every action that is due at `at_ms`, in key order, then the uploads to abort."""
    rules = rules_of(bucket)
    if not rules:
        return
    walk = _Walk(rules, bucket.record.versioning, at_ms, day_sec)
    async for key, head, noncurrent in _keys(index, bucket.record.id):
        for action in walk.of_key(key, head, noncurrent):
            yield action
    async for row in _rows(index, *key_space.bucket_rows(b"ui", bucket.record.id)):
        if (abort := walk.of_upload(row)) is not None:
            yield abort


@dataclass(frozen=True, slots=True)
class _Walk:
    rules: tuple[lifecycle.Rule, ...]
    versioning: str
    at_ms: int
    day_sec: int

    def of_key(self, key: bytes, head: ObjectRecord, noncurrent: list[ObjectRecord]) -> list[Action]:
        found = [self._of_head(key, head, bool(noncurrent))]
        found += [self._of_noncurrent(key, record, above) for above, record in enumerate(noncurrent)]
        return [action for action in found if action is not None and action.expiry.at_ms <= self.at_ms]

    def _of_head(self, key: bytes, head: ObjectRecord, has_versions: bool) -> Action | None:
        name = key.decode("utf-8")
        if head.kind == "marker":
            expiry = (
                None if has_versions else lifecycle.lone_marker_expiry(self.rules, name, head.mtime_ms, self.day_sec)
            )
            return None if expiry is None else Action("remove-marker", key, expiry, head)
        expiry = lifecycle.current_expiry(self.rules, name, head.size, head.tags, head.mtime_ms, self.day_sec)
        if expiry is None:
            return None
        return Action("add-marker" if self.versioning else "expire", key, expiry, head)

    def _of_noncurrent(self, key: bytes, record: ObjectRecord, newer: int) -> Action | None:
        since = record.noncurrent_since_ms
        expiry = lifecycle.noncurrent_expiry(
            self.rules, key.decode("utf-8"), record.size, record.tags, since, newer, self.day_sec
        )
        return None if expiry is None else Action("expire-noncurrent", key, expiry, record)

    def of_upload(self, row: Row) -> Action | None:
        try:
            upload = record_codec.decode_upload(row.value)
        except StoreDamaged:
            return None
        name = upload.key.decode("utf-8")
        expiry = lifecycle.upload_expiry(self.rules, name, upload.initiated_ms, self.day_sec)
        if expiry is None or expiry.at_ms > self.at_ms:
            return None
        return Action("abort-upload", upload.key, expiry, upload_id=row.key[-key_space.ID_BYTES :])


async def _keys(index: Index, bucket_id: bytes) -> AsyncIterator[tuple[bytes, ObjectRecord, list[ObjectRecord]]]:
    """(key, head, noncurrent versions newest first) of one snapshot, in key order.

    A key with a record that cannot be read is left out: what is not understood counts as locked.
    """
    families = [key_space.bucket_rows(family, bucket_id) for family in (b"c", b"m", b"v")]
    cursors = await index.cursors(families)
    try:
        for cursor, (start, _) in zip(cursors, families, strict=True):
            await cursor.seek(start)
        current, markers, versions = (_Peekable(cursor) for cursor in cursors)
        while True:
            heads = [head for head in (await current.peek(), await markers.peek()) if head is not None]
            if not heads:
                return
            row = min(heads, key=lambda each: each.key[1:])
            place = row.key[1:]
            await (current if row.key[:1] == b"c" else markers).next()
            values = [row.value]
            while (below := await versions.peek()) is not None and below.key[1:-_SEQUENCE_BYTES] <= place:
                await versions.next()
                if below.key[1:-_SEQUENCE_BYTES] == place:
                    values.append(below.value)
            key = key_space.unescape(place[key_space.BUCKET_ID_BYTES :])
            try:
                head, *noncurrent = [record_codec.decode_object(value) for value in values]
            except StoreDamaged:
                continue
            yield key, head, noncurrent
    finally:
        for cursor in cursors:
            cursor.close()


class _Peekable:
    """A cursor read in pages, with one row of look-ahead."""

    def __init__(self, cursor: IndexCursor) -> None:
        self._cursor = cursor
        self._rows: list[Row] = []
        self._at = 0
        self._is_exhausted = False

    async def peek(self) -> Row | None:
        if self._at == len(self._rows) and not self._is_exhausted:
            self._rows, self._at = await self._cursor.take(_PAGE_ROWS), 0
            self._is_exhausted = not self._rows
        return self._rows[self._at] if self._at < len(self._rows) else None

    async def next(self) -> None:
        self._at += 1


async def _rows(index: Index, start: bytes, end: bytes) -> AsyncIterator[Row]:
    cursor = await index.cursor(start, end)
    try:
        await cursor.seek(start)
        while rows := await cursor.take(_PAGE_ROWS):
            for row in rows:
                yield row
    finally:
        cursor.close()
