"""Transactions of parts and uploads."""

import pytest

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.plan_complete import UploadRow
from photoncloud.lightningstor.core.plan_upload import hold_of, plan_abort, plan_part, released_hold
from photoncloud.lightningstor.core.records import Body, PartRecord, UploadRecord
from photoncloud.lightningstor.core.transaction import Compare, Delete, Put
from photoncloud.lightningstor.core.versioning import Place

ROWS = key_space.place(b"bucketid", b"k")
PLACE = Place(b"bucketid", b"k", ROWS, 7, "")
ID = b"u" * 16
UPLOAD = UploadRow(
    UploadRecord(
        upload_id=ID.hex(), key=b"k", initiated_ms=1, initiator_arn="", initiator_name="", owner="", owner_name=""
    ),
    3,
    ID,
)
ROW = key_space.upload(ROWS, ID)


def part(body, number=2):
    return PartRecord(number=number, size=1, etag="e", mtime_ms=0, body=body, hold=hold_of(body))


BLOB, OTHER, INLINE = Body("blob", b"b" * 16), Body("blob", b"c" * 16), Body("inline", b"i" * 16)


def test_a_new_part_compares_the_upload_and_leaves_its_row_alone():
    transaction = plan_part(PLACE, UPLOAD, None, part(BLOB), 1000)
    assert transaction.compares == (
        Compare(key_space.part(ID, 2), 0),
        Compare(ROW, 3),
        Compare(key_space.lives(b"bucketid"), 7),
    )
    assert [change.key for change in transaction.changes] == [
        key_space.part(ID, 2),
        key_space.reference(b"b" + b"b" * 16, key_space.user_part(ID, 2)),
    ]


def test_a_replaced_part_rewrites_the_upload_and_gives_back_its_bytes():
    transaction = plan_part(PLACE, UPLOAD, (part(BLOB), 5), part(INLINE), 1000, inline=b"x")
    assert transaction.compares[0] == Compare(key_space.part(ID, 2), 5)
    assert transaction.changes[1].key == ROW
    assert transaction.changes[2:] == (
        Delete(key_space.reference(b"b" + b"b" * 16, key_space.user_part(ID, 2))),
        Put(key_space.candidate(1000, b"b" + b"b" * 16), b""),
        Put(key_space.inline(b"i" * 16), b"x"),
    )
    transaction = plan_part(PLACE, UPLOAD, (part(INLINE), 5), part(OTHER), 1000)
    assert Delete(key_space.inline(b"i" * 16)) in transaction.changes


def test_the_same_bytes_again_keep_their_reference():
    transaction = plan_part(PLACE, UPLOAD, (part(BLOB), 5), part(BLOB), 1000, compares=(Compare(b"source", 1),))
    assert [change.key for change in transaction.changes] == [key_space.part(ID, 2), ROW]
    assert transaction.compares[-1] == Compare(b"source", 1)


def test_parts_without_bytes_hold_nothing():
    assert hold_of(Body()) == b""
    assert len(plan_part(PLACE, UPLOAD, None, part(Body()), 1000).changes) == 1


@pytest.mark.parametrize(
    ("target", "changes"),
    [
        (b"", []),
        (b"i" + b"x" * 16, [Delete(key_space.inline(b"x" * 16))]),
        (
            b"m" + b"x" * 16,
            [
                Delete(key_space.reference(b"m" + b"x" * 16, key_space.user_part(ID, 4))),
                Put(key_space.candidate(0, b"m" + b"x" * 16), b""),
            ],
        ),
    ],
)
def test_giving_up(target, changes):
    assert released_hold(ID, target, 4, 0) == changes


def test_abort_leaves_the_parts_to_the_collector():
    transaction = plan_abort(ROWS, UPLOAD)
    assert transaction.compares == (Compare(ROW, 3),)
    assert transaction.changes == (Delete(ROW), Put(key_space.cleanup(ID), b""))
