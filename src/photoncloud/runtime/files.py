"""Durable files: a file is old or new, never between; what was acknowledged is on disk.

Every function blocks on fsync: call it from a thread (`asyncio.to_thread`) or at start and end of a process.
OSError passes through: the caller knows which file it was about.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700
TEMPORARY_SUFFIX = ".photon-tmp"
"""Left only by a crash between creating and renaming; `remove_temporaries` clears them at start."""


def replace_atomically(path: Path | str, data: bytes, mode: int = PRIVATE_FILE) -> None:
    """Make `path` hold exactly `data`: temporary file beside it, fsync, rename, fsync of the directory.

    `mode` is set exactly, whatever the umask. On any error the old file is untouched and no temporary stays.
    A symbolic link at `path` is replaced, not followed.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    try:
        try:
            os.fchmod(descriptor, mode)
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise
    sync_directory(path.parent)


def append_durably(path: Path | str, data: bytes, mode: int = PRIVATE_FILE) -> int:
    """Add `data` at the end of `path`, creating it with `mode`; on disk when this returns the offset it begins at.

    A write that fails half way is cut off again, so a reader never meets half a record of a living process.
    After a failed fsync nothing is known about the file: the error is raised and must not be retried on it.
    """
    path = Path(path)
    descriptor, created = _open_append(path, mode)
    try:
        start = os.fstat(descriptor).st_size
        try:
            write_all(descriptor, data)
        except BaseException:
            os.ftruncate(descriptor, start)
            raise
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)
    if created:
        sync_directory(path.parent)
    return start


def _open_append(path: Path, mode: int) -> tuple[int, bool]:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
    try:
        return os.open(path, flags), False
    except FileNotFoundError:
        descriptor = os.open(path, flags | os.O_CREAT, mode)
        os.fchmod(descriptor, mode)
        return descriptor, True


def write_all(descriptor: int, data: bytes) -> None:
    """os.write until everything is written; short writes are continued."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def remove_durably(path: Path | str) -> bool:
    """Unlink and fsync the directory; False when there was nothing."""
    path = Path(path)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    sync_directory(path.parent)
    return True


def make_directory(path: Path | str, mode: int = PRIVATE_DIRECTORY) -> None:
    """Create `path` and missing parents with `mode`, each on disk; an existing directory keeps its mode."""
    path = Path(path)
    for folder in _missing(path):
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode)
            folder.chmod(mode)
        sync_directory(folder.parent)
    if not path.is_dir():
        raise NotADirectoryError(20, "exists and is no directory", str(path))


def _missing(path: Path) -> list[Path]:
    missing = []
    for folder in (path, *path.parents):
        if folder.exists():
            break
        missing.append(folder)
    return missing[::-1]


def sync_directory(path: Path | str) -> None:
    """fsync a directory: the names in it are on disk afterwards."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_temporaries(directory: Path | str) -> int:
    """Delete what crashes left of `replace_atomically` in one directory; returns how many."""
    count = 0
    for leftover in _temporaries(Path(directory)):
        leftover.unlink(missing_ok=True)
        count += 1
    return count


def _temporaries(directory: Path) -> Iterator[Path]:
    return directory.glob(f".*{TEMPORARY_SUFFIX}")
