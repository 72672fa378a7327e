"""Receive buffers for bodies under way: a bounded number for the whole process."""

from __future__ import annotations

BUFFER_BYTES = 256 * 1024
"""One receive: large enough that a system call and a hash job are cheap for what they move."""
BUFFER_LIMIT = 512
"""128 MiB for all bodies under way together; beyond it bodies are received in smaller, copied pieces."""
KEPT_BUFFERS = 64
"""Free buffers kept for reuse; the rest returns to the allocator so that a burst does not stay resident."""


class BufferPool:
    """Lends buffers of `BUFFER_BYTES`. Used by one event loop only."""

    __slots__ = ("_free", "_limit", "lent")

    def __init__(self, limit: int = BUFFER_LIMIT) -> None:
        self._limit = limit
        self._free: list[bytearray] = []
        self.lent = 0

    def borrow(self) -> bytearray | None:
        """A buffer, or None when all are lent."""
        if self.lent >= self._limit:
            return None
        self.lent += 1
        return self._free.pop() if self._free else bytearray(BUFFER_BYTES)

    def give_back(self, buffer: bytearray) -> None:
        self.lent -= 1
        if len(self._free) < KEPT_BUFFERS:
            self._free.append(buffer)
