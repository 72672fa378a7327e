"""Outgoing replies: heads, small bodies in one write, streams with back pressure, files by sendfile.

A body that fails after its head was sent is cut short of the announced length: the client must notice. An iterator
body is always closed, also when the client vanished.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from asyncio import Future
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from http import HTTPStatus

from photoncloud.lightningstor.core.http_message import FileSlice, Reply
from photoncloud.lightningstor.core.xml_out import http_date

SENDFILE_BYTES = 1024 * 1024
"""One slice: bounds how long a thread is held by a cold page and how late a lost connection is noticed."""
READ_BYTES = 256 * 1024
"""One read of a file for TLS, where the kernel cannot send it."""
SENDFILE_TURN_BYTES = 4 * SENDFILE_BYTES
"""What one visit to a thread sends at most while the socket takes it."""
INLINE_BYTES = 64 * 1024
"""Up to this size head and body leave in one write."""
WRITE_HIGH_WATER_BYTES = 256 * 1024
"""Bytes the transport may hold before a reply waits for the client."""

_NAMES_AS_WRITTEN = (
    b"Accept-Ranges",
    b"Access-Control-Allow-Credentials",
    b"Access-Control-Allow-Headers",
    b"Access-Control-Allow-Methods",
    b"Access-Control-Allow-Origin",
    b"Access-Control-Expose-Headers",
    b"Access-Control-Max-Age",
    b"Allow",
    b"Cache-Control",
    b"Content-Disposition",
    b"Content-Encoding",
    b"Content-Language",
    b"Content-Range",
    b"Content-Type",
    b"ETag",
    b"Expires",
    b"Last-Modified",
    b"Location",
    b"Retry-After",
    b"Vary",
)
WIRE_NAMES = {name.lower(): name for name in _NAMES_AS_WRITTEN}
"""Field names as people and careless clients expect them; names that are not here go out as they are."""

Piece = bytes | memoryview | FileSlice
_BODILESS = frozenset({204, 304})


class HeadCache:
    """The first lines of replies, rendered once a second and status."""

    __slots__ = ("_lines", "_second", "_server")

    def __init__(self, server: str) -> None:
        self._server = server
        self._second = -1
        self._lines: dict[int, bytes] = {}

    def lines(self, status: int, now_ns: int) -> bytes:
        second = now_ns // 1_000_000_000
        if second != self._second:
            self._second = second
            self._lines.clear()
        lines = self._lines.get(status)
        if lines is None:
            text = (
                f"HTTP/1.1 {status} {_phrase(status)}\r\nServer: {self._server}\r\nDate: {http_date(second * 1000)}\r\n"
            )
            lines = self._lines[status] = text.encode()
        return lines


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


class ReplyWriter:
    """The sending side of one connection."""

    __slots__ = (
        "_heads",
        "_loop",
        "_lost",
        "_now_ns",
        "_on_wait",
        "_paused",
        "_reply_fields",
        "_report_failure",
        "_secure",
        "_sendfile_socket",
        "_threads",
        "_transport",
        "_waiter",
    )

    def __init__(
        self,
        transport: asyncio.Transport,
        *,
        secure: bool,
        heads: HeadCache,
        now_ns: Callable[[], int],
        reply_fields: Callable[[str], bytes],
        report_failure: Callable[[str, BaseException], None],
        on_wait: Callable[[], None],
        threads: Executor,
    ) -> None:
        """`on_wait` is called before every wait for the client: whoever watches over time starts anew there."""
        self._transport = transport
        self._secure = secure
        self._heads = heads
        self._now_ns = now_ns
        self._reply_fields = reply_fields
        self._report_failure = report_failure
        self._on_wait = on_wait
        self._threads = threads
        self._loop = asyncio.get_running_loop()
        self._paused = False
        self._lost = False
        self._waiter: Future[None] | None = None
        self._sendfile_socket = -1

    # ---- flow control, called by the connection

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        self._wake()

    def connection_lost(self) -> None:
        self._lost = True
        self._wake()

    def close(self) -> None:
        if self._sendfile_socket >= 0:
            os.close(self._sendfile_socket)
            self._sendfile_socket = -1

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def _wait(self) -> None:
        """Until the socket takes more. Raises ConnectionResetError when it is gone."""
        if self._lost:
            raise ConnectionResetError("the client is gone")
        self._on_wait()
        self._waiter = self._loop.create_future()
        await self._waiter
        if self._lost:
            raise ConnectionResetError("the client is gone")

    async def _write(self, data: bytes | memoryview) -> None:
        if self._lost:
            raise ConnectionResetError("the client is gone")
        self._transport.write(data)
        while self._paused:
            await self._wait()

    # ---- replies

    async def send(self, reply: Reply, request_id: str, *, head_only: bool, version: str, keep_alive: bool) -> bool:
        """Send `reply`, whose iterator body was primed; False when the body failed and was cut short.

        Raises ConnectionResetError when the client is gone.
        """
        body = reply.body
        length = len(body) if reply.length is None and isinstance(body, bytes) else reply.length
        chunked = length is None and version == "1.1" and not head_only
        head = self._head(reply, request_id, length, chunked, version, keep_alive)
        if isinstance(body, bytes):
            await self._write(head + body if body and not head_only else head)
            return True
        stream = body if isinstance(body, Primed) else Primed(None, body)
        try:
            if head_only:
                await self._write(head)
                return True
            return await self._send_stream(stream, head, length, chunked)
        except OSError as error:
            if self._lost or isinstance(error, ConnectionError):
                raise ConnectionResetError("the client is gone") from error
            self._report_failure(request_id, error)
        except Exception as error:
            self._report_failure(request_id, error)
        finally:
            await stream.close()
        return False

    def _head(
        self, reply: Reply, request_id: str, length: int | None, chunked: bool, version: str, keep_alive: bool
    ) -> bytes:
        parts = [self._heads.lines(reply.status, self._now_ns()), self._reply_fields(request_id)]
        for name, value in reply.headers:
            if b"\r" in value or b"\n" in value:
                value = value.replace(b"\r", b" ").replace(b"\n", b" ")
            parts.append(b"%b: %b\r\n" % (WIRE_NAMES.get(name, name), value))
        if reply.status not in _BODILESS:
            if chunked:
                parts.append(b"Transfer-Encoding: chunked\r\n")
            elif length is not None:
                parts.append(b"Content-Length: %d\r\n" % length)
        if not keep_alive:
            parts.append(b"Connection: close\r\n")
        elif version == "1.0":
            parts.append(b"Connection: keep-alive\r\n")
        parts.append(b"\r\n")
        return b"".join(parts)

    async def _send_stream(self, stream: Primed, head: bytes, length: int | None, chunked: bool) -> bool:
        left = -1 if length is None else length
        prefix = head
        while (piece := await stream.next()) is not None:
            size = piece.length if isinstance(piece, FileSlice) else len(piece)
            if length is not None and size > left:
                raise ValueError(f"a body announced as {length} bytes is longer")
            left -= size
            if chunked:
                prefix += b"%x\r\n" % size
            if isinstance(piece, FileSlice):
                await self._send_file(piece, prefix)
            elif len(piece) <= INLINE_BYTES:
                await self._write(b"".join((prefix, piece)))
            else:
                await self._write(prefix)
                await self._write(piece)
            prefix = b"\r\n" if chunked else b""
        if length is not None and left:
            raise ValueError(f"a body announced as {length} bytes is {left} bytes short")
        if chunked:
            await self._write(prefix + b"0\r\n\r\n")
        elif prefix:
            await self._write(prefix)
        return True

    # ---- files

    async def _send_file(self, piece: FileSlice, prefix: bytes) -> None:
        """`prefix` (what of the reply stands before) and then the run of the file."""
        if self._secure or piece.length <= INLINE_BYTES or not self._has_kernel_socket():
            await self._send_by_reading(piece, prefix)
        else:
            await self._send_by_kernel(piece, prefix)

    async def _send_by_reading(self, piece: FileSlice, prefix: bytes) -> None:
        offset, end = piece.offset, piece.offset + piece.length
        while offset < end:
            count = min(READ_BYTES, end - offset)
            data = await self._loop.run_in_executor(self._threads, os.pread, piece.fileno, count, offset)
            if not data:
                raise ValueError("a file ended before its run did")
            offset += len(data)
            await self._write(prefix + data if prefix else data)
            prefix = b""

    async def _send_by_kernel(self, piece: FileSlice, prefix: bytes) -> None:
        if prefix:
            await self._write_through(prefix)
        socket = self._sendfile_socket
        offset, end = piece.offset, piece.offset + piece.length
        while offset < end:
            if self._lost:
                raise ConnectionResetError("the client is gone")
            sent = await self._loop.run_in_executor(
                self._threads, _sendfile_until_blocked, socket, piece.fileno, offset, end
            )
            offset += sent
            if offset < end and sent < SENDFILE_TURN_BYTES:
                await self._wait_writable(socket)

    async def _write_through(self, data: bytes) -> None:
        """Hand `data` to the kernel, all of it: what follows does not go through the transport."""
        transport = self._transport
        transport.set_write_buffer_limits(high=0)
        try:
            await self._write(data)
            while transport.get_write_buffer_size():
                await self._wait()
        finally:
            if not self._lost:
                transport.set_write_buffer_limits(high=WRITE_HIGH_WATER_BYTES)

    def _has_kernel_socket(self) -> bool:
        """Whether there is a duplicate of the connection's descriptor: the loop refuses to watch the transport's own.

        None can be had while the process is out of descriptors; the body is then copied.
        """
        if self._sendfile_socket < 0:
            with contextlib.suppress(OSError):
                self._sendfile_socket = os.dup(self._transport.get_extra_info("socket").fileno())
        return self._sendfile_socket >= 0

    async def _wait_writable(self, socket: int) -> None:
        self._loop.add_writer(socket, self._wake)
        try:
            await self._wait()
        finally:
            self._loop.remove_writer(socket)


def _sendfile_until_blocked(socket: int, file: int, offset: int, end: int) -> int:
    """Bytes sent before the socket was full or the turn was over. Runs in a thread: a cold page blocks.

    Raises ValueError when the file is too short, OSError of the socket or the disk.
    """
    sent = 0
    while offset + sent < end and sent < SENDFILE_TURN_BYTES:
        try:
            count = os.sendfile(socket, file, offset + sent, min(SENDFILE_BYTES, end - offset - sent))
        except BlockingIOError:
            break
        if not count:
            raise ValueError("a file ended before its run did")
        sent += count
    return sent


class Primed:
    """An iterator body whose first piece was drawn already."""

    __slots__ = ("_first", "_rest")

    def __init__(self, first: Piece | None, rest: AsyncIterator[Piece]) -> None:
        self._first = first
        self._rest = rest

    async def next(self) -> Piece | None:
        """The next piece that is not empty, or None at the end."""
        first, self._first = self._first, None
        if first is not None and (isinstance(first, FileSlice) or len(first)):
            return first
        async for piece in self._rest:
            if isinstance(piece, FileSlice) or len(piece):
                return piece
        return None

    async def close(self) -> None:
        closing = getattr(self._rest, "aclose", None)
        if closing is not None:
            await closing()


async def prime(reply: Reply) -> None:
    """Draw the first piece of an iterator body, so that a failure in it can still become an error reply."""
    body = reply.body
    if isinstance(body, bytes | Primed):
        return
    primed = Primed(None, body)
    try:
        primed = Primed(await primed.next(), body)
    except BaseException:
        await primed.close()
        raise
    reply.body = primed  # type: ignore[assignment]
