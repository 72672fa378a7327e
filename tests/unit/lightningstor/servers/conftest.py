"""A small application behind real HTTP connections on the loopback."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from photoncloud.lightningstor.core.http_message import Reply, Request
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.servers.buffer_pool import BufferPool
from photoncloud.lightningstor.servers.http1_connection import HttpLimits
from photoncloud.lightningstor.servers.http1_listener import HttpServer
from photoncloud.lightningstor.service.error_replies import error_reply

Handle = Callable[[Request], Awaitable[Reply]]


@dataclass
class SampleApplication:
    """Answers with what the test says; remembers defects."""

    answer: Handle
    failures: list[tuple[str, BaseException]] = field(default_factory=list)
    count: int = 0

    async def handle(self, request: Request) -> Reply:
        return await self.answer(request)

    def render_error(self, error: S3Error, request_id: str) -> Reply:
        return error_reply(error, request_id, "HOST")

    def reply_fields(self, request_id: str) -> bytes:
        return f"x-id: {request_id}\r\n".encode()

    def new_request_id(self) -> str:
        self.count += 1
        return f"R{self.count}"

    def report_failure(self, request_id: str, error: BaseException) -> None:
        self.failures.append((request_id, error))


@dataclass
class Site:
    """A running server and its parts."""

    server: HttpServer
    application: SampleApplication
    pool: BufferPool

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, _, port = self.server.addresses["http"].rpartition(":")
        return await asyncio.open_connection(host, int(port), limit=1 << 22)

    async def exchange(self, request: bytes) -> bytes:
        """Everything the server answers to `request` until it closes."""
        reader, writer = await self.connect()
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer


@pytest.fixture
def start_site() -> Callable[..., contextlib.AbstractAsyncContextManager[Site]]:
    @contextlib.asynccontextmanager
    async def start(answer: Handle, *, buffers: int = 512, **limits: Any) -> AsyncIterator[Site]:
        application = SampleApplication(answer)
        pool = BufferPool(buffers)
        with ThreadPoolExecutor(2) as threads:
            server = HttpServer(
                application,
                {"http": ("127.0.0.1:0", None)},
                limits=HttpLimits(**limits),
                pool=pool,
                threads=threads,
                now_ns=time.time_ns,
                server_name="sample",
            )
            await server.start()
            try:
                yield Site(server, application, pool)
            finally:
                await server.close()

    return start
