"""Where log lines go: standard output, or a file that is rotated by rename and reopened on SIGHUP."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import BinaryIO, Protocol

from photoncloud.runtime.files import write_all

LOG_FILE_MODE = 0o640
"""The group may read logs; nobody else."""


class Output(Protocol):
    dropped: int
    """Lines that could not be written: a full disk or a closed pipe never stops the process."""

    @property
    def is_terminal(self) -> bool: ...

    def write(self, line: bytes) -> None:
        """Write one line, newline included. Never raises OSError."""

    def reopen(self) -> None: ...

    def close(self) -> None: ...


class StreamOutput:
    """A stream that is already open (standard output); it is not ours to close."""

    def __init__(self, stream: BinaryIO) -> None:
        self.dropped = 0
        self._stream = stream
        self._lock = threading.Lock()

    @property
    def is_terminal(self) -> bool:
        return self._stream.isatty()

    def write(self, line: bytes) -> None:
        with self._lock:
            try:
                self._stream.write(line)
                self._stream.flush()
            except (OSError, ValueError):  # ValueError: the stream was closed
                self.dropped += 1

    def reopen(self) -> None:
        pass

    def close(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


class FileOutput:
    """`path`, rotated to `path.1` … `path.<keep>` when it would grow above `max_bytes`."""

    is_terminal = False

    def __init__(self, path: Path, max_bytes: int, keep: int) -> None:
        """Raises OSError when the file cannot be opened."""
        self.dropped = 0
        self._path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._lock = threading.Lock()
        self._descriptor, self._size = self._open()

    def _open(self) -> tuple[int, int]:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, LOG_FILE_MODE)
        return descriptor, os.fstat(descriptor).st_size

    def write(self, line: bytes) -> None:
        with self._lock:
            try:
                if self._size and self._size + len(line) > self._max_bytes:
                    self._rotate()
                write_all(self._descriptor, line)
                self._size += len(line)
            except OSError:
                self.dropped += 1

    def _rotate(self) -> None:
        for number in range(self._keep - 1, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                os.replace(self._numbered(number), self._numbered(number + 1))
        if self._keep:
            os.replace(self._path, self._numbered(1))
        else:
            self._path.unlink()
        self._switch()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def _switch(self) -> None:
        old = self._descriptor
        self._descriptor, self._size = self._open()
        os.close(old)

    def reopen(self) -> None:
        """Open the path again: somebody outside may have renamed the file. Keeps the old one when that fails."""
        with self._lock, contextlib.suppress(OSError):
            self._switch()

    def close(self) -> None:
        with self._lock, contextlib.suppress(OSError):
            os.close(self._descriptor)
