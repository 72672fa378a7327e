"""`HashPool` over a thread pool: small batches are hashed at once, large ones in threads, each slow hash in its own.

Order within a stream holds because the caller awaits one update before the next (the port's contract).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from photoncloud.lightningstor.adapters.hash_functions import DIGEST, FAST, SLOW, Bytes, RunningHash, combine

INLINE_BYTES = 64 * 1024
"""A batch up to this is hashed on the spot: MD5 of it takes about 0.1 ms, as long as a trip to a thread and back."""

Result = TypeVar("Result")


class _Ready(Generic[Result]):
    """An awaitable that has nothing to wait for; unlike a coroutine it may stay unawaited."""

    __slots__ = ("_result",)

    def __init__(self, result: Result) -> None:
        self._result = result

    def __await__(self) -> Generator[Any, None, Result]:
        return self._result
        yield  # makes this a generator that ends at once


class _Jobs:
    """Awaits every job of one batch."""

    __slots__ = ("_futures",)

    def __init__(self, futures: list[asyncio.Future[None]]) -> None:
        self._futures = futures

    def __await__(self) -> Generator[Any, None, None]:
        for future in self._futures:
            yield from future.__await__()


_DONE = _Ready(None)


def _feed(running: RunningHash, pieces: Sequence[Bytes]) -> None:
    for piece in pieces:
        running.update(piece)


class ThreadDigester:
    """Running digests of one stream."""

    __slots__ = ("_executor", "_fast", "_slow")

    def __init__(self, executor: ThreadPoolExecutor, algorithms: frozenset[str]) -> None:
        self._executor = executor
        self._fast = {name: FAST[name]() for name in algorithms if name in FAST}
        self._slow = {name: SLOW[name]() for name in algorithms if name not in FAST}

    def update(self, pieces: Sequence[Bytes]) -> Awaitable[None]:
        for running in self._fast.values():
            _feed(running, pieces)
        if sum(map(len, pieces)) <= INLINE_BYTES:
            for running in self._slow.values():
                _feed(running, pieces)
            return _DONE
        loop = asyncio.get_running_loop()
        return _Jobs([loop.run_in_executor(self._executor, _feed, job, pieces) for job in self._slow.values()])

    def finish(self) -> dict[str, bytes]:
        return {name: running.digest() for name, running in (*self._fast.items(), *self._slow.items())}


class ThreadChunkDigester:
    """SHA-256 of each chunk of a signed stream."""

    __slots__ = ("_executor", "_running")

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self._executor = executor
        self._running = SLOW["SHA256"]()

    def update(self, pieces: Sequence[Bytes | None]) -> Awaitable[list[bytes]]:
        if sum(len(piece) for piece in pieces if piece is not None) <= INLINE_BYTES:
            return _Ready(self._digests(pieces))
        return asyncio.get_running_loop().run_in_executor(self._executor, self._digests, pieces)

    def _digests(self, pieces: Sequence[Bytes | None]) -> list[bytes]:
        ended = []
        for piece in pieces:
            if piece is None:
                ended.append(self._running.digest())
                self._running = SLOW["SHA256"]()
            else:
                self._running.update(piece)
        return ended


class ThreadHashPool:
    """The HashPool of a process; the thread pool is shared with file I/O and belongs to whoever built it."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self._executor = executor

    def digester(self, algorithms: frozenset[str]) -> ThreadDigester:
        return ThreadDigester(self._executor, algorithms)

    def chunk_digester(self) -> ThreadChunkDigester:
        return ThreadChunkDigester(self._executor)

    def digest_now(self, algorithms: frozenset[str], data: Bytes) -> dict[str, bytes]:
        return {name: DIGEST[name](data) for name in algorithms}

    def combine(self, algorithm: str, parts: Sequence[tuple[bytes, int]]) -> bytes:
        return combine(algorithm, parts)
