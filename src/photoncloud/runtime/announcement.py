"""Every change of the state becomes visible outside at once: metrics, and the status line of the supervisor."""

from __future__ import annotations

from photoncloud.runtime.degradation import Ledger, Transition
from photoncloud.runtime.health import Health
from photoncloud.runtime.metrics import ProcessMetrics
from photoncloud.runtime.notify_socket import NotifySocket


class Announcement:
    """Listens to health and ledger from its construction on."""

    def __init__(self, health: Health, ledger: Ledger, metrics: ProcessMetrics, notify: NotifySocket) -> None:
        self._health = health
        self._metrics = metrics
        self._notify = notify
        self._shown = ""
        health.on_change(self._status)
        ledger.on_transition(self._capability)
        self._status()

    def _status(self) -> None:
        status = self._health.status
        if status != self._shown:
            self._shown = status
            self._metrics.show_status(status)
            self._notify.status(f"{status} {self._health.identity.mode}")

    def _capability(self, change: Transition) -> None:
        state = self._metrics.capability_state
        state.labels(change.capability, change.backend, change.before).set(0)
        state.labels(change.capability, change.backend, change.after).set(1)
        self._health.capability(change.capability, change.after, change.reason)
