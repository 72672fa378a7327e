"""Finding, verifying and opening the bytes of an object: inline row, blob, or the segments of a multipart body.

The first piece is fetched and verified before a reply exists, so damage found there is an error document; damage found
later raises StoreDamaged out of the body, and the connection is cut short of the announced length (§5.6).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.byte_range import Span
from photoncloud.lightningstor.core.encryption_frames import plain_length
from photoncloud.lightningstor.core.encryption_request import CustomerKey
from photoncloud.lightningstor.core.http_message import FileSlice
from photoncloud.lightningstor.core.record_codec import decode_segments
from photoncloud.lightningstor.core.records import ObjectRecord, Segment
from photoncloud.lightningstor.errors import StoreDamaged
from photoncloud.lightningstor.ports import BlobReader, BlobStore, Cipher, HashPool, Index
from photoncloud.lightningstor.service.sealed_body import BodyKey, FrameOpener, open_body_key, open_inline

WHOLE_REPLY_BYTES = 64 * 1024
"""Up to this a blob's bytes are read at once: head and body leave in one write."""
READ_BYTES = 1 << 20
"""The most a blob gives in one read."""

_CRC64 = frozenset({"CRC64NVME"})

OutgoingPiece = bytes | memoryview | FileSlice
OutgoingBody = bytes | AsyncIterator[OutgoingPiece]


class PrimedBody:
    """An async iterator whose first piece is already there; `aclose` releases what the rest holds, in any state."""

    __slots__ = ("_first", "_rest")

    def __init__(self, first: OutgoingPiece, rest: AsyncGenerator[OutgoingPiece, None]) -> None:
        self._first: OutgoingPiece | None = first
        self._rest = rest

    def __aiter__(self) -> PrimedBody:
        return self

    async def __anext__(self) -> OutgoingPiece:
        first = self._first
        if first is not None:
            self._first = None
            return first
        return await anext(self._rest)

    async def aclose(self) -> None:
        await self._rest.aclose()


