"""The process harness against small programs; a real component is in tests/integration/runtime."""

import sys
from pathlib import Path

import pytest

from photoncloud.testkit.process import StartFailed, ending, environment, ready, spawn_command

PRINTS = """
import json, sys, time
print("plain text")
print(json.dumps({"event": "listening", "listener": "s3", "addr": "127.0.0.1:1"}))
print("complaint", file=sys.stderr, flush=True)
print(json.dumps({"event": "ready", "n": 1}), flush=True)
time.sleep(float(sys.argv[1]))
"""


async def test_lines_records_and_addresses(tmp_path: Path) -> None:
    async with ready(await spawn_command([sys.executable, "-c", PRINTS, "60"], tmp_path, {})) as server:
        assert server.address("s3") == "127.0.0.1:1"
        assert server.port("s3") == 1
        assert server.url("s3", "/x") == "http://127.0.0.1:1/x"
        assert (await server.wait_for("ready", n=1))["n"] == 1
        with pytest.raises(KeyError, match="known: s3"):
            server.address("admin")
        assert server.lines[0] == "plain text"
    assert server.status == -15
    assert server.errors == ["complaint"]


async def test_an_event_that_never_comes(tmp_path: Path) -> None:
    server = await spawn_command([sys.executable, "-c", PRINTS, "0"], tmp_path, {})
    async with ending(server):
        with pytest.raises(StartFailed, match="no event 'other'") as caught:
            await server.wait_for("other")
    assert "complaint" in str(caught.value)


async def test_wait_is_bounded_and_kill_kills(tmp_path: Path) -> None:
    async with ready(await spawn_command([sys.executable, "-c", PRINTS, "60"], tmp_path, {})) as server:
        with pytest.raises(StartFailed, match="still runs"):
            await server.wait(0.05)
        server.kill()
        assert await server.wait() == -9


def test_the_environment_is_the_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTON_MODE", "hybrid")
    made = environment(tmp_path, {"A": "1"})
    assert "PHOTON_MODE" not in made
    assert made["A"] == "1"
    assert made["HOME"] == str(tmp_path)
