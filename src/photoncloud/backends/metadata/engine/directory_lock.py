"""One process per directory: an flock on `owner.lock`, whose text names the holder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from photoncloud.backends.metadata.errors import BackendUnavailable

LOCK_NAME = "owner.lock"


class DirectoryLock:
    """Held from construction to `release`; the kernel releases it when the process dies.

    Raises BackendUnavailable naming path and pid when another process (or this one, already) holds it.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / LOCK_NAME
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._descriptor)
            raise BackendUnavailable(
                f"{directory} is in use by process {holder}",
                maybe_applied=False,
                hint="a store serves one process; stop the other one or use another directory",
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Give the directory free. A second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