class BodyOutput:
    """Reads bodies. `verifies_inline` is False only with `storage.verify_reads = off`."""

    def __init__(
        self, index: Index, blobs: BlobStore, cipher: Cipher, hashes: HashPool, *, verifies_inline: bool = True
    ) -> None:
        self._index = index
        self._blobs = blobs
        self._cipher = cipher
        self._hashes = hashes
        self._verifies_inline = verifies_inline

    def open_key(self, record: ObjectRecord, customer: CustomerKey | None) -> BodyKey | None:
        """The key of an encrypted object; for HEAD, whose answer needs the right key too. Errors: `open_body_key`."""
        if record.encryption is None and customer is None:
            return None
        return open_body_key(self._cipher, record.encryption, customer)

    async def plan(self, record: ObjectRecord, span: Span, customer: CustomerKey | None) -> OutgoingBody:
        """The body of a reply: exactly `span.length` bytes. An iterator must be closed by whoever takes it.

        Raises S3Error (customer key missing or wrong), StoreDamaged.
        """
        key = self.open_key(record, customer)
        if not span.length:
            return b""
        if record.body.kind == "inline":
            content = await self._inline(record, key)
            return content if span.length == len(content) else content[span.offset : span.offset + span.length]
        if record.body.kind == "blob" and span.length <= WHOLE_REPLY_BYTES:
            return await self._blob_bytes(record.body.id, span.offset, span.length, key)
        pieces = self._pieces(record, span.offset, span.length, key)
        try:
            return PrimedBody(await anext(pieces), pieces)
        except BaseException:
            await pieces.aclose()
            raise

    async def plain(
        self, record: ObjectRecord, offset: int, length: int, customer: CustomerKey | None
    ) -> AsyncGenerator[bytes, None]:
        """Plain verified bytes of a range, at most 1 MiB a piece, for copies that must read. Errors as `plan`."""
        key = self.open_key(record, customer)
        if not length:
            return
        if record.body.kind == "inline":
            yield (await self._inline(record, key))[offset : offset + length]
            return
        async for segment in self.segments(record, offset, length):
            async with aclosing(self._segment_bytes(segment, key)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _inline(self, record: ObjectRecord, key: BodyKey | None) -> bytes:
        content = await self._inline_row(record.body.id, key)
        if len(content) != record.size:
            raise StoreDamaged(f"inline body of {len(content)} bytes instead of {record.size}", record.body.id.hex())
        is_checked = self._verifies_inline and record.crc64nvme
        if is_checked and self._hashes.digest_now(_CRC64, content)["CRC64NVME"] != record.crc64nvme:
            raise StoreDamaged("inline body is not what was written", record.body.id.hex())
        return content

    async def _inline_row(self, body: bytes, key: BodyKey | None) -> bytes:
        row = await self._index.get(key_space.inline(body))
        if row is None:
            raise StoreDamaged("inline body is missing", body.hex())
        return row.value if key is None else open_inline(self._cipher, key, row.value)

    async def _blob_bytes(self, blob: bytes, offset: int, length: int, key: BodyKey | None) -> bytes:
        reader = await self._blobs.open(blob)
        try:
            if key is None:
                return await reader.read(offset, length)
            return b"".join(
                [piece async for piece in self._opener(blob, reader, key).range(offset, length, reader.read)]
            )
        finally:
            reader.close()

    def _opener(self, blob: bytes, reader: BlobReader, key: BodyKey) -> FrameOpener:
        try:
            length = plain_length(reader.size)
        except ValueError as error:
            raise StoreDamaged(f"encrypted blob: {error}", blob.hex()) from error
        return FrameOpener(self._cipher, key, blob, length)

    async def _pieces(
        self, record: ObjectRecord, offset: int, length: int, key: BodyKey | None
    ) -> AsyncGenerator[OutgoingPiece, None]:
        async for segment in self.segments(record, offset, length):
            if segment.is_inline or key is not None:
                async with aclosing(self._segment_bytes(segment, key)) as pieces:
                    async for piece in pieces:
                        yield piece
                continue
            reader = await self._blobs.open(segment.blob)
            try:
                async for run in reader.slices(segment.offset, segment.length):
                    yield run
            finally:
                reader.close()

    async def _segment_bytes(self, segment: Segment, key: BodyKey | None) -> AsyncGenerator[bytes, None]:
        end = segment.offset + segment.length
        if segment.is_inline:
            content = await self._inline_row(segment.blob, key)
            if len(content) < end:
                raise StoreDamaged("inline part is cut short", segment.blob.hex())
            yield content[segment.offset : end]
            return
        reader = await self._blobs.open(segment.blob)
        try:
            if key is not None:
                opener = self._opener(segment.blob, reader, key)
                async for piece in opener.range(segment.offset, segment.length, reader.read):
                    yield piece
                return
            for offset in range(segment.offset, end, READ_BYTES):
                yield await reader.read(offset, min(READ_BYTES, end - offset))
        finally:
            reader.close()

    async def segments(self, record: ObjectRecord, offset: int, length: int) -> AsyncIterator[Segment]:
        """The runs that make up [offset, offset + length) of a blob or multipart body."""
        body = record.body
        if body.kind == "blob":
            yield Segment(body.id, offset, length)
            return
        start, end, number = 0, offset + length, 0
        while start < end:
            row = await self._index.get(key_space.segments(body.id, number))
            if row is None:
                raise StoreDamaged(f"segment row {number} is missing", body.id.hex())
            for segment in decode_segments(row.value).segments:
                skip = max(offset - start, 0)
                take = min(segment.length, end - start) - skip
                if take > 0:
                    yield Segment(segment.blob, segment.offset + skip, take, segment.is_inline)
                start += segment.length
                if start >= end:
                    break
            number += 1
