"""Random bytes in small pieces from one large draw.

A system call for every id also lets go of the interpreter, and getting it back while the committer works can cost far
more than the call. For one thread; a process that forks makes a new pool.
"""

from __future__ import annotations

from collections.abc import Callable

POOL_BYTES = 8192


class RandomPool:
    """`pool(count)` gives `count` bytes nobody has seen; `source` is the system's generator."""

    __slots__ = ("_at", "_bytes", "_source")

    def __init__(self, source: Callable[[int], bytes]) -> None:
        self._source = source
        self._bytes = b""
        self._at = 0

    def __call__(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._bytes):
            self._bytes = self._source(max(POOL_BYTES, count))
            self._at, end = 0, count
        piece = self._bytes[self._at : end]
        self._at = end
        return piece
