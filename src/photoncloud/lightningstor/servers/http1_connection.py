"""HTTP/1.1 server connections: one protocol object and one long-lived task each. Knows no S3.

The event loop puts received bytes into the connection; its task takes heads out, calls the application, and writes
replies, strictly in order. Heads are parsed by llhttp (`http1_head`); bodies with a length are
received straight into buffers (`http1_body`).
"""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, Protocol, cast

from photoncloud.lightningstor.core import http_head
from photoncloud.lightningstor.core.http_message import Reply, Request
from photoncloud.lightningstor.core.target import origin_form
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.servers.buffer_pool import BufferPool
from photoncloud.lightningstor.servers.http1_body import ChunkedBody, EmptyBody, LengthBody
from photoncloud.lightningstor.servers.http1_head import ParsedHead, parse_head
from photoncloud.lightningstor.servers.http1_reply import ReplyWriter, prime
from photoncloud.runtime import tasks

SCRATCH_BYTES = 64 * 1024
"""Shared by all connections of a listener: a receive is copied out before the next one begins."""
PIPELINE_LIMIT = 8
"""Requests that may wait behind the one being served; then the socket is not read."""
PENDING_LIMIT_BYTES = 256 * 1024
"""Bytes that may wait behind the request being served (pipelined small bodies)."""
DRAIN_LIMIT_BYTES = 1024 * 1024
DRAIN_LIMIT_SEC = 2.0
"""How much of an unwanted body is still read after an early reply: a client that only looks at the reply once it has
written everything must get to see it."""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_END_OF_HEAD = b"\r\n\r\n"
NO_BODY = EmptyBody()


class Application(Protocol):
    """Who answers. One object for all connections of a listener."""

    async def handle(self, request: Request) -> Reply:
        """The reply. An S3Error raised is answered by `render_error`; any other exception is a defect."""
        ...

    def render_error(self, error: S3Error, request_id: str) -> Reply:
        """The reply for a refusal that the connection itself speaks; `close` as the error says."""
        ...

    def reply_fields(self, request_id: str) -> bytes:
        """Whole field lines that every reply carries, each ending in CRLF."""
        ...

    def new_request_id(self) -> str: ...

    def report_failure(self, request_id: str, error: BaseException) -> None:
        """A defect, or a reply that had to be cut short. Logs it once."""
        ...


@dataclass(slots=True)
class HttpLimits:
    """May be replaced while connections live; each looks here anew."""

    header_timeout_sec: float = 10
    idle_timeout_sec: float = 75
    body_idle_timeout_sec: float = 20
    max_connections: int = 4096
    trusted_proxies: http_head.Networks = ()


class Listener(Protocol):
    """What connections of one listener share (`http1_listener`)."""

    application: Application
    limits: HttpLimits
    pool: BufferPool
    scratch: memoryview
    now_ns: Callable[[], int]
    draining: bool

    def admit(self, connection: Http1Connection) -> bool:
        """Whether there is room; the connection is registered then."""
        ...

    def forget(self, connection: Http1Connection) -> None: ...

    def make_writer(
        self, transport: asyncio.Transport, *, secure: bool, on_wait: Callable[[], None]
    ) -> ReplyWriter: ...


