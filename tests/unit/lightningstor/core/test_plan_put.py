"""What a put does in each versioning state: rows changed, reply, totals."""

import msgspec
import pytest

from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.plan_put import Draw, needs_null_version, plan_put
from photoncloud.lightningstor.core.preconditions import UNCONDITIONAL, WriteConditions
from photoncloud.lightningstor.core.records import Body, ObjectRecord
from photoncloud.lightningstor.core.transaction import Compare, Put
from photoncloud.lightningstor.core.versioning import Head, Place, StoredVersion, Usage
from photoncloud.lightningstor.errors import S3Error

ROWS = key_space.place(b"bucketid", b"k")
DRAW = Draw(10_000_000_000, b"newtail!")
DRAFT = ObjectRecord(sequence=0, version_tail=b"", size=3, etag="e", body=Body("inline", b"n" * 16))
NULL = ObjectRecord(sequence=5, version_tail=b"", size=1, body=Body("inline", b"o" * 16))
VERSION = ObjectRecord(sequence=5, version_tail=b"oldtail!", size=1, body=Body("inline", b"o" * 16))
MARKER = ObjectRecord(sequence=5, version_tail=b"oldtail!", kind="marker")


def place(state):
    return Place(b"bucketid", b"k", ROWS, 1, state)


def head(record):
    value = record_codec.encode(record)
    if record.kind == "marker":
        return Head(record, value, marker_revision=2)
    return Head(record, value, current_revision=2)


def plan(state, before, null=None, **options):
    return plan_put(place(state), before, null, DRAFT, DRAW, conditions=UNCONDITIONAL, inline=b"xyz", **options)


CURRENT, MARKED, INLINE = key_space.current(ROWS), key_space.marker(ROWS), key_space.inline(b"n" * 16)
OLD, OLD_INLINE, POINTER = key_space.version(ROWS, 5), key_space.inline(b"o" * 16), key_space.null_version(ROWS)


@pytest.mark.parametrize(
    ("state", "before", "put", "deleted", "version", "usage"),
    [
        ("", Head(), {CURRENT, INLINE}, set(), None, Usage(1, 3)),
        ("", head(NULL), {CURRENT, INLINE}, {OLD_INLINE}, None, Usage(0, 2)),
        ("Enabled", Head(), {CURRENT, INLINE}, set(), "id", Usage(1, 3)),
        ("Enabled", head(VERSION), {CURRENT, INLINE, OLD}, set(), "id", Usage(1, 3)),
        ("Enabled", head(NULL), {CURRENT, INLINE, OLD, POINTER}, set(), "id", Usage(1, 3)),
        ("Enabled", head(MARKER), {CURRENT, INLINE, OLD}, {MARKED}, "id", Usage(1, 3)),
        ("Suspended", Head(), {CURRENT, INLINE}, set(), "null", Usage(1, 3)),
        ("Suspended", head(NULL), {CURRENT, INLINE}, {OLD_INLINE}, "null", Usage(0, 2)),
        ("Suspended", head(VERSION), {CURRENT, INLINE, OLD}, set(), "null", Usage(1, 3)),
    ],
)
def test_states(state, before, put, deleted, version, usage):
    planned = plan(state, before)
    changes = planned.transaction.changes
    assert {change.key for change in changes if isinstance(change, Put)} == put
    assert {change.key for change in changes if not isinstance(change, Put)} == deleted
    shown = planned.version_id
    assert (shown if shown in (None, "null") else "id") == version
    assert planned.usage == usage
    record = record_codec.decode_object(dict(change for change in changes if isinstance(change, Put))[CURRENT])
    assert record == planned.record == planned.head_after[0]
    assert (record.sequence, record.mtime_ms) == (10_000_000, 10_000)
    assert record.version_tail == (b"newtail!" if state == "Enabled" else b"")


def test_suspended_replaces_the_noncurrent_null_version():
    before, null = head(VERSION), ObjectRecord(sequence=2, version_tail=b"", size=9, body=Body("blob", b"b" * 16))
    assert needs_null_version(place("Suspended"), before)
    assert not needs_null_version(place("Suspended"), head(NULL))
    assert not needs_null_version(place("Enabled"), before)
    planned = plan("Suspended", before, StoredVersion(null, b""))
    deleted = {change.key for change in planned.transaction.changes if not isinstance(change, Put)}
    user = key_space.user_version(ROWS, 2)
    assert deleted == {key_space.version(ROWS, 2), POINTER, key_space.reference(b"b" + b"b" * 16, user)}
    assert planned.usage == Usage(0, 3 - 9)


def test_fields_of_a_newer_program_survive_demotion():
    value = head(VERSION).value
    newer = value[:1] + msgspec.msgpack.encode([*msgspec.msgpack.decode(value[1:]), "new"])
    planned = plan("Enabled", Head(VERSION, newer, current_revision=2))
    demoted = dict(change for change in planned.transaction.changes if isinstance(change, Put))[OLD]
    assert msgspec.msgpack.decode(demoted[1:])[-1] == "new"
    assert record_codec.decode_object(demoted).noncurrent_since_ms == 10_000


def test_conditions_events_and_further_compares():
    conditions = WriteConditions(if_none_match=True)
    with pytest.raises(S3Error):
        plan_put(place(""), head(NULL), None, DRAFT, DRAW, conditions=conditions)
    seen = []

    def events(record, sequence):
        seen.append((record.version_tail, sequence))
        return (Put(b"o", b"event"),)

    planned = plan("Enabled", Head(), events=events, compares=(Compare(b"c-source", 7),))
    assert seen == [(b"newtail!", 10_000_000)]
    assert planned.transaction.changes[-1] == Put(b"o", b"event")
    assert planned.transaction.compares[-1] == Compare(b"c-source", 7)
    assert len(planned.transaction.compares) == 4
