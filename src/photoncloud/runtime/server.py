"""What `App.serve` takes: something that listens, can stop listening, and can finish what it began."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable


@runtime_checkable
class Server(Protocol):
    @property
    def addresses(self) -> Mapping[str, str]:
        """Listener name -> bound address (`127.0.0.1:9001`, `unix:/run/x`), real port instead of 0; after `start`."""

    async def start(self) -> None:
        """Bind and accept. A taken address raises FatalError with exit status 71 (`runtime.listener.bind` does)."""

    async def stop_accepting(self) -> None:
        """Close listening sockets; what is in flight goes on. Returns at once. Idempotent."""

    async def drain(self, timeout: float) -> None:
        """Return when nothing is in flight, after `timeout` seconds at the latest. May be cancelled."""

    async def close(self) -> None:
        """Cut what is still in flight and free everything. Idempotent, also after a failed `start`."""
