"""Turning the parts of an upload into an object: one transaction, no bytes moved.

The body's id is the upload's id; parts got their references when they were uploaded, so only the version's own
reference is added here. Parts that were uploaded and not chosen are left to the collector, which finds the upload as
a candidate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.plan_put import Draw, EventRows, PutPlan, install, no_events, shown_version
from photoncloud.lightningstor.core.preconditions import WriteConditions, check_write
from photoncloud.lightningstor.core.record_codec import CompletedRecord
from photoncloud.lightningstor.core.records import (
    Body,
    Checksum,
    Hold,
    ObjectRecord,
    PartRecord,
    Segment,
    SegmentRow,
    UploadRecord,
)
from photoncloud.lightningstor.core.transaction import Compare, Delete, Put
from photoncloud.lightningstor.core.versioning import Change, Head, Place, StoredVersion
from photoncloud.lightningstor.errors import S3Error

SEGMENTS_MAX = 30_000
"""Segments of one body: 30 rows, under 1.5 MB, so that Complete stays one transaction on every backend."""


class UploadRow(NamedTuple):
    """An unfinished upload as read: its record and the revision Complete, Abort and part uploads compare."""

    record: UploadRecord
    revision: int
    id: bytes


def part_segments(part: PartRecord) -> tuple[Segment, ...]:
    """The runs of bytes a part consists of."""
    if part.body.kind in ("inline", "blob"):
        return (Segment(part.body.id, 0, part.size, part.body.kind == "inline"),)
    return part.segments


def body_rows(upload_id: bytes, parts: Sequence[PartRecord]) -> SegmentRow:
    """Segments and holds of the body made of these parts. Raises S3Error InvalidRequest when there are too many."""
    segments = record_codec.merged([segment for part in parts for segment in part_segments(part)])
    if len(segments) > SEGMENTS_MAX:
        raise S3Error("InvalidRequest", f"The object would consist of more than {SEGMENTS_MAX} pieces of other objects")
    return SegmentRow(segments, tuple(Hold(part.hold, part.number) for part in parts if part.hold))


def completed_record(
    upload: UploadRow,
    parts: Sequence[PartRecord],
    etag: str,
    checksum: Checksum | None,
    crc64nvme: bytes,
    request_id: str,
) -> ObjectRecord:
    """What the finished object carries, without sequence, version id and time."""
    record = upload.record
    has_checksums = bool(record.checksum_algorithm)
    return ObjectRecord(
        sequence=0,
        version_tail=b"",
        size=sum(part.size for part in parts),
        etag=etag,
        body=Body(
            kind="multipart",
            id=upload.id,
            part_count=len(parts),
            part_sizes=tuple(part.size for part in parts),
            part_checksums=tuple(_checksum_of(part) for part in parts) if has_checksums else (),
            part_numbers=tuple(part.number for part in parts),
        ),
        checksum=checksum,
        crc64nvme=crc64nvme,
        headers=record.headers,
        metadata=record.metadata,
        tags=record.tags,
        owner=record.owner,
        owner_name=record.owner_name,
        grants=record.grants,
        encryption=record.encryption,
        lock=record.lock,
        storage_class=record.storage_class,
        redirect=record.redirect,
        upload_id=record.upload_id,
        request_id=request_id,
    )


def _checksum_of(part: PartRecord) -> bytes:
    return part.checksum.value if part.checksum else b""


def plan_complete(
    place: Place,
    head: Head,
    null: StoredVersion | None,
    upload: UploadRow,
    draft: ObjectRecord,
    rows: SegmentRow,
    parts_digest: bytes,
    draw: Draw,
    *,
    conditions: WriteConditions,
    events: EventRows = no_events,
) -> PutPlan:
    """Raises S3Error PreconditionFailed, NoSuchKey, AccessDenied."""
    check_write(conditions, head, place.key)
    change = Change(place, head, draw.clock)
    record, value = install(change, null, draft, draw, None)
    completed = CompletedRecord(
        place=place.rows,
        sequence=record.sequence,
        version_tail=record.version_tail,
        parts_digest=parts_digest,
        completed_ms=change.clock.now_ms,
    )
    upload_key = key_space.upload(place.rows, upload.id)
    change.changes.extend(Put(key, row) for key, row in record_codec.segment_rows(upload.id, rows))
    change.changes.append(Delete(upload_key))
    change.changes.append(Put(key_space.completed(upload.id), record_codec.encode(completed)))
    change.changes.append(Put(key_space.cleanup(upload.id), b""))
    change.changes.extend(events(record, record.sequence))
    transaction = change.transaction(Compare(upload_key, upload.revision))
    return PutPlan(transaction, record, value, shown_version(place, record), change.usage)
