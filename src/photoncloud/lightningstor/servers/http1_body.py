"""Incoming bodies: the connection puts received bytes in, the handler pulls them out.

`LengthBody` receives straight into pool buffers that the handler sees without a copy; `ChunkedBody` decodes the
chunked transfer coding. At most `QUEUE_LIMIT` pieces wait; then the connection stops reading from the socket.
"""

from __future__ import annotations

from asyncio import Future
from collections import deque
from typing import Protocol

from photoncloud.lightningstor.core.transfer_coding import ChunkedDecoder
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.servers.buffer_pool import BUFFER_BYTES, BufferPool

QUEUE_LIMIT = 4
"""Pieces received and not yet asked for: enough to overlap hashing with receiving, small enough for memory."""
COPY_LIMIT_BYTES = 64 * 1024
"""Up to this much left to receive, the shared buffer and a copy are cheaper than a pool buffer."""


class Channel(Protocol):
    """What a body needs from its connection."""

    pool: BufferPool
    scratch: memoryview
    """The shared receive buffer; valid until the next receive."""

    def send_continue(self) -> None: ...

    def pause_body(self) -> None: ...

    def resume_body(self) -> None: ...

    def begin_wait(self) -> Future[None]:
        """A future the connection completes when `wake` is called, or fails on timeout or loss."""
        ...

    def unread(self, data: bytes) -> None:
        """Bytes behind the body: they belong to the next request."""
        ...

    def body_received(self) -> None:
        """Nothing more of this body comes from the socket."""
        ...


class EmptyBody:
    """No body at all. Has no state, so one serves every request."""

    __slots__ = ()
    length: int | None = 0

    async def read(self) -> bytes:
        return b""

    async def read_all(self, limit: int) -> bytes:
        return b""

    def discard(self) -> None:
        """Nothing is held."""


class _Body:
    """What both kinds of bodies share: the wait for input and its ways to end."""

    __slots__ = ("_channel", "_error", "_expects_continue", "_waiter", "complete", "length")

    def __init__(self, channel: Channel, length: int | None, expects_continue: bool) -> None:
        self.length = length
        self.complete = False
        """Everything was received (not necessarily read)."""
        self._channel = channel
        self._expects_continue = expects_continue
        self._waiter: Future[None] | None = None
        self._error: Exception | None = None

    def wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def fail(self, error: Exception) -> None:
        """From now on `read` raises `error` once everything received before was read."""
        if self._error is None:
            self._error = error
        self.wake()

    async def _wait(self) -> None:
        """Until something happens. Raises what `fail` was given."""
        if self._error is not None:
            raise self._error
        if self._expects_continue:
            self._expects_continue = False
            self._channel.send_continue()
        self._waiter = self._channel.begin_wait()
        await self._waiter

    async def read(self) -> bytes | memoryview:
        raise NotImplementedError

    async def read_all(self, limit: int) -> bytes:
        """The whole body. Raises S3Error EntityTooLarge beyond `limit`, before reading when the length is known."""
        if self.length is not None and self.length > limit:
            raise _too_large(self.length, limit)
        pieces: list[bytes] = []
        size = 0
        while piece := await self.read():
            size += len(piece)
            if size > limit:
                raise _too_large(size, limit)
            pieces.append(bytes(piece))
            if size == self.length:
                break
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _too_large(size: int, limit: int) -> S3Error:
    return S3Error("EntityTooLarge", fields={"ProposedSize": str(size), "MaxSizeAllowed": str(limit)})


