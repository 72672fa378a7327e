"""Which blobs a bucket's versions are made of, found by walking its records."""

from __future__ import annotations

from collections.abc import AsyncIterator

from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.errors import StoreDamaged
from photoncloud.lightningstor.ports import Index, Row

_PAGE_ROWS = 256


async def bucket_blobs(index: Index, bucket_id: bytes) -> AsyncIterator[tuple[bytes, int]]:
    """(blob id, bytes used of it) for every version; copies name a blob again. Undecodable records are passed over."""
    for family in (key_space.CURRENT, key_space.VERSION):
        async for row in _rows(index, *key_space.bucket_rows(family, bucket_id)):
            try:
                record = record_codec.decode_object(row.value)
                async for blob in _blobs_of(index, record):
                    yield blob
            except StoreDamaged:
                continue  # fsck tells of it


async def _blobs_of(index: Index, record: ObjectRecord) -> AsyncIterator[tuple[bytes, int]]:
    if record.body.kind == "blob":
        yield record.body.id, record.size
    elif record.body.kind == "multipart":
        async for row in _rows(index, *key_space.body_segments(record.body.id)):
            for segment in record_codec.decode_segments(row.value).segments:
                if not segment.is_inline:
                    yield segment.blob, segment.length


async def _rows(index: Index, start: bytes, end: bytes) -> AsyncIterator[Row]:
    cursor = await index.cursor(start, end)
    try:
        while rows := await cursor.take(_PAGE_ROWS):
            for row in rows:
                yield row
    finally:
        cursor.close()
