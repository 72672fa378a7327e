"""Keys of the index (binary, big-endian): which row holds what, and the ranges that walks use.

The first byte is the family; the metadata engine keeps one column family for each. `esc` keeps the order of raw keys
and makes no escaped key a prefix of another: 00 → 00 FF, end 00 01. A row of a bucket begins with its 8-byte id.

    bn name                        bucket record                   i  body id              bytes of an inline body
    bc bucket kind                 configuration document          p  body id, number(4)   segments of a multipart body
    bl bucket                      "lives", compared by writes     r  target user          reference (value empty)
    c  bucket esc(key)             current object                  g  time(8, ms) target   collection candidate
    m  bucket esc(key)             current delete marker           o  sequence(8) random   outbox event
    v  bucket esc(key) ^sequence   noncurrent version              k  id                   access key, secret sealed
    n  bucket esc(key)             sequence of noncurrent `null`   s  name                 schema, usage, clock, jobs
    ui bucket esc(key) upload id   unfinished upload
    up upload id, number(2)        part of it                      ud upload id            completed, kept 7 days

A *target* is one kind byte (TARGET_*) and 16 bytes of id. A *user* is a version (`v` bucket esc(key) sequence) or a
part of a multipart body (`p` body id, number). The body id of a finished upload is its upload id.
"""

from __future__ import annotations

from photoncloud.lightningstor.core.object_key import KEY_LIMIT_BYTES

FAMILIES = "bcmvnuiprgoks"
CURRENT = b"c"
MARKER = b"m"
VERSION = b"v"
UPLOAD = b"ui"

BUCKET_ID_BYTES = 8
ID_BYTES = 16  # blob ids, body ids, upload ids
SEGMENTS_PER_ROW = 1000  # some 30 KiB a row: far below the 1 MiB of the port, ten rows for the largest upload
BODY_DIGEST_NUMBER = 0xFFFFFFFF  # row of a multipart body that keeps the MD5 of all its bytes once it was computed

TARGET_BLOB = b"b"
TARGET_BODY = b"m"
TARGET_INLINE = b"i"  # only inside a body's holds: an inline body has one user and needs no reference row
TARGET_UPLOAD = b"u"  # only as a candidate: parts of a finished or aborted upload wait to be cleaned up

_SEQUENCE_TOP = 2**64 - 1
_ESCAPE_END = b"\0\1"
_LONGER_THAN_KEYS = KEY_LIMIT_BYTES + 1
"""Prefixes and markers of listings may be longer than any key: cut here they stand where they stood, and the index,
which refuses keys beyond its own limit, takes them."""


def escape(key: bytes) -> bytes:
    """Order-preserving, prefix-free form of a whole key; of a longer text, a form in the same place among the keys."""
    return key[:_LONGER_THAN_KEYS].replace(b"\0", b"\0\xff") + _ESCAPE_END


def escape_prefix(prefix: bytes) -> bytes:
    """What the escaped form of every key beginning with `prefix` begins with; no key begins with a longer text."""
    return prefix[:_LONGER_THAN_KEYS].replace(b"\0", b"\0\xff")


def unescape(escaped: bytes) -> bytes:
    """The key of `escape`'s result; bytes after the end mark must have been cut off."""
    return escaped[:-2].replace(b"\0\xff", b"\0")


def split_escaped(data: bytes) -> tuple[bytes, bytes]:
    """(key, rest) of bytes that begin with an escaped key. Raises ValueError when there is no end mark."""
    end = data.index(_ESCAPE_END)
    return data[:end].replace(b"\0\xff", b"\0"), data[end + 2 :]


def prefix_end(prefix: bytes) -> bytes:
    """The smallest byte string above everything that begins with `prefix` (which is not all 0xFF)."""
    trimmed = prefix.rstrip(b"\xff")
    return trimmed[:-1] + bytes((trimmed[-1] + 1,))


def inverted(sequence: int) -> bytes:
    """8 bytes that sort newest first."""
    return (_SEQUENCE_TOP - sequence).to_bytes(8, "big")


def sequence_of(inverted_bytes: bytes) -> int:
    return _SEQUENCE_TOP - int.from_bytes(inverted_bytes, "big")


# Buckets.


def bucket(name: str) -> bytes:
    return b"bn" + name.encode("utf-8")


BUCKETS = (b"bn", b"bo")


def bucket_document(bucket_id: bytes, kind: str) -> bytes:
    """`kind`: policy, cors, website, lifecycle, encryption, notification, tagging, ownership, … one word each."""
    return b"bc" + bucket_id + kind.encode("ascii")


