"""The life of an App in the test's own loop: order, checks, reload, stop. Signals are in tests/integration/runtime."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from photoncloud.config import Resolved
from photoncloud.runtime.application import App
from photoncloud.runtime.errors import FatalError
from photoncloud.runtime.http_server import HttpServer
from photoncloud.runtime.tasks import spawn
from photoncloud.runtime.tls import ServerContext, TlsFiles
from photoncloud.testkit.ports import is_listening, taken_port
from photoncloud.testkit.tls import Authority

Configure = Callable[..., Resolved]


class Recorder:
    def __init__(self, steps: list[str], name: str, *, fail: str = "") -> None:
        self.steps, self.name, self.fail = steps, name, fail
        self.addresses: dict[str, str] = {}

    async def start(self) -> None:
        self.steps.append(f"start {self.name}")
        if self.fail == "start":
            raise FatalError("cannot-start", exit_status=73)
        self.addresses = {self.name: "127.0.0.1:1"}

    async def stop_accepting(self) -> None:
        self.steps.append(f"stop {self.name}")

    async def drain(self, timeout: float) -> None:
        self.steps.append(f"drain {self.name} {timeout:g}")

    async def close(self) -> None:
        self.steps.append(f"close {self.name}")
        if self.fail == "close":
            raise OSError("no")


async def get(url: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.json(content_type=None)


async def good() -> str:
    return "ok"


async def test_start_in_order_close_in_reverse(configure: Configure) -> None:
    """start in order, close in reverse"""
    steps: list[str] = []
    app = App(configure("photon.grace_timeout_sec=7"))
    app.serve(Recorder(steps, "server"), name="server")
    store = app.own(Recorder(steps, "store"))
    app.own(Recorder(steps, "cache"))
    assert isinstance(store, Recorder)
    async with app.running():
        assert steps == ["start store", "start cache", "start server"]
        steps.clear()
    assert steps == ["stop server", "drain server 7", "close server", "close cache", "close store"]


async def test_a_partial_start_cleans_up(configure: Configure) -> None:
    """also after a partial start"""
    steps: list[str] = []
    app = App(configure())
    app.own(Recorder(steps, "store"))
    app.own(Recorder(steps, "bad", fail="start"))
    app.own(Recorder(steps, "never"))
    with pytest.raises(FatalError):
        async with app.running():
            pytest.fail("not reached")
    assert steps == ["start store", "start bad", "close bad", "close store"]
    assert not is_listening(app.addresses["ops"])


async def test_ops_answers_before_and_until_the_end(configure: Configure) -> None:
    app = App(configure())
    seen: list[tuple[str, int]] = []

    class Looks:
        async def _look(self, when: str) -> None:
            url = f"http://{app.addresses['ops']}/readyz"
            async with aiohttp.ClientSession() as session, session.get(url) as response:
                seen.append((f"{when} {await response.text()}", response.status))

        async def start(self) -> None:
            await self._look("start")

        async def close(self) -> None:
            await self._look("close")

    app.own(Looks())
    async with app.running():
        assert await get(f"http://{app.addresses['ops']}/health") == (200, app.health.document())
    assert seen == [("start starting", 503), ("close draining", 503)]


async def test_checks_run_once_before_ready(configure: Configure, captured: list[Any]) -> None:
    app = App(configure())
    app.check("storage", good, critical=True)

    async def slow_disk() -> str:
        return "disk answers in 3 s"

    app.check("cache", slow_disk)
    async with app.running():
        assert app.health.document()["checks"] == {"storage": "ok", "cache": "disk answers in 3 s"}
        assert app.health.status == "degraded"
    ready = next(record for record in captured if record["event"] == "ready")
    assert ready["status"] == "degraded"
    assert ready["listeners"] == {"ops": app.addresses["ops"]}


async def test_a_component_may_mount_the_ops_routes(configure: Configure) -> None:
    from starlette.applications import Starlette

    app = App(configure(), ops_listener=False)
    server = app.serve(HttpServer(Starlette(routes=app.ops_routes()), "127.0.0.1:0", name="admin"))
    async with app.running():
        assert app.addresses == dict(server.addresses)
        assert (await get(f"http://{app.addresses['admin']}/health"))[0] == 200


async def test_metrics_say_mode_tasks_and_hash(configure: Configure) -> None:
    app = App(configure())
    async with app.running():
        body = app.metrics.render()[0].decode()
    assert 'photon_mode_info{mode="standalone",reason="default",stage="S0"} 1.0' in body
    assert 'photon_tasks{name="loop_lag"} 1.0' in body
    assert f'photon_config_hash_info{{hash="{app.resolved.hash}"}} 1.0' in body


async def test_reload_reaches_participants_and_ops_settings(configure: Configure) -> None:
    wanted = configure("standalone.limits.speed=5", "photon.ops.public_detail=false", "photon.grace_timeout_sec=1")
    app = App(configure(), reload=lambda: wanted)
    speeds: list[int] = []
    app.on_reload(lambda new: lambda: speeds.append(new.settings.limits.speed))
    async with app.running():
        url = f"http://{app.addresses['ops']}/reload"
        async with aiohttp.ClientSession() as session, session.post(url) as response:
            assert response.status == 200
        assert speeds == [5]
        assert app.health.public_detail is False
        assert app.resolved.photon.grace_timeout_sec == 1


async def test_tls_of_the_ops_listener_follows_a_reload(configure: Configure, tmp_path: Path) -> None:
    first, second = Authority(tmp_path).issue("first"), Authority(tmp_path).issue("second")

    def files(issued: Any) -> tuple[str, str]:
        return f"photon.tls.cert_file={issued.cert_file}", f"photon.tls.key_file={issued.key_file}"

    resolved = configure(*files(first))
    app = App(resolved, reload=lambda: configure(*files(second)))
    async with app.running():
        url = f"https://{app.addresses['ops']}/reload"
        async with aiohttp.ClientSession() as session, session.post(url, ssl=False) as response:
            answer = await response.json()
    assert answer["result"] == "applied"
    assert sorted(answer["changed"]) == ["photon.tls.cert_file", "photon.tls.key_file"]


async def test_followed_tls_shows_its_trouble(configure: Configure, tmp_path: Path) -> None:
    issued = Authority(tmp_path).issue()
    app = App(configure("photon.tls.reload_interval_sec=1"))
    app.follow_tls(ServerContext(TlsFiles(str(issued.cert_file), str(issued.key_file))))
    changed = asyncio.Event()
    async with app.running():
        good_key = issued.key_file.read_bytes()
        app.health.on_change(changed.set)
        issued.key_file.write_text("broken")
        await changed.wait()
        assert "tls-files" in app.health.checks()["tls"]
        changed.clear()
        issued.key_file.write_bytes(good_key)
        await changed.wait()
        assert "tls" not in app.health.checks()


async def test_a_watched_capability_is_a_check_a_metric_and_an_entry(configure: Configure) -> None:
    app = App(configure())
    watch = app.watch_capability("metadata", good)
    async with app.running():
        assert app.health.document()["checks"] == {"metadata": "ok"}
        app.ledger.transition("metadata", "memory", "fallback", "gone")
        assert app.health.document()["checks"] == {"metadata": "gone"}
        assert watch.state.may_write
        _, entries = await get(f"http://{app.addresses['ops']}/degradation")
        assert [entry["reason"] for entry in entries] == ["gone"]
        assert b'photon_tasks{name="watch_metadata"} 1.0' in app.metrics.render()[0]


async def test_tasks_of_the_app_end_with_it(configure: Configure) -> None:
    ended = asyncio.Event()

    async def background() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    class Spawns:
        async def start(self) -> None:
            spawn(background(), name="background")

        async def close(self) -> None:
            assert not ended.is_set()

    app = App(configure())
    app.own(Spawns())
    async with app.running():
        await asyncio.sleep(0)
    assert ended.is_set()


async def test_a_taken_ops_port(configure: Configure) -> None:
    steps: list[str] = []
    with taken_port() as port:
        app = App(configure(f"photon.ops.addr=127.0.0.1:{port}"))
        app.own(Recorder(steps, "store"))
        with pytest.raises(FatalError) as caught:
            async with app.running():
                pytest.fail("not reached")
    assert caught.value.exit_status == 71
    assert steps == []


def run(app: App) -> int:
    """`run` in the test's thread; signal handlers are put back afterwards."""
    return app.run()


