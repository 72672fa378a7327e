"""The wheel, installed as a user installs it: only what an extra brings, and a server that works with nothing else.

Needs a package index through pip as it is configured on this machine; without one the tests are skipped.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tomllib
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSTALL_TIMEOUT_SEC = 600
RUN_TIMEOUT_SEC = 60
BASE_DEPENDENCIES_MAX = 8
WHEEL_BYTES_MAX = 10 * 2**20
FIRST_OFFSETS = range(3_000, 20_000)
"""Below the range the kernel gives to outgoing connections."""
HEALTH_KEYS = {"status", "mode", "component", "version", "checks", "stage", "backends"}
COMPONENTS_OF_OTHERS = ("flashdns", "fiberlb", "nightlight", "chainfire", "flaredb", "photonauth", "ctl", "deploy")
LIST_MODULES = """
import atexit, json, os, sys
def report():
    with open(os.environ["MODULES_FILE"], "w") as file:
        json.dump(sorted(name for name in sys.modules if name.startswith("photoncloud.")), file)
atexit.register(report)
from photoncloud.lightningstor.__main__ import main
sys.exit(main())
"""
"""Starts the server and, when it has ended, writes which of our modules it imported."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(INSTALL_TIMEOUT_SEC + 180)]


class Installation:
    """A virtual environment of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        venv.create(folder, with_pip=True)

    def run(self, *command: str | Path, timeout_sec: float = RUN_TIMEOUT_SEC) -> subprocess.CompletedProcess[str]:
        words = [str(word) for word in command]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PHOTON"))}
        return subprocess.run(
            [str(self.bin / words[0]), *words[1:]],
            cwd=self.folder,
            env={**environment, "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=timeout_sec,
            check=False,
        )

    def install(self, requirement: str) -> None:
        done = self.run("python", "-m", "pip", "install", "-q", requirement, timeout_sec=INSTALL_TIMEOUT_SEC)
        if done.returncode and ("No matching distribution" in done.stderr or "ConnectionError" in done.stderr):
            pytest.skip("needs a package index")
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=RUN_TIMEOUT_SEC)
    return next(folder.glob("photoncloud-*.whl"))


@pytest.fixture(scope="module")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """`pip install photoncloud`."""
    installation = Installation(tmp_path_factory.mktemp("base"))
    installation.install(str(wheel))
    return installation


@pytest.fixture(scope="module")
def storage(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """`pip install 'photoncloud[lightningstor]'`."""
    installation = Installation(tmp_path_factory.mktemp("lightningstor"))
    installation.install(f"{wheel}[lightningstor]")
    return installation


def test_the_wheel_is_small_and_holds_what_programs_read(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert wheel.name.endswith("-py3-none-any.whl")
    assert wheel.stat().st_size <= WHEEL_BYTES_MAX
    assert {"photoncloud/py.typed", "photoncloud/deploy/levels/0a.toml"} <= set(names)
    assert not [name for name in names if "__pycache__" in name or name.startswith(("tests/", "tools/"))]


def test_the_base_has_few_direct_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert len(project["dependencies"]) <= BASE_DEPENDENCIES_MAX


def test_the_base_install_is_consistent_and_has_photonctl(base: Installation) -> None:
    assert base.run("python", "-m", "pip", "check").returncode == 0
    assert base.run("photonctl", "--help").returncode == 0
    version = base.run("photonctl", "version", "--client")
    assert version.returncode == 0, version.stderr


def test_without_the_extra_the_server_says_what_to_install(base: Installation) -> None:
    refused = base.run("lightningstor-server")
    line = 'lightningstor needs packages that are not installed: pip install "photoncloud[lightningstor]"'
    assert (refused.returncode, refused.stderr.strip()) == (69, line), refused.stderr
    assert base.run("lightningstor-server", "--version").returncode == 0


def test_without_an_extra_up_says_what_to_install(base: Installation) -> None:
    done = base.run("photonctl", "up", "--level", "0a", "-d")
    assert done.returncode == 69, (done.returncode, done.stderr)
    assert "pip install" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_extra_is_consistent(storage: Installation) -> None:
    done = storage.run("python", "-m", "pip", "check")
    assert done.returncode == 0, done.stdout


def test_up_needs_nothing_but_the_components_extra(storage: Installation, tmp_path: Path) -> None:
    place = ("--data-dir", str(tmp_path / "cloud"))
    offset = str(random.choice(FIRST_OFFSETS))
    started = storage.run("photonctl", "up", "--level", "0a", "-d", *place, "--port-offset", offset)
    stopped = storage.run("photonctl", "down", *place)
    assert started.returncode == 0, started.stdout + started.stderr
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr


@pytest.fixture
def running(storage: Installation, tmp_path: Path) -> Iterator[tuple[str, Path, subprocess.Popen[str]]]:
    """(ops address, file the modules are written to at the end, process) of a server of that installation."""
    config = tmp_path / "server.toml"
    config.write_text(
        '[photon]\nstate_dir = "state"\n[photon.ops]\naddr = "127.0.0.1:0"\n'
        '[standalone.server]\ns3_addr = "127.0.0.1:0"\ngrpc_addr = "127.0.0.1:0"\nwebsite_addr = "127.0.0.1:0"\n'
        '[standalone.storage]\ndata_dir = "data"\n[standalone.metadata]\npath = "meta"\n'
        '[standalone.auth]\naccess_key = "packaging"\nsecret_key = "packaging-secret"\n'
    )
    config.chmod(0o600)
    modules = tmp_path / "modules.json"
    process = subprocess.Popen(
        [str(storage.bin / "python"), "-c", LIST_MODULES, "--config", str(config), "--config-only"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "MODULES_FILE": str(modules)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield _ops_address(process), modules, process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _ops_address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        record = json.loads(line) if line.startswith("{") else {}
        if record.get("event") == "ready":
            return str(record["listeners"]["ops"])
    raise AssertionError("".join(seen))


def test_the_server_runs_with_nothing_but_its_extra(running: tuple[str, Path, subprocess.Popen[str]]) -> None:
    address, modules, process = running
    with urllib.request.urlopen(f"http://{address}/health", timeout=10) as answer:
        document = json.load(answer)
    assert answer.status == 200
    assert set(document) == HEALTH_KEYS
    assert (document["status"], document["mode"], document["component"]) == ("healthy", "standalone", "lightningstor")
    process.send_signal(signal.SIGTERM)
    assert process.wait(RUN_TIMEOUT_SEC) == 0
    imported = {name.split(".")[1] for name in json.loads(modules.read_text())}
    assert "lightningstor" in imported
    assert not imported & set(COMPONENTS_OF_OTHERS)
