"""The blob tree of one data directory: `blobs/`, `incoming/` (only without O_TMPFILE) and `quarantine/`.

One server owns the directory (the index's lock sees to that), so what lies in `incoming` at start is garbage.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import TypeVar

from photoncloud.lightningstor.adapters.blobs_filesystem.directories import (
    ID_BYTES,
    NUMBER_BYTES,
    RANDOM_BYTES,
    BlobDirectories,
    directory_name,
)
from photoncloud.lightningstor.adapters.blobs_filesystem.disk_errors import translated
from photoncloud.lightningstor.adapters.blobs_filesystem.open_blobs import OpenBlob, OpenBlobs, identity
from photoncloud.lightningstor.adapters.blobs_filesystem.reader import (
    FilesystemReader,
    VerifyReads,
    is_read_fault,
    pread_all,
)
from photoncloud.lightningstor.adapters.blobs_filesystem.writer import FilesystemWriter
from photoncloud.lightningstor.adapters.hash_functions import chunk_digest, crc32c
from photoncloud.lightningstor.core.blob_footer import (
    CHUNK_BYTES,
    FooterBroken,
    blob_length,
    chunk_count,
    decode,
    footer_size,
)
from photoncloud.lightningstor.errors import OutOfSpace, StoreDamaged
from photoncloud.runtime.files import PRIVATE_DIRECTORY, PRIVATE_FILE, sync_directory
from photoncloud.runtime.logging import get_logger

FREE_SAMPLE_SEC = 1.0
MAX_FAULTS = 100
"""Messages kept for `/health`; every fault is also in the log."""

log = get_logger("photoncloud.lightningstor.blobs")

Result = TypeVar("Result")


class FilesystemBlobs:
    """The BlobStore port. Build it on the event loop's thread before serving: the constructor touches the disk."""

    def __init__(
        self,
        data_dir: Path,
        executor: Executor,
        *,
        verify_reads: VerifyReads = "cached",
        min_free_bytes: int = 0,
        random_bytes: Callable[[int], bytes] = os.urandom,
        monotonic: Callable[[], float],
        quarantines: bool = True,
    ) -> None:
        """Raises OSError when the directories cannot be made or read. `quarantines` False: damage is only told."""
        self._root = data_dir / "blobs"
        self._incoming = data_dir / "incoming"
        self._quarantine = data_dir / "quarantine"
        self._executor = executor
        self.verify_reads: VerifyReads = verify_reads
        self.min_free_bytes = min_free_bytes
        self._random_bytes = random_bytes
        self._monotonic = monotonic
        self._moves_damage = quarantines
        self._open_blobs = OpenBlobs(monotonic)
        self._faults: dict[str, None] = {}
        self._free_bytes = 0
        self._free_sampled = -FREE_SAMPLE_SEC
        self._prepare(data_dir)
        self._directories = BlobDirectories(self._root, executor)
        self._has_unnamed_files = _has_unnamed_files(self._root)

    def _prepare(self, data_dir: Path) -> None:
        for directory in (data_dir, self._root, self._incoming, self._quarantine):
            directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        for leftover in self._incoming.iterdir():
            leftover.unlink()
        sync_directory(data_dir)
        self._quarantined = {blob for path in self._quarantine.iterdir() if (blob := _blob_id(path.name))}
        for blob in sorted(self._quarantined):
            self._report(f"blob {blob.hex()} is in quarantine")

    # Writing.

    async def create(self, *, length: int | None) -> FilesystemWriter:
        if self.free_bytes() - (length or 0) < self.min_free_bytes:
            raise OutOfSpace(f"less than {self.min_free_bytes} bytes would be left free")
        try:
            directory = await self._directories.take()
        except OSError as error:
            raise translated(error, "new blob directory", str(self._root)) from error
        return FilesystemWriter(
            directory.number.to_bytes(NUMBER_BYTES, "big") + self._random_bytes(RANDOM_BYTES),
            directory,
            self._executor,
            length=length,
            incoming=None if self._has_unnamed_files else self._incoming,
            on_fault=self._report,
        )

    async def delete(self, blob: bytes) -> None:
        if blob in self._quarantined:
            return
        self._open_blobs.drop(blob)
        path = self.path(blob)
        try:
            await self._run(_unlink, path)
        except OSError as error:
            raise translated(error, "blob delete", str(path)) from error
        self._free_sampled = -FREE_SAMPLE_SEC

    # Reading.

    async def open(self, blob: bytes) -> FilesystemReader:
        opened = self._open_blobs.use(blob)
        if opened is None:
            opened = self._open_blobs.add(await self._open(blob))
        return FilesystemReader(opened, self._open_blobs, self._executor, self.verify_reads, self._damaged)

    async def _open(self, blob: bytes) -> OpenBlob:
        if len(blob) != ID_BYTES:
            raise StoreDamaged("no blob id", blob.hex())
        if blob in self._quarantined:
            raise StoreDamaged("blob is in quarantine", blob.hex())
        path = self.path(blob)
        opening = self._executor.submit(_open_blob, blob, path)
        try:
            return await asyncio.wrap_future(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_abandoned)
            raise
        except FileNotFoundError:  # no fault by itself: a slow reader may come after the collector
            raise StoreDamaged("blob is missing", str(path)) from None
        except FooterBroken as error:
            raise self._damaged(blob, str(error)) from error
        except OSError as error:
            if is_read_fault(error):
                raise self._damaged(blob, f"footer: {error.strerror}") from error
            raise translated(error, "blob open", str(path)) from error

    async def verify(self, blob: bytes, pace: Callable[[int], Awaitable[None]] | None = None) -> None:
        opened = await self._open(blob)
        try:
            for chunk in range(chunk_count(opened.footer.length)):
                start = chunk * CHUNK_BYTES
                length = min(CHUNK_BYTES, opened.footer.length - start)
                try:
                    data = await self._run(_read_from_disk, opened.descriptor, start, length)
                except OSError as error:
                    raise self._damaged(blob, f"read at {start}: {error.strerror}") from error
                if chunk_digest(data) != opened.footer.chunk_hash(chunk):
                    raise self._damaged(blob, f"chunk {chunk} is not what was written")
                if pace is not None:
                    await pace(length)
        finally:
            os.close(opened.descriptor)

    async def list(self) -> AsyncIterator[tuple[bytes, int, int]]:
        for number in await self._run(self._directories.numbers):
            for entry in await self._run(_entries, self._root, number):
                yield entry

    # What is known of the disk.

    def free_bytes(self) -> int:
        now = self._monotonic()
        if now - self._free_sampled >= FREE_SAMPLE_SEC:
            status = os.statvfs(self._root)
            self._free_bytes = status.f_bavail * status.f_frsize
            self._free_sampled = now
        return self._free_bytes

    def faults(self) -> tuple[str, ...]:
        return tuple(self._faults)

    def path(self, blob: bytes) -> Path:
        """Where the file of a blob is, or would be."""
        return self._root / directory_name(int.from_bytes(blob[:NUMBER_BYTES], "big")) / blob[NUMBER_BYTES:].hex()

    def close(self) -> None:
        """Close what is open; readers and writers still at work keep what they hold."""
        self._open_blobs.close()
        self._directories.close()

    def _report(self, fault: str) -> None:
        if fault not in self._faults:
            log.error("blob_fault", fault=fault)
            if len(self._faults) < MAX_FAULTS:
                self._faults[fault] = None

    def _damaged(self, blob: bytes, reason: str) -> StoreDamaged:
        """Put a blob into quarantine: kept for the operator, never served, never collected."""
        path = self.path(blob)
        if not self._moves_damage:
            return StoreDamaged(reason, str(path))
        self._report(f"blob {blob.hex()} is damaged ({reason}); moved to quarantine")
        self._quarantined.add(blob)
        self._open_blobs.drop(blob)
        try:
            path.rename(self._quarantine / blob.hex())
        except OSError as error:
            log.error("quarantine_failed", blob=blob.hex(), error=str(error))
        return StoreDamaged(reason, str(path))

    async def _run(self, work: Callable[..., Result], *arguments: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._executor, lambda: work(*arguments))


