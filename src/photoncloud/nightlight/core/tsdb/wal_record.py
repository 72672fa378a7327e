"""Records of the write-ahead log: bytes in, rows out.

A record is `length u32 | crc32 u32 | type u8 | payload`, little endian; length counts the payload, the checksum covers
type and payload. Rows stand uncompressed, so readers map them in place.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoncloud.nightlight.core.sample import Times, Values
from photoncloud.nightlight.errors import DamagedRecord

HEADER = struct.Struct("<IIB")
PAYLOAD_MAX_BYTES = 64 << 20
"""A segment's size: no record is longer, so a damaged length is seen at once."""
_ROWS_AT = struct.Struct("<qI")
_COUNT = struct.Struct("<I")
_TOMBSTONE = struct.Struct("<qqI")
_SEALED = struct.Struct("<Q")

Ids = NDArray[np.uint32]


class RecordType(IntEnum):
    """What a payload holds."""

    ROWS_AT = 1
    ROWS = 2
    TOMBSTONE = 3
    METADATA = 4
    EXEMPLARS = 5
    HISTOGRAM_ROWS = 6
    SEALED = 7


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Samples in order of arrival: ids u32[n], times int64[n], values f64[n]."""

    ids: Ids
    times: Times
    values: Values


@dataclass(frozen=True, slots=True, eq=False)
class Tombstone:
    """Samples of `ids` in `[first_ms, last_ms]` are deleted."""

    ids: Ids
    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class Record:
    """A valid record and where it stands, `[start, end)`."""

    type: RecordType
    payload: memoryview
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes `[start, end)` that are no record; `is_tail`: nothing valid follows, as after a torn write."""

    start: int
    end: int
    is_tail: bool


def encode(kind: RecordType, payload: bytes) -> bytes:
    """A record around a payload. Raises ValueError when it is too long."""
    if len(payload) > PAYLOAD_MAX_BYTES:
        raise ValueError(f"a record of {len(payload)} bytes")
    return HEADER.pack(len(payload), _checksum(kind, payload), kind) + payload


def encode_rows_at(time_ms: int, ids: Ids, values: Values) -> bytes:
    """Samples of one time: what a scrape gives."""
    head = _ROWS_AT.pack(time_ms, len(ids))
    return encode(RecordType.ROWS_AT, head + ids.astype("<u4").tobytes() + values.astype("<f8").tobytes())


def encode_rows(rows: Rows) -> bytes:
    """Samples of any times: what is pushed."""
    columns = (
        rows.ids.astype("<u4").tobytes() + rows.times.astype("<i8").tobytes() + rows.values.astype("<f8").tobytes()
    )
    return encode(RecordType.ROWS, _COUNT.pack(len(rows.ids)) + columns)


def encode_tombstone(tombstone: Tombstone) -> bytes:
    head = _TOMBSTONE.pack(tombstone.first_ms, tombstone.last_ms, len(tombstone.ids))
    return encode(RecordType.TOMBSTONE, head + tombstone.ids.astype("<u4").tobytes())


def encode_sealed(position: int) -> bytes:
    """Everything before log position `position` is in parts."""
    return encode(RecordType.SEALED, _SEALED.pack(position))


def scan(log: bytes | memoryview, start: int = 0) -> Iterator[Record | Damage]:
    """Every record from `start` on; damage in the middle is reported and skipped, a torn tail ends it."""
    view = memoryview(log)
    while start < len(view):
        record = _record_at(view, start)
        if record is None:
            following = _next_record(view, start + 1)
            yield Damage(start, following if following is not None else len(view), following is None)
            if following is None:
                return
            start = following
        else:
            yield record
            start = record.end


def _record_at(view: memoryview, start: int) -> Record | None:
    if start + HEADER.size > len(view):
        return None
    length, checksum, kind = HEADER.unpack_from(view, start)
    end = start + HEADER.size + length
    if length > PAYLOAD_MAX_BYTES or end > len(view) or kind not in _KINDS:
        return None
    payload = view[start + HEADER.size : end]
    return Record(RecordType(kind), payload, start, end) if _checksum(kind, payload) == checksum else None


def _next_record(view: memoryview, start: int) -> int | None:
    """Where the next valid record begins."""
    for place in range(start, len(view) - HEADER.size + 1):
        if view[place + HEADER.size - 1] in _KINDS and _record_at(view, place) is not None:
            return place
    return None


_KINDS = frozenset(RecordType)


def _checksum(kind: int, payload: bytes | memoryview) -> int:
    return zlib.crc32(payload, zlib.crc32(bytes([kind])))


def decode_rows(record: Record) -> Rows:
    """The samples of a `ROWS_AT` or `ROWS` record, without copying values. Raises `DamagedRecord`."""
    payload = record.payload
    try:
        if record.type is RecordType.ROWS_AT:
            time_ms, count = _ROWS_AT.unpack_from(payload)
            ids, values = _columns(payload, _ROWS_AT.size, count, "<u4", "<f8")
            return Rows(ids, np.full(count, time_ms, np.int64), values)
        (count,) = _COUNT.unpack_from(payload)
        ids, times, values = _columns(payload, _COUNT.size, count, "<u4", "<i8", "<f8")
        return Rows(ids, times, values)
    except struct.error as error:
        raise DamagedRecord(f"rows of {len(payload)} bytes") from error


def decode_tombstone(record: Record) -> Tombstone:
    """Raises `DamagedRecord`."""
    try:
        first_ms, last_ms, count = _TOMBSTONE.unpack_from(record.payload)
    except struct.error as error:
        raise DamagedRecord(f"a tombstone of {len(record.payload)} bytes") from error
    (ids,) = _columns(record.payload, _TOMBSTONE.size, count, "<u4")
    return Tombstone(ids, first_ms, last_ms)


def decode_sealed(record: Record) -> int:
    """Raises `DamagedRecord`."""
    if len(record.payload) != _SEALED.size:
        raise DamagedRecord(f"a seal of {len(record.payload)} bytes")
    position: int = _SEALED.unpack(record.payload)[0]
    return position


def _columns(payload: memoryview, offset: int, count: int, *types: str) -> list[NDArray[Any]]:
    """`count` values of each type, one column after the other, and nothing else."""
    columns = []
    for name in types:
        kind = np.dtype(name)
        if offset + count * kind.itemsize > len(payload):
            raise DamagedRecord(f"{count} rows in {len(payload)} bytes")
        columns.append(np.frombuffer(payload, kind, count, offset))
        offset += count * kind.itemsize
    if offset != len(payload):
        raise DamagedRecord(f"{len(payload) - offset} bytes behind {count} rows")
    return columns