class StopsAtOnce:
    def __init__(self, app: App, *arguments: Any) -> None:
        self.app, self.arguments = app, arguments

    async def start(self) -> None:
        self.app.stop(*self.arguments)

    async def close(self) -> None:
        pass


def test_run_returns_the_status_of_stop(configure: Configure) -> None:
    app = App(configure())
    app.own(StopsAtOnce(app, 74, "the disk is gone"))
    assert run(app) == 74
    assert run_clean(configure) == 0


def run_clean(configure: Configure) -> int:
    app = App(configure())
    app.own(StopsAtOnce(app))
    return run(app)


def test_the_first_stop_decides(configure: Configure) -> None:
    app = App(configure())
    app.own(StopsAtOnce(app, 74, "disk"))
    app.own(StopsAtOnce(app, 0))
    assert run(app) == 74


def test_run_maps_a_failed_start(configure: Configure, capsys: pytest.CaptureFixture[str]) -> None:
    steps: list[str] = []
    app = App(configure())
    app.own(Recorder(steps, "bad", fail="start"))
    assert run(app) == 73
    assert "demo: cannot-start" in capsys.readouterr().err


def test_a_resource_that_does_not_close_is_a_failure(configure: Configure) -> None:
    app = App(configure())
    app.own(Recorder([], "store", fail="close"))
    app.own(StopsAtOnce(app))
    assert run(app) == 1


def test_a_failing_critical_task_stops_the_process(configure: Configure, captured: list[Any]) -> None:
    class Dies:
        async def start(self) -> None:
            spawn(self._die(), name="committer", critical=True)

        async def _die(self) -> None:
            raise RuntimeError("gone")

        async def close(self) -> None:
            pass

    app = App(configure())
    app.own(Dies())
    assert run(app) == 1
    assert [r["reason"] for r in captured if r["event"] == "stopping"] == ["task committer failed"]


def test_a_stop_during_the_start_cancels_it(configure: Configure) -> None:
    steps: list[str] = []

    class Slow(Recorder):
        async def start(self) -> None:
            steps.append("start slow")
            app.stop()
            await asyncio.sleep(60)

    app = App(configure())
    app.own(Recorder(steps, "store"))
    app.own(Slow(steps, "slow"))
    app.own(Recorder(steps, "never"))
    assert run(app) == 0
    assert steps == ["start store", "start slow", "close slow", "close store"]
