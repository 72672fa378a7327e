"""A real process from start to exit status: signals, drain, reload, ports, supervisors (config.md §9.9, §9.13)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import tomlkit

from photoncloud.testkit.ports import is_listening, taken_port
from photoncloud.testkit.process import ServerProcess, StartFailed, ending, ready, session_members, spawn_command
from photoncloud.testkit.server_config import laid_over, photon_defaults

PROGRAM = Path(__file__).parent / "demo_server.py"


def configuration(directory: Path, photon: Mapping[str, Any], behaviour: Mapping[str, Any]) -> Path:
    """Write (again) the file of the demo server."""
    document = {"photon": laid_over(photon_defaults(directory), photon), "standalone": {"behaviour": dict(behaviour)}}
    file = directory / "demo.toml"
    file.write_text(tomlkit.dumps(document))
    return file


async def spawn_demo(
    directory: Path,
    photon: Mapping[str, Any] | None = None,
    behaviour: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
) -> ServerProcess:
    file = configuration(directory, photon or {}, behaviour or {})
    return await spawn_command(
        [sys.executable, str(PROGRAM), "--config-only", "--config", str(file)], directory, env or {}
    )


@contextlib.asynccontextmanager
async def demo(
    directory: Path,
    photon: Mapping[str, Any] | None = None,
    behaviour: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
) -> AsyncIterator[ServerProcess]:
    async with ready(await spawn_demo(directory, photon, behaviour, env)) as server:
        yield server


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text()


async def in_flight(server: ServerProcess, count: int, seconds: float) -> list[asyncio.Task[tuple[int, str]]]:
    """`count` requests that the server is working on now."""
    url = server.url("demo", f"/slow?seconds={seconds}")
    requests = [asyncio.create_task(get(url)) for _ in range(count)]
    async with asyncio.timeout(20):
        while len(server.events("slow_entered")) < count:  # noqa: ASYNC110  lines arrive from another process
            await asyncio.sleep(0.02)
    return requests


@pytest.fixture(params=["asyncio", "uvloop"])
def loop_env(request: pytest.FixtureRequest) -> dict[str, str]:
    return {"PHOTON_TEST_UVLOOP": "1"} if request.param == "uvloop" else {}


async def test_start_serve_stop(tmp_path: Path, loop_env: dict[str, str]) -> None:
    async with demo(tmp_path, env=loop_env) as server:
        health = await server.health()
        assert health["status"] == "healthy"
        assert health["checks"] == {"storage": "ok"}
        assert server.records[0]["operation_mode"] == health["mode"] == "standalone"
        assert (await server.http("ops", "/health", "HEAD"))[2] == b""
        assert await get(server.url("demo", "/greeting")) == (200, "hello")
        addresses = [server.address("demo"), server.address("ops")]
    assert server.status == 0
    order = [r["event"] for r in server.records if r["event"] in {"store_open", "ready", "stopping", "store_closed"}]
    assert order == ["store_open", "ready", "stopping", "store_closed"]
    assert not any(is_listening(address) for address in addresses)
    assert server.errors == []


async def test_sigterm_answers_a_hundred_requests_in_flight(tmp_path: Path, loop_env: dict[str, str]) -> None:
    async with demo(tmp_path, env=loop_env) as server:
        requests = await in_flight(server, 100, 1.0)
        server.signal(signal.SIGTERM)
        await server.wait_for("stopping")
        status, _, body = await server.http("ops", "/readyz")
        assert (status, body) == (503, b"draining")
        assert (await server.health())["status"] == "degraded"
        assert await asyncio.gather(*requests) == [(200, "done")] * 100
        assert await server.wait() == 0


async def test_the_grace_time_bounds_the_drain(tmp_path: Path) -> None:
    async with demo(tmp_path, {"grace_timeout_sec": 1}) as server:
        (request,) = await in_flight(server, 1, 600)
        server.signal(signal.SIGTERM)
        assert await server.wait(10) == 0
        with pytest.raises(aiohttp.ClientError):
            await request


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_a_second_signal_forces(
    tmp_path: Path, number: signal.Signals, status: int, loop_env: dict[str, str]
) -> None:
    async with demo(tmp_path, behaviour={"stuck_on_stop": True}, env=loop_env) as server:
        server.signal(number)
        await server.wait_for("store_closing")
        server.signal(number)
        assert await server.wait(5) == status


async def test_sigterm_during_the_start(tmp_path: Path) -> None:
    server = await spawn_demo(tmp_path, behaviour={"start_sec": 600.0})
    async with ending(server):
        await server.wait_for("store_opening")
        assert (await server.health())["status"] == "unhealthy"
        assert (await server.http("ops", "/readyz"))[0::2] == (503, b"starting")
        server.signal(signal.SIGTERM)
        assert await server.wait(10) == 0
    assert server.events("store_closed")
    assert not server.events("ready")


async def test_a_taken_port_names_the_holder_and_leaves_nothing(tmp_path: Path) -> None:
    with taken_port() as port:
        server = await spawn_demo(tmp_path, {"ops": {"addr": f"127.0.0.1:{port}"}})
        async with ending(server):
            assert await server.wait() == 71
    (line,) = server.errors
    assert f"127.0.0.1:{port}" in line
    assert f"pid {os.getpid()} (" in line
    assert server.events("failed")[0]["code"] == "address-in-use"
    assert not server.events("store_open")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo.toml"]


async def test_a_refused_configuration(tmp_path: Path) -> None:
    server = await spawn_demo(tmp_path, {"mode": "integratd"})
    async with ending(server):
        assert await server.wait() == 78
    assert 'did you mean "integrated"' in "\n".join(server.errors)


async def test_a_critical_failure_ends_with_1(tmp_path: Path) -> None:
    server = await spawn_demo(tmp_path, behaviour={"dies": True})
    async with ending(server):
        assert await server.wait() == 1
    assert server.events("task_failed")[0]["task"] == "committer"
    assert server.events("store_closed")


async def test_sighup_reloads_all_or_nothing(tmp_path: Path, loop_env: dict[str, str]) -> None:
    (tmp_path / "state").mkdir()
    async with demo(tmp_path, env=loop_env) as server:
        configuration(tmp_path, {"logging": {"level": "debug"}}, {"greeting": "new", "unknown": 1})
        server.signal(signal.SIGHUP)
        await server.wait_for("config_reload_refused")
        assert await get(server.url("demo", "/greeting")) == (200, "hello")
        assert (await server.health())["status"] == "degraded"
        assert (await server.health())["checks"]["config"] == "reload refused: 1 problems"

        configuration(tmp_path, {}, {"greeting": "new", "start_sec": 3.0})
        server.signal(signal.SIGHUP)
        await server.wait_for("config_reloaded", changed=["standalone.behaviour.greeting"])
        restart = await server.wait_for("config_restart_required")
        assert restart["keys"] == ["standalone.behaviour.start_sec"]
        assert await get(server.url("demo", "/greeting")) == (200, "new")
        assert "start_sec" in (await server.health())["checks"]["config"]

        configuration(tmp_path, {}, {"greeting": "newer"})
        status, _, body = await server.http("ops", "/reload", "POST")
        assert (status, json.loads(body)["changed"]) == (200, ["standalone.behaviour.greeting"])
        assert (await server.health())["status"] == "healthy"
        last_good = json.loads((tmp_path / "state" / "config" / "last-good.json").read_text())
        assert last_good["standalone.behaviour.greeting"] == "newer"


async def test_a_thousand_sighups(tmp_path: Path) -> None:
    async with demo(tmp_path) as server:
        for _ in range(1000):
            server.signal(signal.SIGHUP)
        configuration(tmp_path, {}, {"greeting": "last"})
        server.signal(signal.SIGHUP)
        await server.wait_for("config_reloaded", changed=["standalone.behaviour.greeting"])
        assert (await server.health())["status"] == "healthy"


async def test_log_file_is_reopened_on_sighup(tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    server = await spawn_demo(tmp_path, {"logging": {"file": str(log)}})
    async with ending(server):
        await wait_for_text(log, '"ready"')
        log.rename(tmp_path / "demo.log.old")
        server.signal(signal.SIGHUP)
        await wait_for_text(log, "config_reloaded")
        assert await server.stop() == 0
    assert server.lines == []


async def wait_for_text(file: Path, text: str) -> None:
    async with asyncio.timeout(20):
        while not file.exists() or text not in file.read_text():  # noqa: ASYNC110  another process writes it
            await asyncio.sleep(0.02)


async def test_sigusr2_dumps_tasks(tmp_path: Path) -> None:
    async with demo(tmp_path) as server:
        server.signal(signal.SIGUSR2)
        line = await server.wait_for("task_dump", task="health_check")
        assert "run_forever" in line["stack"][-1]


async def test_the_supervisor_is_told(tmp_path: Path) -> None:
    address = tmp_path / "notify"
    heard: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(address))
        receiver.setblocking(False)
        env = {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "200000"}

        async def hear(message: str) -> None:
            async with asyncio.timeout(20):
                while message not in heard:
                    heard.append((await asyncio.get_running_loop().sock_recv(receiver, 1000)).decode())

        async with demo(tmp_path, env=env) as server:
            await hear("READY=1")
            await hear("WATCHDOG=1")
            server.signal(signal.SIGHUP)
            await server.wait_for("config_reloaded")
            await hear("STATUS=healthy standalone")
            await server.stop()
            await hear("STOPPING=1")
    assert heard.index("READY=1") < heard.index("STOPPING=1")
    assert any(message.startswith("RELOADING=1\nMONOTONIC_USEC=") for message in heard)


async def test_planted_secrets_stay_hidden(tmp_path: Path) -> None:
    planted = "pl4nted-s3cret"
    async with demo(tmp_path) as server:
        await server.http("demo", f"/greeting?token={planted}", headers={"Authorization": planted, "Cookie": planted})
        shown = [await server.http("ops", path) for path in ("/health", "/metrics", "/config", "/degradation")]
    assert planted not in "\n".join(server.lines + server.errors)
    assert planted not in str(shown)


async def test_the_harness_sees_what_is_left_behind(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"process \d+ is left"):
        async with demo(tmp_path, behaviour={"child": True}) as server:
            pass
    assert session_members(server.pid) == []


async def test_the_harness_says_why_a_start_failed(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match="unknown-key") as caught:
        async with demo(tmp_path, behaviour={"wrong": 1}):
            pytest.fail("not reached")
    assert caught.value.status == 78
