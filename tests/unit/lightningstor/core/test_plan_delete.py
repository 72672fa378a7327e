"""What a deletion does in each state: markers on top, versions for good, the next one in their place."""

import pytest

from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.plan_delete import NOTHING, is_head, plan_delete, plan_delete_version
from photoncloud.lightningstor.core.plan_put import Draw
from photoncloud.lightningstor.core.preconditions import UNCONDITIONAL, WriteConditions
from photoncloud.lightningstor.core.records import Body, ObjectLock, ObjectRecord
from photoncloud.lightningstor.core.transaction import Put
from photoncloud.lightningstor.core.version_id import NULL_REF, VersionRef
from photoncloud.lightningstor.core.versioning import Head, Place, StoredVersion, Usage
from photoncloud.lightningstor.errors import S3Error

ROWS = key_space.place(b"bucketid", b"k")
DRAW = Draw(10_000_000_000, b"newtail!")
MARKER_DRAFT = ObjectRecord(sequence=0, version_tail=b"", kind="marker")
CURRENT, MARKED, POINTER = key_space.current(ROWS), key_space.marker(ROWS), key_space.null_version(ROWS)


def place(state):
    return Place(b"bucketid", b"k", ROWS, 1, state)


def record(sequence, tail=b"oldtail!", **fields):
    return ObjectRecord(
        sequence=sequence, version_tail=tail, size=2, body=Body("inline", b"%016d" % sequence), **fields
    )


def head(found):
    value = record_codec.encode(found)
    is_marker = found.kind == "marker"
    return Head(found, value, current_revision=0 if is_marker else 2, marker_revision=2 if is_marker else 0)


def stored(found):
    return StoredVersion(found, record_codec.encode(found))


def split(planned):
    changes = planned.transaction.changes
    put = {change.key: change.value for change in changes if isinstance(change, Put)}
    return put, {change.key for change in changes if not isinstance(change, Put)}


def inline(sequence):
    return key_space.inline(b"%016d" % sequence)


def remove(state, before, target=None, successor=None, ref=None, may_bypass=False):
    return plan_delete_version(
        place(state), before, target, successor, ref, DRAW, conditions=UNCONDITIONAL, may_bypass=may_bypass
    )


def test_never_versioned():
    assert plan_delete(place(""), Head(), None, MARKER_DRAFT, DRAW, conditions=UNCONDITIONAL) is NOTHING
    planned = plan_delete(place(""), head(record(5, b"")), None, MARKER_DRAFT, DRAW, conditions=UNCONDITIONAL)
    assert split(planned) == ({}, {CURRENT, inline(5)})
    assert (planned.is_marker, planned.version_id, planned.head_after) == (False, None, None)
    assert planned.usage == Usage(-1, -2)


def test_enabled_puts_a_marker_on_top_even_of_nothing():
    planned = plan_delete(place("Enabled"), Head(), None, MARKER_DRAFT, DRAW, conditions=UNCONDITIONAL)
    put, deleted = split(planned)
    assert (set(put), deleted) == ({MARKED}, set())
    planned = plan_delete(place("Enabled"), head(record(5)), None, MARKER_DRAFT, DRAW, conditions=UNCONDITIONAL)
    put, deleted = split(planned)
    assert (set(put), deleted) == ({MARKED, key_space.version(ROWS, 5)}, {CURRENT})
    assert planned.is_marker
    assert planned.usage == Usage()


def test_suspended_marker_replaces_the_null_version_only():
    planned = plan_delete(place("Suspended"), head(record(5, b"")), None, MARKER_DRAFT, DRAW, conditions=UNCONDITIONAL)
    put, deleted = split(planned)
    assert (set(put), deleted) == ({MARKED}, {CURRENT, inline(5)})
    assert planned.version_id == "null"
    null = stored(record(3, b""))
    planned = plan_delete(place("Suspended"), head(record(5)), null, MARKER_DRAFT, DRAW, conditions=UNCONDITIONAL)
    put, deleted = split(planned)
    assert set(put) == {MARKED, key_space.version(ROWS, 5)}
    assert deleted == {CURRENT, key_space.version(ROWS, 3), POINTER, inline(3)}


