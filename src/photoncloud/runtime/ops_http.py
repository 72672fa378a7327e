"""The operations listener of every process (config.md §4.16): /health /livez /readyz /metrics, and for this machine
/config, /degradation and POST /reload. Handlers read prepared state; none does I/O.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router

from photoncloud.config import Resolved
from photoncloud.runtime.degradation import Ledger
from photoncloud.runtime.health import OK, Health
from photoncloud.runtime.http_middleware import Message, Receive, Send
from photoncloud.runtime.listener import is_loopback
from photoncloud.runtime.loop_lag import LoopLag
from photoncloud.runtime.metrics import Registry

_NO_STORE = {"Cache-Control": "no-store"}
_INDENT = 2
_JSON = b"application/json"
_TEXT = b"text/plain; charset=utf-8"

Answer = tuple[int, bytes, bytes]
"""(status, content type, body)"""


class Prepared:
    """An ASGI endpoint for answers that are ready: orchestrators ask every second, so nothing is built around them."""

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        """`answer(client)`: the peer's address, empty on a unix socket."""
        self._answer = answer

    async def __call__(self, scope: Message, _receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            refusal = [(b"allow", b"GET, HEAD"), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 405, "headers": refusal})
            await send({"type": "http.response.body", "body": b""})
            return
        peer = scope.get("client")
        status, content_type, body = self._answer(peer[0] if peer else "")
        headers = [
            (b"content-type", content_type),
            (b"cache-control", b"no-store"),
            (b"content-length", b"%d" % len(body)),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@dataclass(frozen=True, slots=True)
class Ops:
    """What the handlers show.

    resolved        () -> the newest good configuration
    reload          () -> outcome as JSON data; `result` is `applied` or `refused`
    """

    health: Health
    metrics: Registry
    lag: LoopLag
    ledger: Ledger
    resolved: Callable[[], Resolved]
    reload: Callable[[], Awaitable[dict[str, Any]]]

    def routes(self) -> list[Route]:
        """For the ops listener, and for a component's own admin HTTP listener."""
        return [
            Route("/health", Prepared(self._health)),
            Route("/livez", Prepared(self._livez)),
            Route("/readyz", Prepared(self._readyz)),
            *self.metrics_routes(),
            Route("/config", local_only(self._config), methods=["GET"]),
            Route("/degradation", local_only(self._degradation), methods=["GET"]),
            Route("/reload", local_only(self._reload), methods=["POST"]),
        ]

    def metrics_routes(self) -> list[Route]:
        """/metrics alone, or nothing when metrics are off (404)."""
        enabled = self.resolved().photon.metrics.enabled
        return [Route("/metrics", self._metrics, methods=["GET"])] if enabled else []

    def _health(self, client: str) -> Answer:
        status = 503 if self.health.status == "unhealthy" else 200
        detail = self.health.public_detail or is_local(client)
        return status, _JSON, self.health.body(detail=detail)

    def _livez(self, _client: str) -> Answer:
        if self.lag.is_live:
            return 200, _TEXT, b"ok"
        return 503, _TEXT, f"loop lag {self.lag.current_sec:.1f} s".encode()

    def _readyz(self, _client: str) -> Answer:
        readiness = self.health.readiness
        return 200 if readiness == OK else 503, _TEXT, readiness.encode()

    async def _metrics(self, request: Request) -> Response:
        body, content_type = await asyncio.to_thread(self.metrics.render, request.headers.get("accept", ""))
        return Response(body, headers={"Content-Type": content_type, **_NO_STORE})

    async def _config(self, _request: Request) -> Response:
        return _json(json.dumps(configuration(self.resolved()), indent=_INDENT, default=str).encode())

    async def _degradation(self, _request: Request) -> Response:
        return _json(json.dumps(self.ledger.document(), indent=_INDENT).encode())

    async def _reload(self, _request: Request) -> Response:
        outcome = await self.reload()
        return _json(json.dumps(outcome, indent=_INDENT).encode(), 200 if outcome["result"] == "applied" else 409)


def configuration(resolved: Resolved) -> dict[str, Any]:
    """The effective leaves with their origins; a `Secret` prints itself as `***`."""
    leaves = {
        key: {
            "value": leaf.value,
            "origin": leaf.origin.describe(),
            "overridden": [{"value": value, "origin": origin.describe()} for value, origin in leaf.overridden],
        }
        for key, leaf in resolved.leaves().items()
    }
    return {"hash": resolved.hash, "mode": resolved.mode, "mode_reason": resolved.mode_reason, "leaves": leaves}


def application(routes: list[Route]) -> Router:
    """An application of ops routes and nothing else: no middleware, a crash is uvicorn's 500 and its log line."""
    return Router(routes)


Handler = Callable[[Request], Awaitable[Response]]


def local_only(handler: Handler) -> Handler:
    """Refuse other machines, and web pages of this one (a browser names the page's origin)."""

    async def guarded(request: Request) -> Response:
        client = request.client.host if request.client is not None else ""
        if not is_local(client) or "origin" in request.headers:
            return PlainTextResponse("only from this machine\n", 403, headers=_NO_STORE)
        return await handler(request)

    return guarded


def is_local(client: str) -> bool:
    """The peer is a loopback address or a unix socket (no address)."""
    return not client or is_loopback(client)


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, headers={"Content-Type": "application/json", **_NO_STORE})
