"""Bytes that come back: exact ranges of every kind of body, damage found before the head or cutting the rest."""

import hashlib
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photoncloud.lightningstor.adapters.hash_functions import DIGEST
from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.blob_footer import CHUNK_BYTES
from photoncloud.lightningstor.core.byte_range import Span
from photoncloud.lightningstor.core.encryption_request import CustomerKey
from photoncloud.lightningstor.core.http_message import FileSlice
from photoncloud.lightningstor.core.records import Body, ObjectRecord, Segment, SegmentRow
from photoncloud.lightningstor.errors import S3Error, StoreDamaged
from photoncloud.lightningstor.ports import Row
from photoncloud.lightningstor.service.body_intake import BodyIntake
from photoncloud.lightningstor.service.body_output import WHOLE_REPLY_BYTES, BodyOutput, PrimedBody
from photoncloud.lightningstor.service.sealed_body import new_body_key
from photoncloud.testkit.disk import flip

CUSTOMER = CustomerKey(bytes(range(32)), "md5")
BIG = os.urandom(2 * CHUNK_BYTES + 4321)


class Rows:
    """The part of an index that reading bodies needs."""

    def __init__(self):
        self.rows = {}

    async def get(self, key):
        return Row(key, self.rows[key], 1) if key in self.rows else None


@pytest.fixture
def rows():
    return Rows()


@pytest.fixture
def output(rows, blobs, cipher, stores):
    return BodyOutput(rows, blobs, cipher, stores.hashes)


@pytest.fixture
def keep(stores, rows):
    """Store bytes as an object would be; its record."""

    async def keep(data, key=None, length="known"):
        async def pieces():
            for at in range(0, len(data), 100_000):
                yield data[at : at + 100_000]

        body = await BodyIntake(stores).store(pieces(), length=len(data) if length == "known" else None, encryption=key)
        await body.publish()
        if body.inline:
            rows.rows[key_space.inline(body.body.id)] = body.inline
        return ObjectRecord(
            sequence=1,
            version_tail=b"",
            size=len(data),
            etag=body.etag,
            body=body.body,
            crc64nvme=body.crc64nvme,
            encryption=body.encryption,
        )

    return keep


@pytest.fixture
def keep_parts(keep, rows):
    """Store several bodies and one multipart record over slices of them."""

    async def keep_parts(parts, key=None, segments_per_row=1000):
        segments = []
        for data, offset, length in parts:
            body = (await keep(data, key)).body
            segments.append(Segment(body.id, offset, length, body.kind == "inline"))
        body_id = b"m" * 16
        for number, at in enumerate(range(0, len(segments), segments_per_row)):
            rows.rows[key_space.segments(body_id, number)] = record_codec.encode(
                SegmentRow(segments=tuple(segments[at : at + segments_per_row]))
            )
        size = sum(segment.length for segment in segments)
        return ObjectRecord(
            sequence=1,
            version_tail=b"",
            size=size,
            body=Body("multipart", body_id, len(parts), tuple(part[2] for part in parts)),
            encryption=key.record if key else None,
        )

    return keep_parts


async def collect(body):
    if isinstance(body, bytes):
        return body
    got = b""
    try:
        async for piece in body:
            if isinstance(piece, FileSlice):
                piece = os.pread(piece.fileno, piece.length, piece.offset)
            got += piece
    finally:
        await body.aclose()
    return got


@pytest.fixture
def read(output):
    async def read(record, offset, length, customer=None):
        body = await output.plan(record, Span(offset, length), customer)
        got = await collect(body)
        plain = b"".join([piece async for piece in output.plain(record, offset, length, customer)])
        assert plain == got, "both ways to read agree"
        return got

    return read


KEYS = pytest.mark.parametrize("mode", ["", "AES256", "C"])


def key_of(cipher, mode):
    return new_body_key(cipher, mode, CUSTOMER if mode == "C" else None), CUSTOMER if mode == "C" else None


