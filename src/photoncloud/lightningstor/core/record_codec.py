"""Records as bytes and back: one version byte, then a msgpack array.

Fields are only ever appended. A reader ignores fields it does not know, and a writer that changes a record it read
keeps them (`encode(record, previous=...)`), so an older program never strips what a newer one wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.records import (
    BucketRecord,
    ObjectRecord,
    PartRecord,
    Segment,
    SegmentRow,
    UploadRecord,
)
from photoncloud.lightningstor.errors import StoreDamaged

RECORD_VERSION = 1
_PREFIX = bytes((RECORD_VERSION,))

AnyRecord = TypeVar("AnyRecord", bound=msgspec.Struct)


class CompletedRecord(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What a repeated Complete needs to answer like the first: the version it made and what was asked."""

    place: bytes
    sequence: int
    version_tail: bytes
    parts_digest: bytes
    """Digest of the list of (number, ETag) of the request that won."""
    completed_ms: int


_encoder = msgspec.msgpack.Encoder()
_any_decoder = msgspec.msgpack.Decoder(list[msgspec.Raw])
_object_decoder = msgspec.msgpack.Decoder(ObjectRecord)
_bucket_decoder = msgspec.msgpack.Decoder(BucketRecord)
_upload_decoder = msgspec.msgpack.Decoder(UploadRecord)
_part_decoder = msgspec.msgpack.Decoder(PartRecord)
_segments_decoder = msgspec.msgpack.Decoder(SegmentRow)
_completed_decoder = msgspec.msgpack.Decoder(CompletedRecord)


def encode(record: msgspec.Struct, previous: bytes | None = None) -> bytes:
    """Bytes of a record. `previous` is the stored value it replaces; its unknown trailing fields are appended."""
    encoded = _PREFIX + _encoder.encode(record)
    if previous is None:
        return encoded
    unknown = _unknown_fields(previous, len(record.__struct_fields__))
    if not unknown:
        return encoded
    fields = _any_decoder.decode(memoryview(encoded)[1:])
    return _PREFIX + _encoder.encode([*fields, *unknown])


def _unknown_fields(value: bytes, known: int) -> Sequence[msgspec.Raw]:
    if not value or value[0] != RECORD_VERSION:
        return ()
    try:
        return _any_decoder.decode(memoryview(value)[1:])[known:]
    except msgspec.MsgspecError:
        return ()


def decode_object(value: bytes) -> ObjectRecord:
    """Raises StoreDamaged when the bytes are no record of this program's version, as all decoders here."""
    return _decode(_object_decoder, value, "object record")


def decode_bucket(value: bytes) -> BucketRecord:
    return _decode(_bucket_decoder, value, "bucket record")


def decode_upload(value: bytes) -> UploadRecord:
    return _decode(_upload_decoder, value, "upload record")


def decode_part(value: bytes) -> PartRecord:
    return _decode(_part_decoder, value, "part record")


def decode_segments(value: bytes) -> SegmentRow:
    return _decode(_segments_decoder, value, "segment row")


def decode_completed(value: bytes) -> CompletedRecord:
    return _decode(_completed_decoder, value, "completed upload")


def _decode(decoder: msgspec.msgpack.Decoder[AnyRecord], value: bytes, what: str) -> AnyRecord:
    if not value or value[0] != RECORD_VERSION:
        raise StoreDamaged(f"{what} of unknown version", value[:16].hex())
    try:
        return decoder.decode(memoryview(value)[1:])
    except msgspec.MsgspecError as error:
        raise StoreDamaged(f"undecodable {what}: {error}", value[:16].hex()) from error


def segment_rows(body_id: bytes, row: SegmentRow) -> list[tuple[bytes, bytes]]:
    """The rows (key, value) that keep the segments and holds of one body, in order."""
    size = key_space.SEGMENTS_PER_ROW
    count = max(-(-len(row.segments) // size), -(-len(row.holds) // size), 1)
    return [
        (
            key_space.segments(body_id, number),
            encode(
                SegmentRow(
                    segments=row.segments[number * size : (number + 1) * size],
                    holds=row.holds[number * size : (number + 1) * size],
                )
            ),
        )
        for number in range(count)
    ]


def merged(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """The same bytes with adjoining runs of one blob joined."""
    result: list[Segment] = []
    for segment in segments:
        last = result[-1] if result else None
        if last and last.blob == segment.blob and last.offset + last.length == segment.offset:
            result[-1] = Segment(last.blob, last.offset, last.length + segment.length, last.is_inline)
        elif segment.length:
            result.append(segment)
    return tuple(result)
