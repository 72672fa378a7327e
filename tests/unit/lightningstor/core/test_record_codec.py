"""Records survive being written and read, also by an older program."""

import msgspec
import pytest

from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.records import (
    Body,
    Checksum,
    Hold,
    ObjectLock,
    ObjectRecord,
    PartRecord,
    Segment,
    SegmentRow,
)
from photoncloud.lightningstor.errors import StoreDamaged

RECORD = ObjectRecord(
    sequence=7,
    version_tail=b"tailtail",
    size=3,
    etag="e" * 32,
    body=Body("inline", b"i" * 16),
    checksum=Checksum("CRC32C", "FULL_OBJECT", b"1234"),
    metadata={"a": "\xff"},
    lock=ObjectLock("COMPLIANCE", 1, True),
)


def test_round_trip_and_version_byte():
    value = record_codec.encode(RECORD)
    assert value[0] == record_codec.RECORD_VERSION
    assert record_codec.decode_object(value) == RECORD


def test_fields_of_a_newer_program_are_kept_when_a_record_is_changed():
    newer = b"\x01" + msgspec.msgpack.encode([*msgspec.msgpack.decode(record_codec.encode(RECORD)[1:]), "new", [1]])
    assert record_codec.decode_object(newer) == RECORD
    changed = msgspec.structs.replace(RECORD, tags={"k": "v"})
    rewritten = record_codec.encode(changed, newer)
    assert record_codec.decode_object(rewritten) == changed
    assert msgspec.msgpack.decode(rewritten[1:])[-2:] == ["new", [1]]


def test_records_of_an_older_program_lack_the_last_fields():
    fields = msgspec.msgpack.decode(record_codec.encode(PartRecord(number=1, size=2, etag="e", mtime_ms=3))[1:])
    older = b"\x01" + msgspec.msgpack.encode(fields[:5])
    assert record_codec.decode_part(older) == PartRecord(number=1, size=2, etag="e", mtime_ms=3)


@pytest.mark.parametrize(
    "value", [b"", b"\x02\x90", b"\x01", b"\x01\x90", b"\x01\xff\xff", record_codec.encode(RECORD)[:-3]]
)
def test_what_is_no_record_is_damage(value):
    with pytest.raises(StoreDamaged):
        record_codec.decode_object(value)


def test_a_thousand_segments_a_row_with_their_holds():
    segments = tuple(Segment(bytes([at % 250]) * 16, at, 1) for at in range(2001))
    holds = tuple(Hold(b"b" + bytes(16), number) for number in range(1500))
    rows = record_codec.segment_rows(b"x" * 16, SegmentRow(segments, holds))
    assert [key for key, _ in rows] == [key_space.segments(b"x" * 16, number) for number in range(3)]
    decoded = [record_codec.decode_segments(value) for _, value in rows]
    assert sum((row.segments for row in decoded), ()) == segments
    assert sum((row.holds for row in decoded), ()) == holds
    assert max(len(value) for _, value in rows) < 128 * 1024


def test_adjoining_runs_are_joined_and_empty_ones_dropped():
    a, b = b"a" * 16, b"b" * 16
    runs = [Segment(a, 0, 5), Segment(a, 5, 5), Segment(b, 0, 0), Segment(b, 10, 1), Segment(a, 10, 1)]
    assert record_codec.merged(runs) == (Segment(a, 0, 10), Segment(b, 10, 1), Segment(a, 10, 1))
