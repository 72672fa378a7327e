"""Disks that run full, and files that a crash or a bad sector damaged."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

_BLOCK = 1 << 16


@contextlib.contextmanager
def small_filesystem(directory: Path, size_bytes: int) -> Iterator[Path]:
    """`directory` as a file system of its own with `size_bytes` of space; ask `can_mount` first."""
    directory.mkdir(parents=True, exist_ok=True)
    _mount(directory, size_bytes)
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


def can_mount(directory: Path) -> bool:
    """Whether this process may mount a tmpfs below `directory` (root with CAP_SYS_ADMIN)."""
    probe = directory / "mount-probe"
    try:
        with small_filesystem(probe, _BLOCK):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def _mount(directory: Path, size_bytes: int) -> None:
    options = f"size={size_bytes},mode=0700"
    command = ["mount", "-t", "tmpfs", "-o", options, "photon-test", str(directory)]
    subprocess.run(command, check=True, capture_output=True)


def fill(directory: Path, leave_bytes: int = 0) -> Path:
    """Use up the file system of `directory` except for `leave_bytes`; delete the returned file to free it again."""
    ballast = directory / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(_BLOCK))
    if leave_bytes:
        os.truncate(ballast, max(0, ballast.stat().st_size - leave_bytes))
    return ballast


def tear(file: Path, bytes_lost: int) -> None:
    """Cut the end off, as a crash in the middle of a write does."""
    os.truncate(file, max(0, file.stat().st_size - bytes_lost))


def flip(file: Path, offset: int) -> None:
    """Invert one byte; a negative offset counts from the end."""
    with file.open("r+b") as handle:
        handle.seek(offset, os.SEEK_END if offset < 0 else os.SEEK_SET)
        value = handle.read(1)[0]
        handle.seek(-1, os.SEEK_CUR)
        handle.write(bytes([value ^ 0xFF]))
