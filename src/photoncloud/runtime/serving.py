"""All servers of an App: bound in order, drained together, closed in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from photoncloud.runtime.errors import describe
from photoncloud.runtime.limits import STOP_ACCEPTING_SEC
from photoncloud.runtime.logging import get_logger
from photoncloud.runtime.resource import Resource, Resources
from photoncloud.runtime.server import Server

log = get_logger(__name__)

CANCEL_MARGIN_SEC = 0.5
"""A drain that does not keep its own time is cancelled this much later."""


class Serving:
    def __init__(self) -> None:
        self._servers: list[tuple[str, Server]] = []
        self._resources = Resources()

    def add(self, name: str, server: Server) -> None:
        self._servers.append((name, server))
        self._resources.add(Resource(name, server))

    @property
    def addresses(self) -> dict[str, str]:
        """Listener name -> bound address of every started server."""
        return {name: address for _, server in self._servers for name, address in server.addresses.items()}

    async def start(self) -> None:
        await self._resources.start()
        for listener, address in self.addresses.items():
            log.info("listening", listener=listener, addr=address)

    async def stop(self, grace_sec: float) -> list[str]:
        """Stop accepting, give what is in flight `grace_sec`, close; returns the names of what did not close well."""
        servers = [server for _, server in self._servers]
        await self._each("stop_accepting", STOP_ACCEPTING_SEC.value, [s.stop_accepting() for s in servers])
        await self._each("drain", grace_sec + CANCEL_MARGIN_SEC, [s.drain(grace_sec) for s in servers])
        return await self._resources.close()

    async def _each(self, step: str, timeout_sec: float, work: list[Coroutine[Any, Any, None]]) -> None:
        results = await asyncio.gather(*(_bounded(one, timeout_sec) for one in work), return_exceptions=True)
        for (name, _), result in zip(self._servers, results, strict=True):
            if isinstance(result, Exception):
                log.error("stop_failed", step=step, server=name, reason=describe(result), exc_info=result)


async def _bounded(work: Coroutine[Any, Any, None], timeout_sec: float) -> None:
    async with asyncio.timeout(timeout_sec):
        await work
