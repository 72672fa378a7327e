"""The port through which the loader touches the machine, and its adapter for the operating system."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

FILE_BYTES_MAX = 1024 * 1024


class FileProblem(Exception):
    """A file cannot be used: `reason` says why, `is_missing` whether it simply is not there.

    `is_hidden`: a folder on the way may not be entered, so nobody can tell whether the file exists.
    """

    def __init__(self, reason: str, *, is_missing: bool = False, is_hidden: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_missing = is_missing
        self.is_hidden = is_hidden


@dataclass(frozen=True)
class FileContent:
    """One file as read: `identity` is (device, inode), `permissions` the low mode bits, `path` as shown to people."""

    path: str
    data: bytes
    identity: tuple[int, int]
    permissions: int = 0o600
    is_below_working_folder: bool = False


class Files(Protocol):
    """Reading of the machine's state. All methods are idempotent and touch nothing."""

    def read(self, path: str, limit: int = FILE_BYTES_MAX) -> FileContent:
        """The whole regular file, opened once and read once. FileProblem when missing, no file or above `limit`."""

    def list(self, folder: str) -> Sequence[str]:
        """Names in a folder in byte order; empty when it is missing. FileProblem when it cannot be read."""

    def is_root(self) -> bool:
        """True when this process runs as root."""

    def host_name(self) -> str:
        """The short host name."""


class OsFiles:
    """`Files` on the operating system, relative to the working folder of the process."""

    def read(self, path: str, limit: int = FILE_BYTES_MAX) -> FileContent:
        try:
            # O_NONBLOCK: opening a FIFO that nobody writes must not hang the start.
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise FileProblem(_reason(error), is_missing=True) from error
        except (OSError, ValueError) as error:
            raise FileProblem(_reason(error), is_hidden=_is_hidden(path, error)) from error
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise FileProblem(f"is {_kind(status.st_mode)}, not a regular file")
            data = _read_at_most(descriptor, limit)
        except OSError as error:
            raise FileProblem(_reason(error)) from error
        finally:
            os.close(descriptor)
        inside = _is_below(os.path.realpath(path), os.path.realpath(os.getcwd()))
        return FileContent(path, data, (status.st_dev, status.st_ino), stat.S_IMODE(status.st_mode), inside)

    def list(self, folder: str) -> Sequence[str]:
        try:
            return sorted(os.listdir(folder), key=os.fsencode)
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            raise FileProblem(_reason(error)) from error

    def is_root(self) -> bool:
        return os.geteuid() == 0

    def host_name(self) -> str:
        return os.uname().nodename.partition(".")[0]


def _read_at_most(descriptor: int, limit: int) -> bytes:
    pieces, left = [], limit + 1
    while left > 0 and (piece := os.read(descriptor, left)):
        pieces.append(piece)
        left -= len(piece)
    if left <= 0:
        raise FileProblem(f"is larger than {limit} bytes")
    return b"".join(pieces)


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) else str(error)
    return (text or str(error)).lower()


def _is_hidden(path: str, error: Exception) -> bool:
    if not isinstance(error, PermissionError):
        return False
    try:
        os.stat(path)
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def _kind(mode: int) -> str:
    for test, name in (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a FIFO"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    ):
        if test(mode):
            return name
    return "something else"


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