def _blob_id(name: str) -> bytes:
    """The id a file in quarantine is named by; empty for what an operator put there."""
    try:
        return bytes.fromhex(name)
    except ValueError:
        return b""


# Blocking work, done in threads.


def _open_blob(blob: bytes, path: Path) -> OpenBlob:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        known = identity(descriptor)
        size = known[0]
        length = blob_length(size)
        footer = decode(pread_all(descriptor, length, footer_size(length)), size, crc32c)
    except BaseException:
        os.close(descriptor)
        raise
    return OpenBlob(blob, descriptor, known, footer)


def _close_abandoned(opening: Future[OpenBlob]) -> None:
    """The reader was cancelled while the file was being opened."""
    if not opening.cancelled() and opening.exception() is None:
        os.close(opening.result().descriptor)


def _read_from_disk(descriptor: int, offset: int, length: int) -> bytes:
    """Bytes as the disk has them: clean pages are dropped from the cache before the read."""
    os.posix_fadvise(descriptor, offset, length, os.POSIX_FADV_DONTNEED)
    return pread_all(descriptor, offset, length)


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)


def _entries(root: Path, number: int) -> list[tuple[bytes, int, int]]:
    """(id, size, mtime in ns) of the blobs of one directory; what vanishes meanwhile is left out."""
    entries = []
    prefix = number.to_bytes(NUMBER_BYTES, "big")
    for entry in os.scandir(root / directory_name(number)):
        if len(entry.name) != 2 * RANDOM_BYTES:
            continue
        try:
            status = entry.stat(follow_symlinks=False)
            entries.append((prefix + bytes.fromhex(entry.name), status.st_size, status.st_mtime_ns))
        except (FileNotFoundError, ValueError):
            continue
    return entries


def _has_unnamed_files(directory: Path) -> bool:
    """Whether the file system knows O_TMPFILE and gives such a file a name."""
    try:
        os.close(os.open(directory, os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, PRIVATE_FILE))
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT):
            return False
        raise
    return True