@KEYS
@pytest.mark.parametrize("size", [0, 1, 1000, 1001, WHOLE_REPLY_BYTES, WHOLE_REPLY_BYTES + 1, len(BIG)])
async def test_whole_bodies_of_every_kind(keep, read, cipher, mode, size):
    key, customer = key_of(cipher, mode)
    record = await keep(BIG[:size], key)
    assert await read(record, 0, size, customer) == BIG[:size]


@KEYS
@pytest.mark.parametrize(
    ("offset", "length"), [(0, 1), (5, 70_000), (CHUNK_BYTES - 3, 6), (len(BIG) - 1, 1), (65_530, 12), (100, 0)]
)
async def test_ranges_of_a_blob(keep, read, cipher, mode, offset, length):
    key, customer = key_of(cipher, mode)
    record = await keep(BIG, key)
    assert await read(record, offset, length, customer) == BIG[offset : offset + length]


async def test_ranges_of_an_inline_body(keep, read):
    record = await keep(BIG[:500])
    assert await read(record, 100, 50) == BIG[100:150]


PARTS = [(BIG, 10, 100_000), (BIG[:500], 5, 400), (BIG, CHUNK_BYTES - 7, CHUNK_BYTES), (b"x" * 2000, 0, 2000)]
WHOLE = b"".join(data[offset : offset + length] for data, offset, length in PARTS)


@KEYS
@pytest.mark.parametrize("segments_per_row", [1, 3, 1000])
async def test_multipart_bodies(keep_parts, read, cipher, mode, segments_per_row):
    key, customer = key_of(cipher, mode)
    record = await keep_parts(PARTS, key, segments_per_row)
    assert await read(record, 0, record.size, customer) == WHOLE
    for offset, length in [(0, 1), (99_999, 2), (100_000, 400), (100_399, 10), (record.size - 1, 1), (50, 200_000)]:
        assert await read(record, offset, length, customer) == WHOLE[offset : offset + length]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(bounds=st.tuples(st.integers(0, len(WHOLE)), st.integers(0, len(WHOLE))))
async def test_any_range_of_a_multipart_body(keep_parts, read, bounds):
    record = await keep_parts(PARTS, segments_per_row=2)
    offset, end = min(bounds), max(bounds)
    assert await read(record, offset, end - offset) == WHOLE[offset:end]


async def test_small_replies_are_bytes_and_large_ones_slices_of_files(keep, output):
    small, large = await keep(BIG[: 1 << 16]), await keep(BIG)
    assert isinstance(await output.plan(small, Span(0, small.size), None), bytes)
    body = await output.plan(large, Span(0, large.size), None)
    assert isinstance(body, PrimedBody)
    assert isinstance(await anext(body), FileSlice)
    await body.aclose()


async def test_inline_bodies_are_one_look_up(keep, output, rows):
    record = await keep(b"hello")
    looked = []
    real = rows.get
    rows.get = lambda key: looked.append(key) or real(key)
    assert await output.plan(record, Span(0, 5), None) == b"hello"
    assert len(looked) == 1


# Damage.


async def test_damage_in_the_first_chunk_is_told_before_the_head(keep, output, blobs):
    record = await keep(BIG)
    flip(blobs.path(record.body.id), 0)
    with pytest.raises(StoreDamaged):
        await output.plan(record, Span(0, record.size), None)


async def test_damage_later_cuts_the_body(keep, output, blobs):
    record = await keep(BIG)
    flip(blobs.path(record.body.id), CHUNK_BYTES + 1)
    body = await output.plan(record, Span(0, record.size), None)
    assert (await anext(body)).length == CHUNK_BYTES
    with pytest.raises(StoreDamaged):
        await anext(body)
    await body.aclose()


async def test_a_missing_blob(keep, output, blobs):
    for data in (BIG, BIG[:5000]):
        record = await keep(data)
        await blobs.delete(record.body.id)
        with pytest.raises(StoreDamaged):
            await output.plan(record, Span(0, record.size), None)


