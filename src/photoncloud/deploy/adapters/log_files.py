"""Output of components into files, without ever making a component wait.

A pipe is emptied whenever it has something; what the disk refuses is dropped and counted. Files are rotated at
10 MiB, five are kept; a line longer than 64 KiB is cut. Whole lines also go to a `screen`, which may lose them.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

ROTATE_BYTES = 10 * 1024 * 1024
KEEP_FILES = 5
LINE_BYTES_MAX = 64 * 1024
READ_BYTES = 256 * 1024
# One turn of the loop reads at most this much of one component, so that a flood starves nobody.
TURN_BYTES_MAX = 2 * 1024 * 1024
# The largest pipe an unprivileged process may have.
PIPE_BYTES = 1024 * 1024

# Gets a component's name and its whole lines as one piece.
Screen = Callable[[str, bytes], None]


class RotatingFile:
    """Appends to `path`; `path.1` is the newest of the older files. Errors of the disk are counted, not raised."""

    def __init__(self, path: Path, rotate_bytes: int = ROTATE_BYTES, keep: int = KEEP_FILES) -> None:
        self.path = path
        self.lost_bytes = 0
        self._rotate_bytes = rotate_bytes
        self._keep = keep
        self._descriptor = -1
        self._size = 0

    def write(self, data: bytes) -> None:
        try:
            if self._descriptor < 0:
                self._open()
            written = os.write(self._descriptor, data)
            self._size += written
            if written < len(data):
                self.lost_bytes += len(data) - written
            if self._size >= self._rotate_bytes:
                self._rotate()
        except OSError:
            self.lost_bytes += len(data)
            self.close()

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(self._descriptor).st_size

    def _rotate(self) -> None:
        self.close()
        for number in range(self._keep - 1, 0, -1):
            older = self.path if number == 1 else self.path.with_name(f"{self.path.name}.{number - 1}")
            with contextlib.suppress(FileNotFoundError):
                os.replace(older, self.path.with_name(f"{self.path.name}.{number}"))


class LineCutter:
    """Pieces of a stream to whole lines; a line over the limit goes out in its first 64 KiB, the rest is dropped."""

    def __init__(self, limit: int = LINE_BYTES_MAX) -> None:
        self._limit = limit
        self._rest = b""
        self._is_dropping = False

    def feed(self, data: bytes) -> bytes:
        """The complete lines, in order, as one piece."""
        end = data.rfind(b"\n") + 1
        if not end:
            return self._hold(data)
        whole, tail = data[:end], data[end:]
        if self._is_dropping:
            whole = whole[whole.find(b"\n") + 1 :]
            self._is_dropping = False
        if self._rest:
            whole = self._rest + whole
            self._rest = b""
        if self._has_long_line(whole):
            whole = b"".join(self._cut(line + b"\n") for line in whole[:-1].split(b"\n"))
        return whole + self._hold(tail) if tail else whole

    def finish(self) -> bytes:
        """What was left without a line end."""
        rest, self._rest, self._is_dropping = self._rest, b"", False
        return rest + b"\n" if rest else b""

    def _hold(self, data: bytes) -> bytes:
        if self._is_dropping:
            return b""
        self._rest += data
        if len(self._rest) <= self._limit:
            return b""
        cut, self._rest, self._is_dropping = self._cut(self._rest), b"", True
        return cut

    def _has_long_line(self, whole: bytes) -> bool:
        """Jumps from line end to line end, as far as the limit allows: lines are not looked at one by one."""
        position = 0
        while len(whole) - position > self._limit:
            end = whole.rfind(b"\n", position, position + self._limit)
            if end < 0:
                return True
            position = end + 1
        return False

    def _cut(self, line: bytes) -> bytes:
        return line if len(line) <= self._limit else line[: self._limit - 1] + b"\n"


class OutputReader:
    """Reads one child's pipe until it closes or `close` is called."""

    def __init__(self, name: str, descriptor: int, file: RotatingFile, screen: Screen) -> None:
        self._name = name
        self._descriptor = descriptor
        self._file = file
        self._screen = screen
        self._cutter = LineCutter()
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        asyncio.get_running_loop().add_reader(descriptor, self._readable)

    @property
    def is_open(self) -> bool:
        """False once the other end is closed and everything was read."""
        return self._descriptor >= 0

    def close(self) -> None:
        """Take what is in the pipe now, then let go: a daemon that inherited the pipe may hold it for ever."""
        if self._descriptor >= 0:
            self._readable()
        self._release()

    def _readable(self) -> None:
        taken = 0
        while taken < TURN_BYTES_MAX:
            try:
                data = os.read(self._descriptor, READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._release()
                return
            taken += len(data)
            self._deliver(self._cutter.feed(data))

    def _release(self) -> None:
        if self._descriptor < 0:
            return
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._descriptor = -1
        self._deliver(self._cutter.finish())

    def _deliver(self, lines: bytes) -> None:
        if lines:
            self._file.write(lines)
            self._screen(self._name, lines)


def silent(name: str, lines: bytes) -> None:
    """A screen nobody looks at."""


def last_lines(path: Path, count: int) -> list[str]:
    """The last `count` lines of a log, older file included when the newest is short; [] when there is none."""
    lines: list[str] = []
    for part in (path, path.with_name(f"{path.name}.1")):
        try:
            with part.open("rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - count * LINE_BYTES_MAX // 16))
                found = file.read().decode("utf-8", "replace").splitlines()
        except OSError:
            break
        lines = [*found[-(count - len(lines)) :], *lines] if len(lines) < count else lines
        if len(lines) >= count:
            break
    return lines
