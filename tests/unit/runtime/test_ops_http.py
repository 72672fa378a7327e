"""The operations endpoints: shapes, statuses, who may ask (config.md §4.16)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from photoncloud.config import Resolved
from photoncloud.runtime.degradation import Ledger
from photoncloud.runtime.health import Health, Identity, Phase
from photoncloud.runtime.loop_lag import LoopLag
from photoncloud.runtime.metrics import ProcessMetrics, Registry
from photoncloud.runtime.ops_http import Ops, application
from photoncloud.testkit.clock import SimClock

Configure = Callable[..., Resolved]
LOCAL = ("127.0.0.1", 5000)
REMOTE = ("10.0.0.9", 5000)


@dataclass
class Answer:
    status_code: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


class Client:
    """Speaks ASGI to an application, as if connected from `peer`."""

    def __init__(self, app: Any, peer: tuple[str, int]) -> None:
        self._app, self._peer = app, peer

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return await self.request("GET", path, headers)

    async def request(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        sent: list[Any] = []
        raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
        scope = {"type": "http", "method": method, "path": path, "headers": raw, "client": self._peer}
        scope |= {"query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1"}

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        shown = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], shown, b"".join(message.get("body", b"") for message in sent[1:]))


class FixedLag(LoopLag):
    def __init__(self, seconds: float) -> None:
        super().__init__(SimClock(), lambda _: None)
        self._last_sec = seconds


class Stage:
    def __init__(self, resolved: Resolved, *, lag_sec: float = 0.0, reload_result: str = "applied") -> None:
        self.health = Health(Identity.of(resolved, "1"))
        self.health.register("storage", critical=True)
        self.registry = Registry("demo")
        ProcessMetrics(self.registry, "demo", "1")
        self.ledger = Ledger(SimClock(), 10)
        self.reload_result = reload_result
        ops = Ops(self.health, self.registry, FixedLag(lag_sec), self.ledger, lambda: resolved, self.reload)
        self.app = application(ops.routes())

    async def reload(self) -> dict[str, Any]:
        return {"result": self.reload_result}

    def client(self, peer: tuple[str, int] = LOCAL) -> Client:
        return Client(self.app, peer)


@pytest.fixture
def stage(configure: Configure) -> Stage:
    return Stage(configure())


async def test_health_through_a_life(stage: Stage) -> None:
    client = stage.client()
    assert (await client.get("/health")).status_code == 503
    stage.health.enter(Phase.READY)
    stage.health.report("storage", "ok")
    answer = await client.get("/health")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == stage.health.document()
    stage.health.note("config", "waiting")
    assert ((await client.get("/health")).status_code, (await client.get("/health")).json()["status"]) == (
        200,
        "degraded",
    )
    stage.health.report("storage", "gone")
    assert ((await client.get("/health")).status_code, (await client.get("/health")).json()["status"]) == (
        503,
        "unhealthy",
    )


async def test_head(stage: Stage) -> None:
    """The HTTP server leaves the body out (tests/integration/runtime)."""
    answer = await stage.client().request("HEAD", "/health")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/json")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_other_methods_are_refused(stage: Stage, method: str) -> None:
    assert (await stage.client().request(method, "/health")).status_code == 405


async def test_reasons_are_for_this_machine_when_detail_is_off(stage: Stage) -> None:
    stage.health.public_detail = False
    stage.health.report("storage", "disk 3 is full")
    assert (await stage.client(LOCAL).get("/health")).json()["checks"] == {"storage": "disk 3 is full"}
    assert (await stage.client(REMOTE).get("/health")).json()["checks"] == {"storage": "failed"}
    stage.health.public_detail = True
    assert (await stage.client(REMOTE).get("/health")).json()["checks"] == {"storage": "disk 3 is full"}


async def test_readyz(stage: Stage) -> None:
    client = stage.client()
    seen = []
    for phase in (Phase.STARTING, Phase.READY, Phase.DRAINING):
        stage.health.enter(phase)
        stage.health.report("storage", "ok")
        answer = await client.get("/readyz")
        seen.append((answer.status_code, answer.text))
    assert seen == [(503, "starting"), (200, "ok"), (503, "draining")]
    stage.health.enter(Phase.READY)
    stage.health.report("storage", "gone")
    assert ((await client.get("/readyz")).status_code, (await client.get("/readyz")).text) == (503, "unhealthy")


async def test_livez(configure: Configure) -> None:
    alive = await Stage(configure()).client().get("/livez")
    assert (alive.status_code, alive.text) == (200, "ok")
    assert (await Stage(configure(), lag_sec=4.9).client().get("/livez")).status_code == 200
    assert (await Stage(configure(), lag_sec=5.0).client().get("/livez")).status_code == 503


async def test_metrics(stage: Stage) -> None:
    answer = await stage.client(REMOTE).get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "photon_build_info" in answer.text
    openmetrics = await stage.client().get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert openmetrics.headers["content-type"].startswith("application/openmetrics-text")


async def test_metrics_that_are_off_do_not_exist(configure: Configure) -> None:
    stage = Stage(configure("photon.metrics.enabled=false"))
    assert (await stage.client().get("/metrics")).status_code == 404


async def test_config_shows_values_with_origins(configure: Configure) -> None:
    document = (await Stage(configure("standalone.limits.speed=7")).client().get("/config")).json()
    assert document["mode"] == "standalone"
    leaf = document["leaves"]["standalone.limits.speed"]
    assert leaf["value"] == 7
    assert "--set" in leaf["origin"]
    assert leaf["overridden"] == [{"value": 1, "origin": "default"}]


async def test_degradation(stage: Stage) -> None:
    stage.ledger.transition("auth", "photonauth", "fallback", "silent")
    assert (await stage.client().get("/degradation")).json() == stage.ledger.document()


@pytest.mark.parametrize(("result", "status"), [("applied", 200), ("refused", 409)])
async def test_reload(configure: Configure, result: str, status: int) -> None:
    answer = await Stage(configure(), reload_result=result).client().request("POST", "/reload")
    assert (answer.status_code, json.loads(answer.content)) == (status, {"result": result})


@pytest.mark.parametrize(("method", "path"), [("GET", "/config"), ("GET", "/degradation"), ("POST", "/reload")])
async def test_inner_matters_are_for_this_machine(stage: Stage, method: str, path: str) -> None:
    assert (await stage.client(REMOTE).request(method, path)).status_code == 403
    assert (await stage.client(("::ffff:127.0.0.1", 1)).request(method, path)).status_code == 200
    from_a_page = await stage.client(LOCAL).request(method, path, headers={"Origin": "http://evil.example"})
    assert from_a_page.status_code == 403