def test_removing_the_head_exposes_the_next_object_marker_or_nothing():
    ref = VersionRef(5, b"oldtail!")
    planned = remove("Enabled", head(record(5)), successor=stored(record(4, noncurrent_since_ms=7)), ref=ref)
    put, deleted = split(planned)
    assert deleted == {inline(5), key_space.version(ROWS, 4)}
    promoted = record_codec.decode_object(put[CURRENT])
    assert (promoted.sequence, promoted.noncurrent_since_ms) == (4, 0)
    planned = remove("Enabled", head(record(5)), successor=stored(record(4, kind="marker")), ref=ref)
    put, deleted = split(planned)
    assert (set(put), deleted) == ({MARKED}, {CURRENT, inline(5), key_space.version(ROWS, 4)})
    planned = remove("Enabled", head(record(5)), ref=ref)
    assert split(planned) == ({}, {CURRENT, inline(5)})
    assert planned.head_after is None


def test_promoting_the_null_version_removes_its_pointer():
    planned = remove("Enabled", head(record(5)), successor=stored(record(4, b"")), ref=VersionRef(5, b"oldtail!"))
    assert POINTER in split(planned)[1]


def test_removing_a_noncurrent_version_rewrites_the_head_unchanged():
    before = head(record(9))
    planned = remove("Enabled", before, target=stored(record(4)), ref=VersionRef(4, b"oldtail!"))
    put, deleted = split(planned)
    assert put == {CURRENT: before.value}
    assert deleted == {key_space.version(ROWS, 4), inline(4)}
    assert planned.head_after == (before.record, before.value)
    planned = remove("Enabled", head(record(9, kind="marker")), target=stored(record(4, b"")), ref=NULL_REF)
    put, deleted = split(planned)
    assert set(put) == {MARKED}
    assert POINTER in deleted


def test_absent_versions():
    assert remove("Enabled", head(record(9)), ref=VersionRef(4, b"oldtail!")) is NOTHING
    assert remove("", Head(), ref=NULL_REF) is NOTHING


@pytest.mark.parametrize(
    ("ref", "found", "expected"),
    [
        (NULL_REF, None, False),
        (NULL_REF, record(5, b""), True),
        (NULL_REF, record(5), False),
        (VersionRef(5, b"oldtail!"), record(5), True),
        (VersionRef(5, b"x" * 8), record(5), False),
        (VersionRef(4, b"oldtail!"), record(5), False),
    ],
)
def test_is_head(ref, found, expected):
    assert is_head(ref, Head() if found is None else head(found)) is expected


def test_locks():
    held = ObjectLock("GOVERNANCE", 20_000)
    before, ref = head(record(5, lock=held)), VersionRef(5, b"oldtail!")
    with pytest.raises(S3Error) as caught:
        remove("Enabled", before, ref=ref)
    assert caught.value.code == "AccessDenied"
    assert remove("Enabled", before, ref=ref, may_bypass=True).transaction
    target = stored(record(4, lock=ObjectLock(legal_hold=True)))
    with pytest.raises(S3Error):
        remove("Enabled", head(record(5)), target=target, ref=VersionRef(4, b"oldtail!"), may_bypass=True)
    marker = plan_delete(place("Enabled"), before, None, MARKER_DRAFT, DRAW, conditions=UNCONDITIONAL)
    assert marker.is_marker  # a marker may always be put on top


def test_conditions_speak_of_the_current_object():
    conditions = WriteConditions(if_match="*")
    with pytest.raises(S3Error) as caught:
        plan_delete(place(""), Head(), None, MARKER_DRAFT, DRAW, conditions=conditions)
    assert caught.value.code == "NoSuchKey"
    with pytest.raises(S3Error):
        plan_delete_version(
            place("Enabled"),
            head(record(9, kind="marker")),
            stored(record(4)),
            None,
            VersionRef(4, b"oldtail!"),
            DRAW,
            conditions=conditions,
            may_bypass=False,
        )


def test_events_carry_a_sequence_that_grows():
    seen = []

    def events(found, sequence):
        seen.append((found.kind, sequence))
        return ()

    plan_delete(
        place(""), head(record(5, b"")), None, MARKER_DRAFT, DRAW, conditions=UNCONDITIONAL, removed_events=events
    )
    plan_delete(place("Enabled"), Head(), None, MARKER_DRAFT, DRAW, conditions=UNCONDITIONAL, marker_events=events)
    plan_delete_version(
        place("Enabled"),
        head(record(20_000_000)),
        None,
        None,
        VersionRef(20_000_000, b"oldtail!"),
        DRAW,
        conditions=UNCONDITIONAL,
        may_bypass=False,
        events=events,
    )
    assert seen == [("object", 10_000_000), ("marker", 10_000_000), ("object", 20_000_001)]