def bucket_documents(bucket_id: bytes) -> tuple[bytes, bytes]:
    """Range of all documents of a bucket; the kind is what follows `bc` and the id."""
    return b"bc" + bucket_id, prefix_end(b"bc" + bucket_id)


def lives(bucket_id: bytes) -> bytes:
    return b"bl" + bucket_id


ALIVE = b"\1"
"""Value of a "lives" row; only its revision matters."""


# Objects and versions. `place` is bucket id + esc(key), shared by the families c, m, v, n.


def place(bucket_id: bytes, key: bytes) -> bytes:
    return bucket_id + escape(key)


def current(place_: bytes) -> bytes:
    return b"c" + place_


def marker(place_: bytes) -> bytes:
    return b"m" + place_


def version(place_: bytes, sequence: int) -> bytes:
    return b"v" + place_ + inverted(sequence)


def versions(place_: bytes) -> tuple[bytes, bytes]:
    """Range of the noncurrent versions of one key, newest first."""
    return b"v" + place_, prefix_end(b"v" + place_)


def null_version(place_: bytes) -> bytes:
    return b"n" + place_


def bucket_rows(family: bytes, bucket_id: bytes) -> tuple[bytes, bytes]:
    """Range of everything of a bucket in a family: CURRENT, MARKER, VERSION or UPLOAD."""
    return family + bucket_id, prefix_end(family + bucket_id)


# Uploads.


def upload(place_: bytes, upload_id: bytes) -> bytes:
    return b"ui" + place_ + upload_id


def part(upload_id: bytes, number: int) -> bytes:
    return b"up" + upload_id + number.to_bytes(2, "big")


def parts(upload_id: bytes) -> tuple[bytes, bytes]:
    return b"up" + upload_id, prefix_end(b"up" + upload_id)


def part_number(row_key: bytes) -> int:
    return int.from_bytes(row_key[-2:], "big")


def completed(upload_id: bytes) -> bytes:
    return b"ud" + upload_id


COMPLETED = (b"ud", b"ue")


# Bytes and who uses them.


def inline(body_id: bytes) -> bytes:
    return b"i" + body_id


def segments(body_id: bytes, number: int) -> bytes:
    return b"p" + body_id + number.to_bytes(4, "big")


def body_segments(body_id: bytes) -> tuple[bytes, bytes]:
    """Range of the segment rows of a body, in order (the digest row is not part of it)."""
    return b"p" + body_id, segments(body_id, BODY_DIGEST_NUMBER)


def user_version(place_: bytes, sequence: int) -> bytes:
    return b"v" + place_ + sequence.to_bytes(8, "big")


def user_part(body_id: bytes, number: int) -> bytes:
    return b"p" + body_id + number.to_bytes(2, "big")


def reference(target: bytes, user: bytes) -> bytes:
    return b"r" + target + user


def references(target: bytes) -> tuple[bytes, bytes]:
    """Range of all references to a target: empty means nobody uses it."""
    return b"r" + target, prefix_end(b"r" + target)


def candidate(time_ms: int, target: bytes) -> bytes:
    return b"g" + time_ms.to_bytes(8, "big") + target


def due_candidate(target: bytes) -> bytes:
    """A candidate that need not wait: what it belonged to has waited already."""
    return candidate(0, target)


def cleanup(upload_id: bytes) -> bytes:
    """The candidate that has the parts of a completed or aborted upload looked through."""
    return due_candidate(TARGET_UPLOAD + upload_id)


def candidates(before_ms: int) -> tuple[bytes, bytes]:
    """Range of the candidates queued before a time, oldest first."""
    return b"g", b"g" + before_ms.to_bytes(8, "big")


def candidate_parts(row_key: bytes) -> tuple[int, bytes]:
    """(time in ms, target) of a candidate's row key."""
    return int.from_bytes(row_key[1:9], "big"), row_key[9:]


# Outbox, access keys, the store's own facts.


def outbox(sequence: int, random: bytes) -> bytes:
    return b"o" + sequence.to_bytes(8, "big") + random


OUTBOX = (b"o", b"p")


def access_key(key_id: str) -> bytes:
    return b"k" + key_id.encode("utf-8")


ACCESS_KEYS = (b"k", b"l")


def system(name: str) -> bytes:
    """`schema`, `clock`, `token-key`, `usage/<hex bucket id>`, `job/<id>`, …"""
    return b"s" + name.encode("utf-8")


def system_prefix(name: str) -> tuple[bytes, bytes]:
    start = system(name)
    return start, prefix_end(start)
