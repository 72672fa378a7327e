"""One blob being written: an unnamed temporary file, pwrite in threads, footer, fdatasync, a name, directory fsync."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import TypeVar

from photoncloud.lightningstor.adapters.blobs_filesystem.directories import NUMBER_BYTES, BlobDirectory
from photoncloud.lightningstor.adapters.blobs_filesystem.disk_errors import translated
from photoncloud.lightningstor.adapters.hash_functions import chunk_hash, crc32c
from photoncloud.lightningstor.core.blob_footer import CHUNK_BYTES, Footer, encode, footer_size
from photoncloud.runtime.files import PRIVATE_FILE

RESERVE_MIN_BYTES = 4 << 20
"""Below this, reserving room (fallocate) costs more than the early ENOSPC and the better layout are worth."""
EARLY_SYNC_BYTES = 16 << 20
"""Dirty bytes after which a long upload starts to be synced, so that the fdatasync before the name is short."""
PIECES_PER_CALL = 512
"""Below IOV_MAX (1,024), which pwritev refuses to exceed."""

Result = TypeVar("Result")
OnFault = Callable[[str], None]


class FilesystemWriter:
    """The BlobWriter of `FilesystemBlobs`. `incoming` is None where O_TMPFILE works.

    A lock orders the jobs in threads: `discard` after a cancelled write waits for it and closes the descriptor once
    nobody can write to it any more.
    """

    def __init__(
        self,
        blob: bytes,
        directory: BlobDirectory,
        executor: Executor,
        *,
        length: int | None,
        incoming: Path | None,
        on_fault: OnFault,
    ) -> None:
        self.id = blob
        self._directory = directory
        self._executor = executor
        self._length = length
        self._incoming = incoming
        self._on_fault = on_fault
        self._lock = threading.Lock()
        self._descriptor = -1
        self._size = 0
        self._unsynced = 0
        self._early_sync: Future[None] | None = None
        self._hashes = bytearray()
        self._chunk = chunk_hash()
        self._is_closed = False
        self._is_linked = False
        self._is_held = True

    @property
    def _name(self) -> str:
        return self.id[NUMBER_BYTES:].hex()

    @property
    def path(self) -> Path:
        """Where the blob stands once it is published."""
        return self._directory.path / self._name

    def write(self, pieces: Sequence[bytes | memoryview]) -> Awaitable[None]:
        return self._run(lambda: self._append(pieces))

    async def publish(self) -> None:
        try:
            if self._early_sync is not None:
                await asyncio.shield(asyncio.wrap_future(self._early_sync))  # its error is told to it alone
        except OSError as error:
            self._on_fault(f"fdatasync of {self.path}: {error.strerror}")
            raise translated(error, "fdatasync", str(self.path)) from error
        await self._run(self._seal_and_link)
        try:
            await self._directory.sync.wait()
        except OSError as error:
            self._on_fault(f"fsync of {self._directory.path}: {error.strerror}")
            raise translated(error, "directory fsync", str(self._directory.path)) from error
        self._release()

    async def discard(self) -> None:
        try:
            await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._executor, self._forget))
        finally:
            self._release()

    def _release(self) -> None:
        if self._is_held:
            self._is_held = False
            self._directory.release()

    def _run(self, work: Callable[[], Result]) -> asyncio.Future[Result]:
        return asyncio.get_running_loop().run_in_executor(self._executor, self._translating, work)

    def _translating(self, work: Callable[[], Result]) -> Result:
        """`work` under the lock, its OSErrors in the port's words. In a thread."""
        with self._lock:
            try:
                return work()
            except OSError as error:
                if error.errno == errno.EIO:
                    self._on_fault(f"write of {self.path}: {error.strerror}")
                raise translated(error, "blob write", str(self.path)) from error

    def _append(self, pieces: Sequence[bytes | memoryview]) -> None:
        if self._is_closed:
            return  # the upload was given up while this job stood in the queue
        if self._descriptor < 0:
            self._open()
        self._hash(pieces)
        for start in range(0, len(pieces), PIECES_PER_CALL):
            self._write_all(pieces[start : start + PIECES_PER_CALL])
        if self._unsynced >= EARLY_SYNC_BYTES and (self._early_sync is None or self._early_sync.done()):
            self._sync_early()

    def _sync_early(self) -> None:
        """Start syncing beside the writes that follow, on a descriptor of its own that outlives a discard."""
        if self._early_sync is not None:
            self._early_sync.result()
        self._early_sync = self._executor.submit(_sync_and_close, os.dup(self._descriptor))
        self._unsynced = 0

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_CLOEXEC
        if self._incoming is None:
            self._descriptor = os.open(self._directory.path, flags | os.O_TMPFILE, PRIVATE_FILE)
        else:
            self._descriptor = os.open(self._temporary, flags | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        if self._length is not None and self._length >= RESERVE_MIN_BYTES:
            self._reserve(self._length + footer_size(self._length))

    @property
    def _temporary(self) -> Path:
        assert self._incoming is not None
        return self._incoming / self.id.hex()

    def _reserve(self, size: int) -> None:
        try:
            os.posix_fallocate(self._descriptor, 0, size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                raise

    def _hash(self, pieces: Sequence[bytes | memoryview]) -> None:
        room = CHUNK_BYTES - self._size % CHUNK_BYTES
        for piece in pieces:
            if len(piece) < room:
                self._chunk.update(piece)
                room -= len(piece)
                continue
            rest = memoryview(piece)
            while len(rest) >= room:
                self._chunk.update(rest[:room])
                self._hashes += self._chunk.digest()
                self._chunk = chunk_hash()
                rest = rest[room:]
                room = CHUNK_BYTES
            self._chunk.update(rest)
            room -= len(rest)

    def _write_all(self, pieces: Sequence[bytes | memoryview]) -> None:
        left = list(pieces)
        while left:
            written = os.pwritev(self._descriptor, left, self._size)
            self._size += written
            self._unsynced += written
            left = _after(left, written)

    def _seal_and_link(self) -> None:
        if self._descriptor < 0:
            self._open()
        if self._size % CHUNK_BYTES:
            self._hashes += self._chunk.digest()
        length = self._size
        self._write_all([encode(Footer(length, bytes(self._hashes)), crc32c)])
        os.ftruncate(self._descriptor, self._size)
        os.fdatasync(self._descriptor)
        self._link()
        self._is_linked = True
        self._close()

    def _link(self) -> None:
        """`os.link` follows the /proc symlink only when `dst_dir_fd` makes it use linkat."""
        descriptor = self._directory.descriptor
        if self._incoming is None:
            os.link(f"/proc/self/fd/{self._descriptor}", self._name, dst_dir_fd=descriptor, follow_symlinks=True)
        else:
            os.rename(self._temporary, self._name, dst_dir_fd=descriptor)

    def _close(self) -> None:
        self._is_closed = True
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _forget(self) -> None:
        with self._lock:
            has_temporary = self._incoming is not None and self._descriptor >= 0
            self._close()
            with contextlib.suppress(FileNotFoundError):
                if self._is_linked:
                    self.path.unlink()
                elif has_temporary:
                    self._temporary.unlink()


def _after(pieces: list[bytes | memoryview], written: int) -> list[bytes | memoryview]:
    """What is left of pieces once `written` bytes of them are on their way."""
    for index, piece in enumerate(pieces):
        if written < len(piece):
            return [memoryview(piece)[written:], *pieces[index + 1 :]]
        written -= len(piece)
    return []


def _sync_and_close(descriptor: int) -> None:
    try:
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)