class Http1Connection(asyncio.BufferedProtocol):
    """One TCP or TLS connection. Implements `http1_body.Channel`."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.pool = listener.pool
        self.scratch = listener.scratch
        self._loop = asyncio.get_running_loop()
        self._pending = b""
        """Received and not yet taken: heads, and bodies that came with them."""
        self._body: _Receiving | None = None
        """What receives from the socket; None while heads are awaited or the body has arrived whole."""
        self._waiter: Future[None] | None = None
        self._paused = False
        self._eof = False
        self._lost = False
        self._serving = False
        self._head_only = False
        """The request under way is HEAD: its reply has no body."""
        self._head_deadline = inf
        self.deadline = inf
        """Loop time at which the listener calls `expire`."""
        self._on_deadline: Callable[[], None] = self._close_idle
        self._task: asyncio.Task[None] | None = None

    # ---- called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        ssl_object = transport.get_extra_info("ssl_object")
        local = transport.get_extra_info("sockname")
        self._secure = ssl_object is not None
        self._tls_version = (ssl_object.version() or "") if ssl_object is not None else ""
        self._peer = peer_address(transport.get_extra_info("peername"))
        self._local_port = local[1] if isinstance(local, tuple) else 0
        if not self._listener.admit(self):
            self._transport.abort()
            return
        self._writer = self._listener.make_writer(self._transport, secure=self._secure, on_wait=self._watch_sending)
        self._task = tasks.spawn(self._run(), name="http-connection")

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.scratch if self._body is None else self._body.receive_buffer()

    def buffer_updated(self, nbytes: int) -> None:
        if self._body is not None:
            self.deadline = inf
            self._body.received(nbytes)
            return
        data = bytes(self.scratch[:nbytes])
        self._pending = self._pending + data if self._pending else data
        if self._waiter is not None:
            self._wake()
        elif len(self._pending) > PENDING_LIMIT_BYTES or self._pending.count(_END_OF_HEAD) > PIPELINE_LIMIT:
            self._pause()

    def eof_received(self) -> bool:
        self._end_input()
        return not self._secure  # half-closed TCP still takes the reply; a TLS transport cannot be half closed

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self.deadline = inf
        self._end_input()
        if self._task is not None:
            self._writer.connection_lost()
        self._listener.forget(self)

    def _end_input(self) -> None:
        self._eof = True
        if self._body is not None:
            self._body.fail(S3Error("IncompleteBody", close=True))
        self._wake()

    def pause_writing(self) -> None:
        self._writer.pause()

    def resume_writing(self) -> None:
        self._writer.resume()

    # ---- called by the listener

    def expire(self) -> None:
        """The deadline passed."""
        self.deadline = inf
        self._on_deadline()

    def finish(self) -> None:
        """The server stops: close now when no request is under way, else after the reply."""
        if not self._serving and not self._pending:
            self._transport.close()

    def abort(self) -> None:
        """Cut the connection and end its task."""
        self._transport.abort()
        if self._task is not None:
            self._task.cancel()

    # ---- called by the body under way (`http1_body.Channel`)

    def send_continue(self) -> None:
        self._transport.write(_CONTINUE)

    def pause_body(self) -> None:
        self._pause()

    def resume_body(self) -> None:
        self._resume()

    def begin_wait(self) -> Future[None]:
        self._resume()
        self._arm(self._listener.limits.body_idle_timeout_sec, self._fail_body)
        return self._loop.create_future()

    def unread(self, data: bytes) -> None:
        self._pending = data + self._pending

    def body_received(self) -> None:
        self._body = None

    # ---- deadlines, waking, flow control

    def _arm(self, seconds: float, action: Callable[[], None]) -> None:
        self.deadline = self._loop.time() + seconds
        self._on_deadline = action

    def _watch_sending(self) -> None:
        self._arm(self._listener.limits.idle_timeout_sec, self._transport.abort)

    def _close_idle(self) -> None:
        self._transport.close()

    def _fail_head(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(S3Error("RequestTimeout", close=True))

    def _fail_body(self) -> None:
        if self._body is not None:
            self._body.fail(S3Error("RequestTimeout", close=True))

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _pause(self) -> None:
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    # ---- the task

    async def _run(self) -> None:
        try:
            while not self._transport.is_closing():
                head_end = self._find_head()
                if head_end >= 0:
                    if not await self._serve(head_end):
                        break
                elif self._eof or not await self._more_input():
                    break
        except S3Error as refusal:  # no request came of it: syntax, size or time
            await self._refuse(refusal)
        except ConnectionError:
            pass
        finally:
            self._writer.close()
            self._transport.close()

    def _find_head(self) -> int:
        """Index behind the next complete head in `_pending`, or -1. Raises S3Error for what cannot become one."""
        if self._pending[:1] in (b"\r", b"\n"):
            self._skip_blank_lines()
        pending = self._pending
        end = pending.find(_END_OF_HEAD)
        if end < 0:
            if len(pending) > http_head.HEAD_LIMIT_BYTES:
                raise http_head.header_section_too_large()
            if pending.count(b"\n") != pending.count(b"\r\n"):
                raise http_head.broken_syntax()
            return -1
        if end + len(_END_OF_HEAD) > http_head.HEAD_LIMIT_BYTES:
            raise http_head.header_section_too_large()
        return end + len(_END_OF_HEAD)

    def _skip_blank_lines(self) -> None:
        while self._pending.startswith(b"\r\n"):
            self._pending = self._pending[2:]
        if self._pending[:1] == b"\n" or (self._pending[:1] == b"\r" and len(self._pending) > 1):
            raise http_head.broken_syntax()

    async def _more_input(self) -> bool:
        """Wait for bytes of a head. False: there will be none. Raises S3Error RequestTimeout."""
        limits = self._listener.limits
        if self._pending:
            if self._head_deadline == inf:
                self._head_deadline = self._loop.time() + limits.header_timeout_sec
            self.deadline, self._on_deadline = self._head_deadline, self._fail_head
        elif self._listener.draining:
            return False
        else:
            self._arm(limits.idle_timeout_sec, self._close_idle)
        self._waiter = self._loop.create_future()
        self._resume()
        await self._waiter
        return True

    async def _serve(self, head_end: int) -> bool:
        """Answer the request whose head ends at `head_end`; whether the connection goes on."""
        self._serving = True
        self._head_only = False
        self.deadline = self._head_deadline = inf
        data, self._pending = self._pending[:head_end], self._pending[head_end:]
        head = parse_head(data)
        self._head_only = head.method == "HEAD"
        http_head.check_head(head.version, head.headers, head.fields)
        request = self._begin(head)
        try:
            reply = await self._answer(request)
            over = self._body is None
            delimited = reply.length is not None or isinstance(reply.body, bytes) or head.version == "1.1"
            keep = over and delimited and not (reply.close or self._eof or self._listener.draining)
            keep = keep and http_head.keeps_alive(head.version, head.fields.get(b"connection"))
            sent = await self._writer.send(
                reply, request.request_id, head_only=self._head_only, version=head.version, keep_alive=keep
            )
            if not sent:
                self._transport.abort()
            elif not keep and not over:
                await self._linger()
        finally:
            cast(_Discardable, request.body).discard()
        self._serving = False
        return keep and sent

    def _begin(self, head: ParsedHead) -> Request:
        """The request with its body in place. Raises S3Error when its framing cannot be served."""
        fields = head.fields
        listener = self._listener
        peer, secure = self._peer, self._secure
        if listener.limits.trusted_proxies:
            peer, secure = http_head.client_of(peer, secure, fields, head.headers, listener.limits.trusted_proxies)
        coding = fields.get(b"transfer-encoding")
        return Request(
            method=head.method,
            target=head.target if head.target[:1] == b"/" else origin_form(head.target),
            headers=tuple(head.headers),
            fields=fields,
            body=self._body_of(head, coding),
            peer=peer,
            secure=secure,
            request_id=listener.application.new_request_id(),
            received_ns=listener.now_ns(),
            has_transfer_encoding=coding is not None,
            tls_version=self._tls_version,
            local_port=self._local_port,
        )

    def _body_of(self, head: ParsedHead, coding: bytes | None) -> EmptyBody | LengthBody | ChunkedBody:
        if coding is None:
            length = int(head.fields.get(b"content-length") or 0)
            if not length:
                return NO_BODY
            first, self._pending = self._pending[:length], self._pending[length:]
            body: LengthBody | ChunkedBody = LengthBody(self, length, first, _expects_continue(head))
        elif coding.lower() == b"chunked":
            first, self._pending = self._pending, b""
            self._body = body = ChunkedBody(self, _expects_continue(head))
            body.begin(first)
        else:
            raise S3Error("NotImplemented", fields={"Header": "Transfer-Encoding"}, close=True)
        self._body = None if body.complete else body
        if self._eof and self._body is not None:
            body.fail(S3Error("IncompleteBody", close=True))
        return body

    async def _answer(self, request: Request) -> Reply:
        application = self._listener.application
        if request.method == "CONNECT":
            fields = {"Method": "CONNECT", "ResourceType": "SERVICE"}
            return application.render_error(S3Error("MethodNotAllowed", fields=fields, close=True), request.request_id)
        try:
            reply = await application.handle(request)
            if not self._head_only:
                await prime(reply)
            return reply
        except S3Error as refusal:
            return application.render_error(refusal, request.request_id)
        except ConnectionError:
            raise
        except Exception as error:
            application.report_failure(request.request_id, error)
            return application.render_error(S3Error("InternalError", close=True), request.request_id)

    async def _refuse(self, refusal: S3Error) -> None:
        """Answer what never became a request, and close."""
        application = self._listener.application
        request_id = application.new_request_id()
        reply = application.render_error(refusal, request_id)
        try:
            await self._writer.send(reply, request_id, head_only=self._head_only, version="1.1", keep_alive=False)
            await self._linger()
        except ConnectionError:
            pass

    async def _linger(self) -> None:
        """Read and drop what is under way, so that a reset does not destroy the reply before it is read."""
        if self._eof or self._transport.is_closing():
            return
        done = self._loop.create_future()
        self._body, self._waiter = _Sink(self.scratch, done), done
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._arm(DRAIN_LIMIT_SEC, self._wake)
        self._resume()
        await done


class _Sink:
    """Receives what nobody wants, up to the limit."""

    __slots__ = ("_done", "_left", "_scratch")

    def __init__(self, scratch: memoryview, done: Future[None]) -> None:
        self._scratch = scratch
        self._done = done
        self._left = DRAIN_LIMIT_BYTES

    def receive_buffer(self) -> memoryview:
        return self._scratch

    def received(self, count: int) -> None:
        self._left -= count
        if self._left <= 0:
            self.fail(ConnectionResetError())

    def fail(self, error: Exception) -> None:
        if not self._done.done():
            self._done.set_result(None)


class _Receiving(Protocol):
    """What takes the bytes of a body from the socket."""

    def receive_buffer(self) -> memoryview: ...

    def received(self, count: int) -> None: ...

    def fail(self, error: Exception) -> None: ...


class _Discardable(Protocol):
    def discard(self) -> None: ...


def peer_address(peername: Any) -> str:
    """A socket's peer as an IP address in text; a unix socket's peer is this machine."""
    if not isinstance(peername, tuple):
        return "127.0.0.1"
    host = str(peername[0]).partition("%")[0]
    return host[7:] if host.startswith("::ffff:") and "." in host else host


def _expects_continue(head: ParsedHead) -> bool:
    return head.version == "1.1" and head.fields.get(b"expect", b"").lower() == b"100-continue"
