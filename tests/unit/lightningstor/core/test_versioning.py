"""The steps changes of a key are put together from: sequences, holds, releases, replacing the null version."""

import pytest

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.records import Body, ObjectLock, ObjectRecord
from photoncloud.lightningstor.core.transaction import Compare, Delete, Put
from photoncloud.lightningstor.core.versioning import (
    Change,
    Clock,
    Head,
    Place,
    StoredVersion,
    Usage,
    body_target,
    next_sequence,
)
from photoncloud.lightningstor.errors import S3Error

ROWS = key_space.place(b"bucketid", b"k")
PLACE = Place(b"bucketid", b"k", ROWS, 9, "Suspended")
CLOCK = Clock(1000)


def record(sequence=5, tail=b"", **fields):
    return ObjectRecord(sequence=sequence, version_tail=tail, **fields)


def change(head=None):
    return Change(PLACE, head or Head(), CLOCK)


def test_sequences_grow_even_when_the_clock_does_not():
    assert next_sequence(7_000_999, Head()) == 7000
    assert next_sequence(7_000_000, Head(record(6999))) == 7000
    assert next_sequence(7_000_000, Head(record(7000))) == 7001
    assert next_sequence(1_000, Head(record(10**15))) == 10**15 + 1


def test_every_change_compares_both_head_rows_and_the_life_of_the_bucket():
    transaction = change(Head(record(), b"v", current_revision=3)).transaction(Compare(b"x", 1))
    assert transaction.compares == (
        Compare(key_space.current(ROWS), 3),
        Compare(key_space.marker(ROWS), 0),
        Compare(key_space.lives(b"bucketid"), 9),
        Compare(b"x", 1),
    )


def test_a_head_of_the_other_family_goes():
    step = change(Head(record(kind="marker"), b"v", marker_revision=3))
    step.put_head(record(6), b"new")
    assert step.changes == [Put(key_space.current(ROWS), b"new"), Delete(key_space.marker(ROWS))]


@pytest.mark.parametrize(
    ("body", "target"),
    [
        (Body(), b""),
        (Body("inline", b"i" * 16), b""),
        (Body("blob", b"b" * 16), b"b" + b"b" * 16),
        (Body("multipart", b"m" * 16), b"m" + b"m" * 16),
    ],
)
def test_what_bodies_hold_and_give_back(body, target):
    assert body_target(body) == target
    held, released = change(), change()
    version = record(body=body, size=3)
    held.hold(version, b"xyz")
    released.release(version)
    assert (held.usage, released.usage) == (Usage(1, 3), Usage(-1, -3))
    user = key_space.user_version(ROWS, 5)
    if target:
        assert held.changes == [Put(key_space.reference(target, user), b"")]
        assert released.changes == [
            Delete(key_space.reference(target, user)),
            Put(key_space.candidate(1000, target), b""),
        ]
    elif body.id:
        assert held.changes == [Put(key_space.inline(body.id), b"xyz")]
        assert released.changes == [Delete(key_space.inline(body.id))]
    else:
        assert held.changes == released.changes == []


def test_markers_do_not_count():
    step = change()
    step.hold(record(kind="marker"))
    assert (step.usage, step.changes) == (Usage(), [])


def test_demoting_the_null_version_leaves_a_pointer_to_it():
    step = change(Head(record(), b"", current_revision=1))
    step.demote_head()
    assert [change.key for change in step.changes] == [key_space.version(ROWS, 5), key_space.null_version(ROWS)]
    assert step.changes[1].value == (5).to_bytes(8, "big")
    step = change(Head(record(tail=b"t" * 8), b"", current_revision=1))
    step.demote_head()
    assert [change.key for change in step.changes] == [key_space.version(ROWS, 5)]


def test_replacing_a_null_version_under_lock_is_refused():
    held = ObjectLock(legal_hold=True)
    with pytest.raises(S3Error) as caught:
        change(Head(record(lock=held), b"", current_revision=1)).replace_null(None)
    assert caught.value.code == "AccessDenied"
    head = Head(record(9, b"t" * 8), b"", current_revision=1)
    with pytest.raises(S3Error):
        change(head).replace_null(StoredVersion(record(lock=held), b""))
    step = change(head)
    step.replace_null(StoredVersion(record(), b""))
    assert Delete(key_space.null_version(ROWS)) in step.changes
    assert Delete(key_space.version(ROWS, 5)) in step.changes
