"""Every change of the state is visible outside at once."""

from photoncloud.runtime.announcement import Announcement
from photoncloud.runtime.degradation import Ledger
from photoncloud.runtime.health import Health, Identity, Phase
from photoncloud.runtime.metrics import ProcessMetrics, Registry
from photoncloud.runtime.notify_socket import NotifySocket
from photoncloud.testkit.clock import SimClock


class HeardNotify(NotifySocket):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def _send(self, *lines: str) -> None:
        self.heard.append(lines[0])


def test_status_and_capability() -> None:
    health = Health(Identity("demo", "1", "hybrid", "S1", {"metadata": "chainfire"}))
    ledger, registry, notify = Ledger(SimClock(), 5), Registry("demo"), HeardNotify()
    Announcement(health, ledger, ProcessMetrics(registry, "demo", "1"), notify)
    health.register("storage")
    health.enter(Phase.READY)
    health.report("storage", "ok")
    ledger.transition("metadata", "chainfire", "fallback", "gone for 31 s")
    assert notify.heard == [
        "STATUS=unhealthy hybrid",
        "STATUS=degraded hybrid",
        "STATUS=healthy hybrid",
        "STATUS=degraded hybrid",
    ]
    assert health.checks() == {"storage": "ok", "metadata": "gone for 31 s"}
    body = registry.render()[0]
    assert b'photon_health_status{status="degraded"} 1.0' in body
    assert b'photon_capability_state{backend="chainfire",capability="metadata",state="fallback"} 1.0' in body
    assert b'photon_capability_state{backend="chainfire",capability="metadata",state="ok"} 0.0' in body
