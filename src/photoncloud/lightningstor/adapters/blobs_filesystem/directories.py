"""The directories of the blob tree: 4,096 blobs each, the newest is active; waiting publishes share an fsync.

A blob id is the directory's number (4 bytes) and 12 random bytes; both stand in hex in the path.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

from photoncloud.runtime.files import PRIVATE_DIRECTORY, sync_directory

BLOBS_PER_DIRECTORY = 4096
"""Small enough to list at once, large enough that new directories are rare."""
NUMBER_BYTES = 4
RANDOM_BYTES = 12
ID_BYTES = NUMBER_BYTES + RANDOM_BYTES


def directory_name(number: int) -> str:
    return f"{number:08x}"


class SharedSync:
    """fsync of one directory for many: a caller waits for a run that began after its call, and shares it."""

    __slots__ = ("_executor", "_is_running", "_next", "_sync", "runs")

    def __init__(self, sync: Callable[[], None], executor: Executor) -> None:
        self._sync = sync
        self._executor = executor
        self._is_running = False
        self._next: asyncio.Future[None] | None = None
        self.runs = 0

    async def wait(self) -> None:
        """Raises OSError of the fsync; it is never tried again for the same callers."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        shared = self._next
        if not self._is_running:
            self._start()
        await asyncio.shield(shared)

    def _start(self) -> None:
        shared, self._next = self._next, None
        assert shared is not None
        self._is_running = True
        self.runs += 1
        job = asyncio.get_running_loop().run_in_executor(self._executor, self._sync)
        job.add_done_callback(lambda done: self._finish(shared, done))

    def _finish(self, shared: asyncio.Future[None], job: asyncio.Future[None]) -> None:
        self._is_running = False
        error = asyncio.CancelledError() if job.cancelled() else job.exception()
        if isinstance(error, Exception):
            shared.set_exception(error)
            shared.exception()  # seen: every waiter may have been cancelled meanwhile
        elif error is not None:
            shared.cancel()
        else:
            shared.set_result(None)
        if self._next is not None:
            self._start()


class BlobDirectory:
    """One directory, held open while writers publish into it."""

    __slots__ = ("_writers", "descriptor", "is_retired", "number", "path", "sync")

    def __init__(self, number: int, path: Path, executor: Executor) -> None:
        self.number = number
        self.path = path
        self.descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self.sync = SharedSync(lambda: os.fsync(self.descriptor), executor)
        self.is_retired = False
        self._writers = 0

    def hold(self) -> None:
        self._writers += 1

    def release(self) -> None:
        """A writer is done with it; a retired directory closes with its last writer."""
        self._writers -= 1
        self.close_if_idle()

    def close_if_idle(self) -> None:
        if self.is_retired and not self._writers and self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class BlobDirectories:
    """Hands out the active directory and opens the next one when it is full. Used on the event loop only."""

    def __init__(self, root: Path, executor: Executor) -> None:
        """Blocking: finds the newest directory and counts its entries, or makes the first."""
        self._root = root
        self._executor = executor
        self._rotation = asyncio.Lock()
        newest = max(self.numbers(), default=0)
        self._active = self._open(newest)
        self._count = sum(1 for _ in os.scandir(self._active.path))

    def numbers(self) -> list[int]:
        """Numbers of the directories that exist, ascending. Blocking."""
        return sorted(int(name, 16) for name in os.listdir(self._root) if is_directory_name(name))

    def _open(self, number: int) -> BlobDirectory:
        path = self._root / directory_name(number)
        try:
            path.mkdir(mode=PRIVATE_DIRECTORY)
        except FileExistsError:
            pass
        else:
            sync_directory(self._root)
        return BlobDirectory(number, path, self._executor)

    async def take(self) -> BlobDirectory:
        """The directory for one more blob, held for its writer (who must `release` it). Raises OSError."""
        if self._count >= BLOBS_PER_DIRECTORY:
            async with self._rotation:
                if self._count >= BLOBS_PER_DIRECTORY:
                    await self._rotate()
        self._count += 1
        self._active.hold()
        return self._active

    async def _rotate(self) -> None:
        loop = asyncio.get_running_loop()
        following = await loop.run_in_executor(self._executor, self._open, self._active.number + 1)
        full, self._active, self._count = self._active, following, 0
        full.is_retired = True
        full.close_if_idle()

    def close(self) -> None:
        self._active.is_retired = True
        self._active.close_if_idle()


def is_directory_name(name: str) -> bool:
    return len(name) == 2 * NUMBER_BYTES and all(digit in "0123456789abcdef" for digit in name)