async def test_a_missing_inline_row(keep, output, rows):
    record = await keep(b"hello")
    rows.rows.clear()
    with pytest.raises(StoreDamaged, match="missing"):
        await output.plan(record, Span(0, 5), None)


@pytest.mark.parametrize("broken", [b"hellO", b"hell", b"hello!", b""])
async def test_a_changed_inline_row(keep, output, rows, broken):
    record = await keep(b"hello")
    rows.rows[key_space.inline(record.body.id)] = broken
    with pytest.raises(StoreDamaged):
        await output.plan(record, Span(0, 1), None)


async def test_inline_rows_are_not_checked_when_verification_is_off(keep, rows, blobs, cipher, stores):
    record = await keep(b"hello")
    rows.rows[key_space.inline(record.body.id)] = b"hellO"
    trusting = BodyOutput(rows, blobs, cipher, stores.hashes, verifies_inline=False)
    assert await trusting.plan(record, Span(0, 5), None) == b"hellO"


async def test_a_missing_segment_row(keep_parts, output, rows):
    record = await keep_parts(PARTS, segments_per_row=1)
    del rows.rows[key_space.segments(record.body.id, 2)]
    body = await output.plan(record, Span(0, record.size), None)
    with pytest.raises(StoreDamaged, match="segment row 2"):
        await collect(body)
    with pytest.raises(StoreDamaged, match="segment row 2"):
        await output.plan(record, Span(record.size - 1, 1), None)


async def test_an_inline_part_that_is_cut_short(keep_parts, output, rows):
    record = await keep_parts([(b"x" * 100, 0, 200)])
    with pytest.raises(StoreDamaged, match="cut short"):
        await output.plan(record, Span(0, 200), None)


async def test_an_encrypted_blob_of_an_impossible_length(keep, output, cipher):
    plain = await keep(BIG[: (1 << 16) + 20])
    key = new_body_key(cipher, "AES256", None)
    record = ObjectRecord(sequence=1, version_tail=b"", size=10, body=plain.body, encryption=key.record)
    with pytest.raises(StoreDamaged, match="no whole number of frames"):
        await output.plan(record, Span(0, 10), None)


# Keys.


async def test_wrong_and_missing_customer_keys(keep, output, cipher):
    record = await keep(b"secret", new_body_key(cipher, "C", CUSTOMER))
    for customer, code in [(None, "InvalidRequest"), (CustomerKey(bytes(32), ""), "AccessDenied")]:
        for ask in (lambda customer=customer: output.open_key(record, customer),):
            with pytest.raises(S3Error) as refused:
                ask()
            assert refused.value.code == code
        with pytest.raises(S3Error):
            await output.plan(record, Span(0, 0), customer)


async def test_a_customer_key_for_a_plain_object(keep, output):
    record = await keep(b"plain")
    with pytest.raises(S3Error) as refused:
        await output.plan(record, Span(0, 5), CUSTOMER)
    assert refused.value.code == "InvalidRequest"


# Nothing stays open.


@pytest.mark.parametrize("take", [0, 1, None])
async def test_readers_close_whether_or_not_the_body_is_sent(keep_parts, output, blobs, take):
    record = await keep_parts([(BIG, 0, len(BIG)), (BIG, 0, len(BIG))])
    body = await output.plan(record, Span(0, record.size), None)
    taken = 0
    while take is None or taken < take:
        try:
            await anext(body)
        except StopAsyncIteration:
            break
        taken += 1
    await body.aclose()
    await body.aclose()
    assert all(not blob.users for blob in blobs._open_blobs._blobs.values())


async def test_the_digest_of_what_is_read(keep, output):
    record = await keep(BIG)
    assert record.etag == hashlib.md5(BIG).hexdigest()
    assert record.crc64nvme == DIGEST["CRC64NVME"](BIG)
