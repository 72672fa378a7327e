"""A reload by signal or request: one at a time, seen by supervisor, metrics, /health and the disk."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from photoncloud.config import ConfigurationError, Problem, Resolved
from photoncloud.runtime.health import Health, Identity, Phase
from photoncloud.runtime.metrics import ProcessMetrics, Registry
from photoncloud.runtime.notify_socket import NotifySocket
from photoncloud.runtime.reload_control import ReloadControl
from photoncloud.runtime.reloading import Reloading
from photoncloud.testkit.clock import SimClock

Configure = Callable[..., Resolved]


class HeardNotify(NotifySocket):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def _send(self, *lines: str) -> None:
        self.heard.append(lines[0])


class Stage:
    """A ReloadControl and everything that looks at it."""

    def __init__(self, resolved: Resolved, load: Callable[[], Resolved]) -> None:
        self.health = Health(Identity("demo", "1", "standalone", "S0", {}))
        self.health.enter(Phase.READY)
        self.registry = Registry("demo")
        self.notify = HeardNotify()
        self.reloading = Reloading(resolved, load)
        metrics = ProcessMetrics(self.registry, "demo", "1")
        self.control = ReloadControl(self.reloading, self.health, metrics, self.notify, SimClock())

    def metric(self, line: str) -> bool:
        return line.encode() in self.registry.render()[0]


async def test_refused_then_restart_required_then_good(configure: Configure) -> None:
    wanted: list[Any] = [
        ConfigurationError([Problem("syntax", "", "bad")]),
        configure("standalone.limits.size=5"),
        configure("standalone.limits.speed=5"),
    ]

    def load() -> Resolved:
        answer = wanted.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    stage = Stage(configure(), load)
    await stage.control.run()
    assert stage.health.checks() == {"config": "reload refused: 1 problems"}
    assert stage.health.status == "degraded"
    await stage.control.run()
    assert stage.health.checks() == {"config": "restart required for standalone.limits.size"}
    await stage.control.run()
    assert stage.health.checks() == {}
    assert stage.health.status == "healthy"
    assert stage.notify.heard == ["RELOADING=1", "READY=1"] * 3
    assert stage.metric('photon_config_reload_total{result="refused"} 1.0')
    assert stage.metric('photon_config_reload_total{result="applied"} 2.0')
    assert stage.metric(f'photon_config_hash_info{{hash="{stage.reloading.resolved.hash}"}} 1.0')


async def test_ten_thousand_signals_are_a_few_reloads(configure: Configure) -> None:
    loads = 0
    release = threading.Event()

    def load() -> Resolved:
        nonlocal loads
        loads += 1
        release.wait(10)
        return configure()

    stage = Stage(configure(), load)
    for _ in range(5000):
        stage.control.by_signal()
    await asyncio.sleep(0.05)
    for _ in range(5000):
        stage.control.by_signal()
    await asyncio.sleep(0)
    release.set()
    last = await stage.control.run()
    assert last["result"] == "applied"
    assert loads == 3


async def test_a_crashing_load_leaves_the_supervisor_informed(configure: Configure) -> None:
    def load() -> Resolved:
        raise RuntimeError("a defect")

    stage = Stage(configure(), load)
    try:
        await stage.control.run()
    except RuntimeError:
        pass
    assert stage.notify.heard == ["RELOADING=1", "READY=1"]


async def test_a_good_load_is_remembered(configure: Configure, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    stage = Stage(configure(), configure)
    await stage.control.show_loaded()
    assert (tmp_path / "state" / "config" / "last-good.json").exists()
