"""Free space of a store's file system and the reserve file that lets deletes commit on a full disk.

Normal state: the reserve exists. When less than `low_bytes` are free the reserve is removed and the store is *full*:
what would grow it is refused, deletes go on in the room that became free. When the free space again holds the reserve
and twice `low_bytes`, the reserve is made anew and the store takes writes.
"""

from __future__ import annotations

import os
from pathlib import Path

RESERVE_NAME = "reserve"
RESERVE_BYTES = 64 * 1024 * 1024  # enough for deletes to commit and for a compaction to give space back
LOW_BYTES = 16 * 1024 * 1024  # one write-ahead log segment and a memtable flush fit into it


class SpaceGuard:
    """`has_room()` before each commit; one statvfs call."""

    def __init__(self, directory: Path, *, reserve_bytes: int = RESERVE_BYTES, low_bytes: int = LOW_BYTES) -> None:
        self._directory = directory
        self._reserve = directory / RESERVE_NAME
        self._reserve_bytes = reserve_bytes
        self._low_bytes = low_bytes
        self.is_full = False
        if not self._reserve.exists():
            self.is_full = not self._make_reserve()

    def has_room(self) -> bool:
        """Whether growing writes are taken; changes state when the free space crossed a bound."""
        free = self._free_bytes()
        if self.is_full:
            if free >= self._reserve_bytes + 2 * self._low_bytes and self._make_reserve():
                self.is_full = False
        elif free < self._low_bytes:
            self.become_full()
        return not self.is_full

    def become_full(self) -> None:
        """A write met a full disk: free the reserve."""
        self.is_full = True
        self._reserve.unlink(missing_ok=True)

    def _free_bytes(self) -> int:
        status = os.statvfs(self._directory)
        return status.f_bavail * status.f_frsize

    def _make_reserve(self) -> bool:
        """Allocate the reserve for real (a sparse file would reserve nothing); False when it does not fit."""
        if self._reserve_bytes == 0:
            return True
        try:
            if self._free_bytes() < self._reserve_bytes + self._low_bytes:
                return False
            descriptor = os.open(self._reserve, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self._reserve_bytes)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError:
            self._reserve.unlink(missing_ok=True)
            return False
        return True
