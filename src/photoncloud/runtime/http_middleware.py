"""What every HTTP listener does around a request: its id, its duration, its log line."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from photoncloud.runtime import request_id
from photoncloud.runtime.logging import get_logger
from photoncloud.runtime.metrics import Histogram

log = get_logger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Label values of `method`; anything else counts as OTHER."""

_HEADER = request_id.HEADER.encode()


class RequestContext:
    """ASGI middleware: takes over or makes the request id, answers it, times the request, logs one line.

    durations       histogram with labels listener, method, code
    request_log     asked for each request, so that `photon.logging.request_log` may change
    """

    def __init__(self, app: AsgiApp, *, listener: str, durations: Histogram, request_log: Callable[[], bool]) -> None:
        self._app = app
        self._listener = listener
        self._durations = durations
        self._request_log = request_log
        self._children: dict[tuple[str, int], Histogram] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_ns = time.monotonic_ns()
        identity = request_id.accept(_header(scope["headers"]))
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (_HEADER, identity.encode())]
            await send(message)

        with request_id.bound(identity):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                self._finish(scope, status, (time.monotonic_ns() - started_ns) / 1e9)

    def _finish(self, scope: Message, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        self._child(method, status).observe(seconds)
        if self._request_log():
            log.info(
                "request",
                listener=self._listener,
                method=method,
                path=scope["path"],
                status=status,
                duration_ms=round(seconds * 1000, 3),
                client=(scope.get("client") or ("unix",))[0],
            )

    def _child(self, method: str, status: int) -> Histogram:
        """The labelled histogram; looking it up in a dictionary costs a tenth of `labels`."""
        child = self._children.get((method, status))
        if child is None:
            child = self._children[method, status] = self._durations.labels(self._listener, method, str(status))
        return child


def _header(headers: list[tuple[bytes, bytes]]) -> bytes | None:
    for name, value in headers:
        if name == _HEADER:
            return value
    return None
