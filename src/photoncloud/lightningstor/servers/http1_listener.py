"""A listening HTTP server: sockets, the connections of one application, their deadlines, orderly end."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from concurrent.futures import Executor

from photoncloud.lightningstor.servers.buffer_pool import BufferPool
from photoncloud.lightningstor.servers.http1_connection import SCRATCH_BYTES, Application, Http1Connection, HttpLimits
from photoncloud.lightningstor.servers.http1_reply import WRITE_HIGH_WATER_BYTES, HeadCache, ReplyWriter
from photoncloud.runtime import listener, tasks

TLS_SHUTDOWN_SEC = 2.0
"""How long a client may take to answer the end of a TLS connection. Idle clients in a pool never do, and the loop's own
half minute would be the length of every stop."""
SWEEP_SEC = 0.25
"""How late a deadline may be noticed. One pass over all connections costs less than a timer per request."""


class HttpServer:
    """One application on any number of addresses. Implements `photoncloud.runtime.server.Server`.

    `wanted`: listener name → (address, TLS context or None).
    """

    def __init__(
        self,
        application: Application,
        wanted: Mapping[str, tuple[str, ssl.SSLContext | None]],
        *,
        limits: HttpLimits,
        pool: BufferPool,
        threads: Executor,
        now_ns: Callable[[], int],
        server_name: str = "lightningstor",
    ) -> None:
        self.application = application
        self.limits = limits
        self.pool = pool
        self.scratch = memoryview(bytearray(SCRATCH_BYTES))
        self.now_ns = now_ns
        self.draining = False
        self.wanted = dict(wanted)
        self._threads = threads
        self._heads = HeadCache(server_name)
        self._connections: set[Http1Connection] = set()
        self._servers: list[asyncio.Server] = []
        self._addresses: dict[str, str] = {}
        self._sweeper: asyncio.Task[None] | None = None
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def addresses(self) -> Mapping[str, str]:
        return self._addresses

    @property
    def connection_count(self) -> int:
        return len(self._connections)

    async def start(self) -> None:
        """Bind every address and accept. Raises FatalError when one is taken; nothing stays bound then."""
        loop = asyncio.get_running_loop()
        try:
            for name, (address, context) in self.wanted.items():
                bound = listener.bind(address)
                self._addresses[name] = listener.bound_address(bound)
                server = await loop.create_server(
                    lambda: Http1Connection(self),
                    sock=bound,
                    ssl=context,
                    ssl_shutdown_timeout=TLS_SHUTDOWN_SEC if context else None,
                )
                self._servers.append(server)
        except BaseException:
            await self.stop_accepting()
            raise
        self._sweeper = tasks.spawn(self._sweep(), name="http-deadlines", critical=True)

    async def stop_accepting(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def drain(self, timeout: float) -> None:
        """Close idle connections at once, the others after the reply they are sending."""
        self.draining = True
        for connection in list(self._connections):
            connection.finish()
        try:
            await asyncio.wait_for(self._empty.wait(), timeout)
        except TimeoutError:
            return

    async def close(self) -> None:
        self.draining = True
        await self.stop_accepting()
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connection in list(self._connections):
            connection.abort()

    # ---- what connections ask (`http1_connection.Listener`)

    def admit(self, connection: Http1Connection) -> bool:
        if self.draining or len(self._connections) >= self.limits.max_connections:
            return False
        self._connections.add(connection)
        self._empty.clear()
        return True

    def forget(self, connection: Http1Connection) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()

    def make_writer(self, transport: asyncio.Transport, *, secure: bool, on_wait: Callable[[], None]) -> ReplyWriter:
        transport.set_write_buffer_limits(high=WRITE_HIGH_WATER_BYTES)
        return ReplyWriter(
            transport,
            secure=secure,
            heads=self._heads,
            now_ns=self.now_ns,
            reply_fields=self.application.reply_fields,
            report_failure=self.application.report_failure,
            on_wait=on_wait,
            threads=self._threads,
        )

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_SEC)
            now = loop.time()
            for connection in [late for late in self._connections if late.deadline <= now]:
                connection.expire()
