"""Transactions of unfinished uploads: parts put and replaced, uploads aborted.

A part that replaces another also rewrites the upload's row: Complete compares that row's revision, so it never builds
an object from a part that was replaced after it was read. New parts only compare it, and so do not disturb each other.
"""

from __future__ import annotations

import msgspec

from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.plan_complete import UploadRow
from photoncloud.lightningstor.core.records import Body, PartRecord
from photoncloud.lightningstor.core.transaction import Compare, Delete, Put, Transaction
from photoncloud.lightningstor.core.versioning import Place


def hold_of(body: Body) -> bytes:
    """The target a part with this body keeps from collection; empty for a body without bytes."""
    kinds = {"blob": key_space.TARGET_BLOB, "multipart": key_space.TARGET_BODY, "inline": key_space.TARGET_INLINE}
    return kinds[body.kind] + body.id if body.kind else b""


def plan_part(
    place: Place,
    upload: UploadRow,
    old: tuple[PartRecord, int] | None,
    part: PartRecord,
    now_ms: int,
    *,
    inline: bytes = b"",
    compares: tuple[Compare, ...] = (),
) -> Transaction:
    """Put a part. `old` is the part of the same number with its row's revision; `compares` a copy source's row."""
    row = key_space.part(upload.id, part.number)
    upload_key = key_space.upload(place.rows, upload.id)
    part = msgspec.structs.replace(part, mtime_ms=now_ms)
    changes: list[Put | Delete] = [Put(row, record_codec.encode(part))]
    if old is not None:
        changes.append(Put(upload_key, record_codec.encode(upload.record)))
    if old is None or old[0].hold != part.hold:
        if old is not None:
            changes += released(upload.id, old[0], now_ms)
        changes += _held(upload.id, part, inline)
    return Transaction(
        compares=(
            Compare(row, 0 if old is None else old[1]),
            Compare(upload_key, upload.revision),
            Compare(key_space.lives(place.bucket_id), place.lives_revision),
            *compares,
        ),
        changes=tuple(changes),
    )


def _held(upload_id: bytes, part: PartRecord, inline: bytes) -> list[Put | Delete]:
    kind = part.hold[:1]
    if not kind:
        return []
    if kind == key_space.TARGET_INLINE:
        return [Put(key_space.inline(part.hold[1:]), inline)]
    return [Put(key_space.reference(part.hold, key_space.user_part(upload_id, part.number)), b"")]


def released(upload_id: bytes, part: PartRecord, now_ms: int) -> list[Put | Delete]:
    """Give up what a part held: it was replaced, or is no part of a finished object."""
    return released_hold(upload_id, part.hold, part.number, now_ms)


def released_hold(body_id: bytes, target: bytes, number: int, now_ms: int) -> list[Put | Delete]:
    """Give up one hold of a body (or of the upload it comes from)."""
    kind = target[:1]
    if not kind:
        return []
    if kind == key_space.TARGET_INLINE:
        return [Delete(key_space.inline(target[1:]))]
    return [
        Delete(key_space.reference(target, key_space.user_part(body_id, number))),
        Put(key_space.candidate(now_ms, target), b""),
    ]


def plan_abort(place_rows: bytes, upload: UploadRow) -> Transaction:
    """End an upload without an object; the collector takes its parts."""
    upload_key = key_space.upload(place_rows, upload.id)
    return Transaction(
        compares=(Compare(upload_key, upload.revision),),
        changes=(Delete(upload_key), Put(key_space.cleanup(upload.id), b"")),
        makes_room=True,
    )
