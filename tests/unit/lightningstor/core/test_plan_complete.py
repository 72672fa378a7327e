"""From parts to an object in one transaction."""

import pytest

from photoncloud.lightningstor.core import key_space, plan_complete, record_codec
from photoncloud.lightningstor.core.plan_complete import UploadRow, body_rows, completed_record
from photoncloud.lightningstor.core.plan_put import Draw
from photoncloud.lightningstor.core.preconditions import UNCONDITIONAL, WriteConditions
from photoncloud.lightningstor.core.records import Body, Checksum, Hold, PartRecord, Segment, UploadRecord
from photoncloud.lightningstor.core.transaction import Compare, Delete, Put
from photoncloud.lightningstor.core.versioning import Head, Place, Usage
from photoncloud.lightningstor.errors import S3Error

ROWS = key_space.place(b"bucketid", b"k")
PLACE = Place(b"bucketid", b"k", ROWS, 7, "Enabled")
ID = b"u" * 16
RECORD = UploadRecord(
    upload_id=ID.hex(),
    key=b"k",
    initiated_ms=1,
    initiator_arn="",
    initiator_name="",
    owner="o",
    owner_name="n",
    checksum_algorithm="CRC32",
    checksum_type="FULL_OBJECT",
    metadata={"m": "1"},
    tags={"t": "1"},
)
UPLOAD = UploadRow(RECORD, 3, ID)
BLOB = b"b" * 16
PARTS = [
    PartRecord(
        number=2,
        size=5,
        etag="a",
        mtime_ms=0,
        body=Body("blob", BLOB),
        checksum=Checksum("CRC32", "FULL_OBJECT", b"1234"),
        hold=b"b" + BLOB,
    ),
    PartRecord(number=3, size=0, etag="b", mtime_ms=0),
    PartRecord(
        number=9,
        size=4,
        etag="c",
        mtime_ms=0,
        segments=(Segment(b"x" * 16, 7, 3), Segment(b"y" * 16, 0, 1, True)),
        hold=b"m" + b"z" * 16,
    ),
]


def test_segments_and_holds():
    rows = body_rows(ID, PARTS)
    assert rows.segments == (
        Segment(BLOB, 0, 5),
        Segment(b"x" * 16, 7, 3),
        Segment(b"y" * 16, 0, 1, True),
    )
    assert rows.holds == (Hold(b"b" + BLOB, 2), Hold(b"m" + b"z" * 16, 9))


def test_what_the_object_carries():
    record = completed_record(UPLOAD, PARTS, "etag-3", Checksum("CRC32", "FULL_OBJECT", b"sum!"), b"12345678", "R")
    assert (record.size, record.etag, record.upload_id, record.request_id) == (9, "etag-3", ID.hex(), "R")
    assert (record.metadata, record.tags, record.owner) == ({"m": "1"}, {"t": "1"}, "o")
    assert record.body == Body("multipart", ID, 3, (5, 0, 4), (b"1234", b"", b""), (2, 3, 9))


def test_the_transaction():
    draft = completed_record(UPLOAD, PARTS, "etag-3", None, b"", "R")
    planned = plan_complete.plan_complete(
        PLACE,
        Head(),
        None,
        UPLOAD,
        draft,
        body_rows(ID, PARTS),
        b"digest",
        Draw(10_000_000_000, b"newtail!"),
        conditions=UNCONDITIONAL,
    )
    changes = {change.key: change for change in planned.transaction.changes}
    assert set(changes) == {
        key_space.current(ROWS),
        key_space.reference(b"m" + ID, key_space.user_version(ROWS, 10_000_000)),
        key_space.segments(ID, 0),
        key_space.upload(ROWS, ID),
        key_space.completed(ID),
        key_space.cleanup(ID),
    }
    assert isinstance(changes[key_space.upload(ROWS, ID)], Delete)
    assert planned.transaction.compares[-1] == Compare(key_space.upload(ROWS, ID), 3)
    mark = changes[key_space.completed(ID)]
    assert isinstance(mark, Put)
    done = record_codec.decode_completed(mark.value)
    assert (done.place, done.sequence, done.version_tail, done.parts_digest) == (
        ROWS,
        10_000_000,
        b"newtail!",
        b"digest",
    )
    assert planned.usage == Usage(1, 9)


def test_conditions():
    draft = completed_record(UPLOAD, PARTS, "e-3", None, b"", "R")
    before = Head(draft, b"", current_revision=1)
    with pytest.raises(S3Error) as caught:
        plan_complete.plan_complete(
            PLACE,
            before,
            None,
            UPLOAD,
            draft,
            body_rows(ID, PARTS),
            b"",
            Draw(1, b"x" * 8),
            conditions=WriteConditions(if_none_match=True),
        )
    assert caught.value.code == "PreconditionFailed"


def test_too_many_pieces():
    runs = tuple(Segment(bytes([at % 2]) * 16, at, 1) for at in range(plan_complete.SEGMENTS_MAX + 1))
    with pytest.raises(S3Error) as caught:
        body_rows(ID, [PartRecord(number=1, size=1, etag="", mtime_ms=0, segments=runs)])
    assert caught.value.code == "InvalidRequest"
