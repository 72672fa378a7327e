"""An ASGI application as a `Server` of an App. uvicorn is used for its protocol; signals, logs and life are ours."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Mapping
from typing import Any

import uvicorn

from photoncloud.runtime import listener, tasks
from photoncloud.runtime.server import Server

KEEP_ALIVE_SEC = 75
"""Longer than the idle time of common clients' pools, so that they close first."""
REQUEST_HEAD_BYTES = 64 * 1024
"""Request line and headers together; enough for any cookie or token, small beside a connection's buffers."""

_DRAIN_POLL_SEC = 0.02
_DATE_TICK_SEC = 1.0


class HttpServer(Server):
    """Serves `app` on `address`.

    name        of the listener, in `addresses` and the log line `listening`
    tls         a context for https (`runtime.tls.ServerContext.ssl_context` follows its files)
    """

    def __init__(self, app: Any, address: str, *, name: str, tls: ssl.SSLContext | None = None) -> None:
        self._address = address
        self.name = name
        self._uvicorn = uvicorn.Server(_configuration(app, tls))
        self._socket: socket.socket | None = None
        self._addresses: dict[str, str] = {}
        self._ticker: asyncio.Task[None] | None = None

    @property
    def addresses(self) -> Mapping[str, str]:
        return self._addresses

    async def start(self) -> None:
        self._socket = listener.bind(self._address)
        self._addresses = {self.name: listener.bound_address(self._socket)}
        config = self._uvicorn.config
        config.load()
        self._uvicorn.lifespan = config.lifespan_class(config)
        await self._uvicorn.on_tick(0)
        await self._uvicorn.startup(sockets=[self._socket])
        self._ticker = tasks.spawn(self._tick(), name="http_date")

    async def _tick(self) -> None:
        """Keep the Date header right; counter 0 makes uvicorn compute it."""
        while True:
            await asyncio.sleep(_DATE_TICK_SEC)
            await self._uvicorn.on_tick(0)

    async def stop_accepting(self) -> None:
        if self._socket is not None:
            listener.unlink(self._socket)
        for server in getattr(self._uvicorn, "servers", ()):
            server.close()
        if self._socket is not None:
            self._socket.close()

    async def drain(self, timeout: float) -> None:
        """Idle connections close at once, busy ones after their answer."""
        state = self._uvicorn.server_state
        for connection in list(state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while state.connections or state.tasks:  # noqa: ASYNC110  uvicorn has no event for it
                    await asyncio.sleep(_DRAIN_POLL_SEC)

    async def close(self) -> None:
        await self.stop_accepting()
        if self._ticker is not None:
            self._ticker.cancel()
        for task in list(self._uvicorn.server_state.tasks):
            task.cancel()
        for connection in list(self._uvicorn.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()


def _configuration(app: Any, tls: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SEC,
        h11_max_incomplete_event_size=REQUEST_HEAD_BYTES,
        ssl_context_factory=(lambda _config, _default: tls) if tls is not None else None,
    )
