"""Reading a blob: every chunk is hashed before any byte of it is sent, unless that was done lately (§5.6)."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from typing import Literal

from photoncloud.lightningstor.adapters.blobs_filesystem.open_blobs import OpenBlob, OpenBlobs
from photoncloud.lightningstor.adapters.hash_functions import chunk_digest
from photoncloud.lightningstor.core.blob_footer import CHUNK_BYTES
from photoncloud.lightningstor.core.http_message import FileSlice
from photoncloud.lightningstor.errors import StoreDamaged

VerifyReads = Literal["cached", "always", "off"]
MAX_SLICE_BYTES = 8 << 20
"""A slice for sendfile grows over verified chunks up to this, so that the send loop is asked rarely."""
INLINE_READ_BYTES = 256 * 1024
"""A read up to this is tried on the spot, from the page cache only (RWF_NOWAIT); a cold page goes to a thread."""

OnDamage = Callable[[bytes, str], StoreDamaged]
"""Quarantines a blob for a reason and gives the exception to raise."""


class FilesystemReader:
    """The BlobReader of `FilesystemBlobs`; shares the open file with other readers of the blob."""

    def __init__(
        self, opened: OpenBlob, blobs: OpenBlobs, executor: Executor, verify: VerifyReads, on_damage: OnDamage
    ) -> None:
        self.size = opened.footer.length
        self._opened = opened
        self._blobs = blobs
        self._executor = executor
        self._verify = verify
        self._on_damage = on_damage
        self._is_closed = False

    async def slices(self, offset: int, length: int) -> AsyncIterator[FileSlice]:
        self._check_bounds(offset, length)
        end = offset + length
        while offset < end:
            stop = min((offset // CHUNK_BYTES + 1) * CHUNK_BYTES, end)
            if not self._is_trusted(offset // CHUNK_BYTES):
                await self._verify_chunk(offset // CHUNK_BYTES)
            while stop < end and stop - offset < MAX_SLICE_BYTES and self._is_trusted(stop // CHUNK_BYTES):
                stop = min(stop + CHUNK_BYTES, end)
            yield FileSlice(self._opened.descriptor, offset, stop - offset)
            offset = stop

    async def read(self, offset: int, length: int) -> bytes:
        self._check_bounds(offset, length)
        pieces = []
        end = offset + length
        while offset < end:
            chunk = offset // CHUNK_BYTES
            stop = min((chunk + 1) * CHUNK_BYTES, end)
            if self._is_trusted(chunk):
                pieces.append(await self._pread(offset, stop - offset))
            else:
                start = chunk * CHUNK_BYTES
                pieces.append((await self._verify_chunk(chunk))[offset - start : stop - start])
            offset = stop
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._blobs.release(self._opened)

    def _check_bounds(self, offset: int, length: int) -> None:
        if offset < 0 or length < 0 or offset + length > self.size:
            raise StoreDamaged(f"blob of {self.size} bytes lacks {offset}+{length}", self._opened.blob.hex())

    def _is_trusted(self, chunk: int) -> bool:
        if self._verify == "off":
            return True
        return self._verify == "cached" and self._opened.is_verified(chunk, self._blobs.now())

    async def _verify_chunk(self, chunk: int) -> bytes:
        start = chunk * CHUNK_BYTES
        data = await self._pread(start, min(CHUNK_BYTES, self.size - start))
        if chunk_digest(data) != self._opened.footer.chunk_hash(chunk):
            raise self._on_damage(self._opened.blob, f"chunk {chunk} is not what was written")
        if self._verify == "cached":
            self._opened.mark_verified(chunk, self._blobs.now())
        return data

    async def _pread(self, offset: int, length: int) -> bytes:
        descriptor = self._opened.descriptor
        if length <= INLINE_READ_BYTES:
            data = read_cached(descriptor, offset, length)
            if data is not None:
                return data
        try:
            data = await asyncio.get_running_loop().run_in_executor(
                self._executor, pread_all, descriptor, offset, length
            )
        except OSError as error:
            raise self._on_damage(self._opened.blob, f"read at {offset}: {error.strerror}") from error
        if len(data) < length:
            raise self._on_damage(self._opened.blob, f"file ends at {offset + len(data)}")
        return data


def read_cached(descriptor: int, offset: int, length: int) -> bytes | None:
    """All bytes asked for when they are in the page cache, else None. Never waits for a disk."""
    buffer = bytearray(length)
    try:
        count = os.preadv(descriptor, [buffer], offset, os.RWF_NOWAIT)
    except OSError:
        return None
    return bytes(buffer) if count == length else None


def pread_all(descriptor: int, offset: int, length: int) -> bytes:
    """Exactly `length` bytes, or fewer at the end of the file. Blocking."""
    data = os.pread(descriptor, length, offset)
    while 0 < len(data) < length:
        more = os.pread(descriptor, length - len(data), offset + len(data))
        if not more:
            break
        data += more
    return data


def is_read_fault(error: OSError) -> bool:
    """The disk could not give back what it holds."""
    return error.errno == errno.EIO