class LengthBody(_Body):
    """A body with Content-Length. `first` is what arrived together with the head (never more than `length`)."""

    __slots__ = ("_buffer", "_filled", "_lent", "_paused", "_queue", "_to_receive")

    def __init__(self, channel: Channel, length: int, first: bytes, expects_continue: bool) -> None:
        super().__init__(channel, length, expects_continue and not first)
        self._queue: deque[bytes | memoryview] = deque()
        if first:
            self._queue.append(first)
        self._to_receive = length - len(first)
        self._buffer: bytearray | None = None
        self._filled = 0
        self._lent: bytearray | None = None
        self._paused = False
        self.complete = self._to_receive == 0

    def receive_buffer(self) -> memoryview:
        """Where the connection receives next: never room for more than this body's bytes."""
        if self._buffer is None and self._to_receive > COPY_LIMIT_BYTES:
            self._buffer = self._channel.pool.borrow()
        if self._buffer is None:
            return self._channel.scratch[: self._to_receive]
        end = min(BUFFER_BYTES, self._filled + self._to_receive)
        return memoryview(self._buffer)[self._filled : end]

    def received(self, count: int) -> None:
        """`count` bytes arrived in the last `receive_buffer`."""
        self._to_receive -= count
        if self._buffer is None:
            self._queue.append(bytes(self._channel.scratch[:count]))
        else:
            self._filled += count
            if self._filled == BUFFER_BYTES or not self._to_receive:
                self._enqueue_buffer()
        if not self._to_receive:
            self.complete = True
            self._channel.body_received()
        elif len(self._queue) >= QUEUE_LIMIT:
            self._pause()
        self.wake()

    def _enqueue_buffer(self) -> None:
        self._queue.append(memoryview(self._buffer)[: self._filled])  # type: ignore[arg-type]
        self._buffer, self._filled = None, 0

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            self._channel.pause_body()

    def _resume(self) -> None:
        if self._paused and len(self._queue) < QUEUE_LIMIT:
            self._paused = False
            self._channel.resume_body()

    async def read(self) -> bytes | memoryview:
        if self._lent is not None:
            self._return_lent()
        while True:
            if self._queue:
                piece = self._queue.popleft()
                if not self.complete:
                    self._resume()
                break
            if self._filled:
                self._enqueue_buffer()
                continue
            if self.complete:
                return b""
            await self._wait()
        if isinstance(piece, memoryview):
            self._lent = piece.obj  # type: ignore[assignment]
        return piece

    def _return_lent(self) -> None:
        lent, self._lent = self._lent, None
        if lent is not None:
            self._channel.pool.give_back(lent)

    def discard(self) -> None:
        """Give back every buffer; nothing is read any more."""
        if self._error is None:
            self._error = ConnectionResetError("body discarded")
        self._return_lent()
        if self._buffer is not None:
            self._channel.pool.give_back(self._buffer)
            self._buffer, self._filled = None, 0
        for piece in self._queue:
            if isinstance(piece, memoryview):
                self._channel.pool.give_back(piece.obj)  # type: ignore[arg-type]
        self._queue.clear()


class ChunkedBody(_Body):
    """A body in chunked transfer coding; its length shows at the end."""

    __slots__ = ("_decoder", "_paused", "_queue")

    def __init__(self, channel: Channel, expects_continue: bool) -> None:
        super().__init__(channel, None, expects_continue)
        self._decoder = ChunkedDecoder()
        self._queue: deque[bytes] = deque()
        self._paused = False

    def begin(self, first: bytes) -> None:
        """Take what arrived together with the head."""
        if first:
            self._expects_continue = False
            self._feed(first)

    def receive_buffer(self) -> memoryview:
        return self._channel.scratch

    def received(self, count: int) -> None:
        self._feed(bytes(self._channel.scratch[:count]))
        if not self.complete and len(self._queue) >= QUEUE_LIMIT and not self._paused:
            self._paused = True
            self._channel.pause_body()
        self.wake()

    def _feed(self, data: bytes) -> None:
        try:
            pieces = self._decoder.feed(data)
        except S3Error as error:
            self._error = error
            return
        if pieces:
            self._queue.append(b"".join(pieces))
        if self._decoder.done:
            self.complete = True
            self._channel.unread(self._decoder.rest)
            self._channel.body_received()

    async def read(self) -> bytes:
        while not self._queue:
            if self.complete:
                return b""
            await self._wait()
        piece = self._queue.popleft()
        if self._paused and len(self._queue) < QUEUE_LIMIT:
            self._paused = False
            self._channel.resume_body()
        return piece

    def discard(self) -> None:
        if self._error is None:
            self._error = ConnectionResetError("body discarded")
        self._queue.clear()
