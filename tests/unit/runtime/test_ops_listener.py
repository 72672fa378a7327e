"""Which listeners a process opens for its operators."""

from collections.abc import Callable
from pathlib import Path

import pytest

from photoncloud.config import Resolved
from photoncloud.runtime import ops_listener
from photoncloud.runtime.degradation import Ledger
from photoncloud.runtime.health import Health, Identity
from photoncloud.runtime.loop_lag import LoopLag
from photoncloud.runtime.metrics import ProcessMetrics, Registry
from photoncloud.runtime.ops_http import Ops
from photoncloud.testkit.clock import SimClock
from photoncloud.testkit.tls import Authority

Configure = Callable[..., Resolved]


def listeners(resolved: Resolved, *, with_ops: bool = True) -> list[str]:
    clock, registry = SimClock(), Registry("demo")

    async def reload() -> dict[str, object]:
        return {}

    health = Health(Identity.of(resolved, "1"))
    lag = LoopLag(clock, lambda _: None)
    ops = Ops(health, registry, lag, Ledger(clock, 1), lambda: resolved, reload)
    durations = ProcessMetrics(registry, "demo", "1").request_duration
    tls = ops_listener.server_tls(resolved.photon)
    return [s.name for s in ops_listener.servers(ops, resolved.photon, tls, durations, with_ops=with_ops)]


@pytest.mark.parametrize(
    ("assignments", "with_ops", "expected"),
    [
        ((), True, ["ops"]),
        ((), False, []),
        (("photon.metrics.endpoint=127.0.0.1:0",), True, ["ops", "metrics"]),
        (("photon.metrics.endpoint=127.0.0.1:0",), False, ["metrics"]),
    ],
)
def test_listeners(configure: Configure, assignments: tuple[str, ...], with_ops: bool, expected: list[str]) -> None:
    assert listeners(configure(*assignments), with_ops=with_ops) == expected


def test_https_with_certificate_and_key(configure: Configure, tmp_path: Path) -> None:
    issued = Authority(tmp_path).issue()
    certificate, key = f"photon.tls.cert_file={issued.cert_file}", f"photon.tls.key_file={issued.key_file}"
    assert ops_listener.server_tls(configure().photon) is None
    assert ops_listener.server_tls(configure(certificate, key).photon) is not None


def test_probes_are_not_logged() -> None:
    assert ops_listener.never() is False
