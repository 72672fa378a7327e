"""The configuration file of the design, with only its paths changed, is a server: on its own ports, in a network of
its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from photoncloud.testkit.process import ServerProcess, ending, run_to_end, spawn_command

ROOT = Path(__file__).resolve().parents[3]
DESIGN = ROOT.parent / "shared" / "design" / "examples" / "lightningstor-standalone.toml"
CONFIGURATION_REFUSED = 78

pytestmark = pytest.mark.skipif(not DESIGN.exists(), reason="the design's examples are not here")


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """The design's file; only the two paths differ."""
    text = DESIGN.read_text("utf-8")
    changed = text.replace("/var/lib/lightningstor", str(tmp_path / "store"))
    assert len(changed.splitlines()) == len(text.splitlines())
    assert sum(one != other for one, other in zip(text.splitlines(), changed.splitlines(), strict=True)) == 2
    file = tmp_path / "lightningstor.toml"
    file.write_text(changed, "utf-8")
    return file


@pytest.fixture
def network() -> Iterator[str]:
    """A network namespace with loopback only: every port is free in it."""
    name = f"pc{uuid.uuid4().hex[:8]}"
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("needs root and iproute2")
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, timeout=10)
    if made.returncode != 0:
        pytest.skip(made.stderr.strip())
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True, timeout=10)
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, timeout=10)


@contextlib.asynccontextmanager
async def serving(network: str, configuration: Path, *words: str):  # type: ignore[no-untyped-def]
    program = [sys.executable, "-m", "photoncloud.lightningstor", "--config-only", "--config", str(configuration)]
    command = ["ip", "netns", "exec", network, *program, *words]
    async with ending(await spawn_command(command, configuration.parent, {})) as process:
        yield process
        if process.status is None:
            assert await process.stop() == 0


def curl(network: str, url: str) -> str:
    command = ["ip", "netns", "exec", network, "curl", "-s", "--max-time", "10", url]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout


async def test_the_design_file_serves_on_its_ports(network: str, configuration: Path) -> None:
    async with serving(network, configuration, "--allow-example-credentials") as server:
        await server.wait_for("ready")
        listening = {record["listener"]: record["addr"] for record in server.events("listening")}
        assert listening == {
            "s3": "0.0.0.0:9001",
            "website": "0.0.0.0:9002",
            "grpc": "0.0.0.0:9000",
            "ops": "0.0.0.0:9003",
        }
        health = json.loads(curl(network, "http://127.0.0.1:9003/health"))
        assert (health["status"], health["mode"], health["component"]) == ("healthy", "standalone", "lightningstor")
        assert health["checks"] == {"storage": "ok", "metadata": "ok"}
        assert "<Error><Code>AccessDenied</Code>" in curl(network, "http://127.0.0.1:9001/")
        assert "lightningstor_example_credentials 1" in curl(network, "http://127.0.0.1:9003/metrics")
        await server.wait_for("example_credentials_in_use")


async def test_without_the_flag_the_published_keys_are_refused(configuration: Path) -> None:
    refused: ServerProcess = await run_to_end("lightningstor", configuration.parent, config=configuration)
    assert refused.status == CONFIGURATION_REFUSED
    assert "--allow-example-credentials" in refused.tail()


async def test_on_loopback_they_are_accepted(tmp_path: Path, configuration: Path) -> None:
    text = configuration.read_text().replace("0.0.0.0:900", "127.0.0.1:900")
    configuration.write_text(text.replace(":9000", ":0").replace(":9001", ":0"))
    checked = await run_to_end(
        "lightningstor", configuration.parent, config=configuration, arguments=["--check-config"]
    )
    assert (checked.status, checked.lines) == (0, ["ok"])


async def test_a_misspelt_key_is_named_with_its_line(configuration: Path) -> None:
    text = configuration.read_text().replace("versioning = false", "versionning = true")
    configuration.write_text(text)
    line = text.splitlines().index("versionning = true") + 1
    refused = await run_to_end(
        "lightningstor", configuration.parent, config=configuration, arguments=["--allow-example-credentials"]
    )
    assert refused.status == CONFIGURATION_REFUSED
    assert f"lightningstor.toml:{line}" in refused.tail()
    assert '"versioning"' in refused.tail()


async def test_no_key_at_all_is_refused(configuration: Path) -> None:
    lines = configuration.read_text().splitlines()
    kept = [line for line in lines if not line.startswith(("access_key", "secret_key"))]
    configuration.write_text("\n".join(kept) + "\n")
    refused = await run_to_end("lightningstor", configuration.parent, config=configuration)
    assert refused.status == CONFIGURATION_REFUSED
    assert "auth.access_key" in refused.tail()
