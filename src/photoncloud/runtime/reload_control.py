"""Who may start a reload, and who hears of its outcome: supervisor, metrics, /health, the last good copy on disk."""

from __future__ import annotations

import asyncio
from typing import Any

from photoncloud.runtime import logging
from photoncloud.runtime.clock import Clock
from photoncloud.runtime.health import Health
from photoncloud.runtime.metrics import ProcessMetrics
from photoncloud.runtime.notify_socket import NotifySocket
from photoncloud.runtime.reloading import Reloading, remember
from photoncloud.runtime.tasks import spawn

CONFIG_NOTE = "config"
"""The check that shows a refused reload, or leaves that wait for a restart."""

_NANOSECONDS = 1_000_000_000


class ReloadControl:
    def __init__(
        self, reloading: Reloading, health: Health, metrics: ProcessMetrics, notify: NotifySocket, clock: Clock
    ) -> None:
        self._reloading = reloading
        self._health = health
        self._metrics = metrics
        self._notify = notify
        self._clock = clock
        self._turn = asyncio.Lock()
        self._queued = False

    def by_signal(self) -> None:
        """Log files are reopened at once; signals that arrive while a reload waits for its turn are one."""
        logging.reopen()
        if not self._queued:
            self._queued = True
            spawn(self.run(), name="reload")

    async def run(self) -> dict[str, Any]:
        """One reload; overlapping ones run one after another. Returns the answer of POST /reload."""
        async with self._turn:
            self._queued = False
            self._notify.reloading(self._clock.monotonic_ns())
            try:
                outcome = await self._reloading.run()
                self._metrics.config_reloads.labels(outcome["result"]).inc()
                await self._show(outcome)
            finally:
                self._notify.ready()
            return outcome

    async def _show(self, outcome: dict[str, Any]) -> None:
        if outcome["result"] != "applied":
            self._health.note(CONFIG_NOTE, f"reload refused: {len(outcome['problems'])} problems")
            return
        if keys := outcome["restart_required"]:
            self._health.note(CONFIG_NOTE, f"restart required for {', '.join(keys)}")
        else:
            self._health.clear(CONFIG_NOTE)
        await self.show_loaded()

    async def show_loaded(self) -> None:
        """After every good load, the first one included."""
        resolved = self._reloading.resolved
        self._metrics.config_hash.clear()
        self._metrics.config_hash.labels(resolved.hash).set(1)
        self._metrics.config_reloaded_at.set(self._clock.now_ns() / _NANOSECONDS)
        await asyncio.to_thread(remember, resolved)
