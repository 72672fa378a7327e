"""The log: what was written is read, torn tails end it, damage in the middle is skipped."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.tsdb import wal_record as wal
from photoncloud.nightlight.errors import DamagedRecord

ROWS = wal.Rows(np.array([1, 2], np.uint32), np.array([10, -20], np.int64), np.array([1.5, np.nan]))
RECORDS = [
    wal.encode_rows_at(1000, np.array([1, 2, 3], np.uint32), np.array([1.0, 2.0, -0.0])),
    wal.encode_rows(ROWS),
    wal.encode_tombstone(wal.Tombstone(np.array([7], np.uint32), -5, 5)),
    wal.encode_sealed(1 << 40),
]
LOG = b"".join(RECORDS)


def test_round_trip() -> None:
    first, second, third, fourth = list(wal.scan(LOG))
    assert isinstance(first, wal.Record)
    rows = wal.decode_rows(first)
    assert rows.ids.tolist() == [1, 2, 3]
    assert rows.times.tolist() == [1000] * 3
    assert np.signbit(rows.values).tolist() == [False, False, True]
    assert isinstance(second, wal.Record)
    rows = wal.decode_rows(second)
    assert rows.times.tolist() == [10, -20]
    assert rows.values.tobytes() == ROWS.values.tobytes()
    assert isinstance(third, wal.Record)
    tombstone = wal.decode_tombstone(third)
    assert (tombstone.ids.tolist(), tombstone.first_ms, tombstone.last_ms) == ([7], -5, 5)
    assert isinstance(fourth, wal.Record)
    assert wal.decode_sealed(fourth) == 1 << 40


@given(st.integers(0, len(LOG)))
def test_a_torn_tail_keeps_every_whole_record(cut: int) -> None:
    found = list(wal.scan(LOG[:cut]))
    ends = [sum(map(len, RECORDS[: place + 1])) for place in range(len(RECORDS))]
    whole = [own for own in found if isinstance(own, wal.Record)]
    assert [own.end for own in whole] == [end for end in ends if end <= cut]
    damage = [own for own in found if isinstance(own, wal.Damage)]
    assert all(own.is_tail for own in damage)
    assert len(damage) == (cut not in (0, *ends))


@given(st.integers(0, len(LOG) - 1), st.integers(1, 255))
def test_a_flipped_byte_costs_one_record(place: int, flip: int) -> None:
    broken = bytearray(LOG)
    broken[place] ^= flip
    found = list(wal.scan(bytes(broken)))
    assert sum(isinstance(own, wal.Record) for own in found) == len(RECORDS) - 1
    (damage,) = (own for own in found if isinstance(own, wal.Damage))
    assert damage.start <= place < damage.end


@given(st.binary(max_size=60))
def test_any_payload_is_rows_or_damage(payload: bytes) -> None:
    (record,) = wal.scan(wal.encode(wal.RecordType.ROWS, payload))
    assert isinstance(record, wal.Record)
    try:
        count = len(wal.decode_rows(record).ids)
    except DamagedRecord:
        return
    assert len(payload) == 4 + count * 20


def test_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="a record of"):
        wal.encode(wal.RecordType.METADATA, bytes(wal.PAYLOAD_MAX_BYTES + 1))
