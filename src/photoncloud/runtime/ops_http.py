"""The operations listener of every process (config.md §4.16): /health /livez /readyz /metrics, and for this machine
/config, /degradation and POST /reload. Handlers read prepared state; none does I/O.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from photoncloud.config import Resolved
from photoncloud.runtime.degradation import Ledger
from photoncloud.runtime.health import OK, Health
from photoncloud.runtime.listener import is_loopback
from photoncloud.runtime.loop_lag import LoopLag
from photoncloud.runtime.metrics import Registry

_NO_STORE = {"Cache-Control": "no-store"}
_INDENT = 2


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
            Route("/health", self._health, methods=["GET"]),
            Route("/livez", self._livez, methods=["GET"]),
            Route("/readyz", self._readyz, methods=["GET"]),
            *self.metrics_routes(),
            Route("/config", local_only(self._config), methods=["GET"]),
            Route("/degradation", local_only(self._degradation), methods=["GET"]),
            Route("/reload", local_only(self._reload), methods=["POST"]),
        ]

    def metrics_routes(self) -> list[Route]:
        """/metrics alone, or nothing when metrics are off (404)."""
        enabled = self.resolved().photon.metrics.enabled
        return [Route("/metrics", self._metrics, methods=["GET"])] if enabled else []

    async def _health(self, request: Request) -> Response:
        status = 503 if self.health.status == "unhealthy" else 200
        detail = self.health.public_detail or is_local(request)
        return _json(self.health.body(detail=detail), status)

    async def _livez(self, _request: Request) -> Response:
        if self.lag.is_live:
            return PlainTextResponse("ok", headers=_NO_STORE)
        return PlainTextResponse(f"loop lag {self.lag.current_sec:.1f} s", 503, headers=_NO_STORE)

    async def _readyz(self, _request: Request) -> Response:
        readiness = self.health.readiness
        return PlainTextResponse(readiness, 200 if readiness == OK else 503, headers=_NO_STORE)

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


def application(routes: list[Route]) -> Starlette:
    """An application of ops routes and nothing else."""
    return Starlette(routes=routes)


Handler = Callable[[Request], Awaitable[Response]]


def local_only(handler: Handler) -> Handler:
    """Refuse other machines, and web pages of this one (a browser names the page's origin)."""

    async def guarded(request: Request) -> Response:
        if not is_local(request) or "origin" in request.headers:
            return PlainTextResponse("only from this machine\n", 403, headers=_NO_STORE)
        return await handler(request)

    return guarded


def is_local(request: Request) -> bool:
    """The peer is a loopback address or a unix socket."""
    client = request.client
    return client is None or not client.host or is_loopback(client.host)


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, headers={"Content-Type": "application/json", **_NO_STORE})
