"""`photonctl up` to `down` with the real object store, as a person types it (photonctl.md §9.1, §9.6, §9.9)."""

from __future__ import annotations

import io
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from photoncloud.deploy.adapters import server_command
from photoncloud.deploy.adapters.process_table import identity

pytestmark = pytest.mark.skipif(
    server_command.path_of("lightningstor") is None, reason="lightningstor-server is missing"
)

PORTS = ("grpc", "s3", "website", "ops")
BASE = 9000


def free_offset() -> int:
    """An offset with which all four ports are free now; below the range of outgoing connections."""
    for _ in range(100):
        first = random.randrange(12_000, 30_000)
        if all(_is_free(first + n) for n in range(len(PORTS))):
            return first - BASE
    raise AssertionError("no four ports in a row are free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


class Person:
    """Somebody at a terminal with a home of their own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data_dir = home / ".local" / "share" / "photoncloud"
        self.offset = free_offset()
        self.environ = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "photoncloud.ctl", *words]

    def type(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words), env=self.environ, capture_output=True, text=True, timeout=120, check=False
        )

    def up(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.type("up", "--level", "0a", "-d", "--port-offset", str(self.offset), *words)

    def endpoint(self, port: str) -> str:
        return f"127.0.0.1:{BASE + PORTS.index(port) + self.offset}"


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    made = Person(tmp_path)
    yield made
    done = made.type("down", "--grace", "5")
    assert done.returncode == 0, done.stderr


def rows(person: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(person.type("status", "-o", "json").stdout)
    return found


def test_a_whole_life(person: Person) -> None:
    done = person.up("--wait", "60s")
    assert done.returncode == 0, done.stderr
    assert [row["status"] for row in rows(person)] == ["healthy"]
    assert rows(person)[0]["id"] == "lightningstor-01"

    secrets = person.data_dir / "secrets"
    credentials = re.search(r"export AWS_SHARED_CREDENTIALS_FILE=(\S+)", done.stderr)
    endpoint = re.search(r"--endpoint-url (\S+) s3 mb", done.stderr)
    assert credentials is not None
    assert endpoint is not None
    assert credentials.group(1) == str(secrets / "aws-credentials")
    assert endpoint.group(1) == f"http://{person.endpoint('s3')}"
    store_and_fetch(endpoint.group(1), credentials.group(1))

    check = person.type("check-connection", "--all", "--token-file", str(secrets / "admin-token"))
    assert check.returncode == 0, check.stdout
    s3 = ["--endpoint", f"s3://{person.endpoint('s3')}", "--token-file", str(secrets / "aws-credentials")]
    assert "ListBuckets 200" in person.type("check-connection", *s3).stdout
    assert person.type("check-connection", "--endpoint", f"grpc://{person.endpoint('grpc')}").returncode == 0

    assert '"ready"' in person.type("logs", "--raw", "--grep", '"ready"').stdout
    assert person.type("config", "check").returncode == 0
    assert "standalone" in person.type("config", "explain", "photon.mode").stdout
    config = str(person.data_dir / "config" / "lightningstor.toml")
    assert "s3_addr" in person.type("config", "show").stdout
    assert person.type("config", "diff", config, config).returncode == 0

    first = json.loads(person.type("ps", "-o", "json").stdout)["items"][0]["pid"]
    assert "nothing has changed" in person.up().stderr
    assert json.loads(person.type("ps", "-o", "json").stdout)["items"][0]["pid"] == first
    assert person.type("restart", "lightningstor").returncode == 0
    second = json.loads(person.type("ps", "-o", "json").stdout)["items"][0]["pid"]
    assert second != first

    down = person.type("down")
    assert (down.returncode, down.stdout) == (0, "")
    assert identity(second) is None
    assert all(_is_free(BASE + n + person.offset) for n in range(4))
    assert person.type("logs", "--tail", "1").stdout != ""


def store_and_fetch(endpoint: str, credentials: str) -> None:
    import botocore.session

    session = botocore.session.Session()
    session.set_config_variable("credentials_file", credentials)
    client = session.create_client("s3", endpoint_url=endpoint)
    client.create_bucket(Bucket="demo")
    client.put_object(Bucket="demo", Key="hello.txt", Body=b"hello")
    assert client.get_object(Bucket="demo", Key="hello.txt")["Body"].read() == b"hello"


def test_no_secret_leaves(person: Person, tmp_path: Path) -> None:
    assert person.up().returncode == 0
    secrets = person.data_dir / "secrets"
    token = (secrets / "admin-token").read_text().strip()
    pair = re.findall(r"= (\S+)", (secrets / "aws-credentials").read_text())
    planted = [token, pair[1]]
    outputs = [
        person.type(*words)
        for words in (
            ["status", "-o", "wide"],
            ["ps", "-o", "json", "-vvv"],
            ["logs", "--raw"],
            ["logs", "supervisor", "--raw"],
            ["config", "show", "--origin"],
            ["config", "explain", "*"],
            ["context", "list", "-o", "json"],
            ["check-connection", "--all", "-vvv"],
        )
    ]
    out = tmp_path / "bundle.tar.gz"
    bundle = person.type("debug", "bundle", "--out", str(out))
    assert bundle.returncode == 0, bundle.stderr
    assert out.stat().st_mode & 0o777 == 0o600
    texts = [done.stdout + done.stderr for done in outputs]
    with tarfile.open(fileobj=io.BytesIO(out.read_bytes())) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers()}
        for member in archive.getmembers():
            file = archive.extractfile(member)
            assert file is not None
            texts.append(file.read().decode())
    assert {"manifest.json", "versions.json", "plan.json", "lightningstor/health", "log/lightningstor.log"} <= names
    for path in (person.data_dir / "log").iterdir():
        texts.append(path.read_text())
    texts.append((person.data_dir / "run" / "plan.json").read_text())
    pid = json.loads(person.type("ps", "-o", "json").stdout)["items"][0]["pid"]
    texts += [Path(f"/proc/{pid}/{name}").read_bytes().decode() for name in ("environ", "cmdline")]
    for secret in planted:
        assert not any(secret in text for text in texts)
    assert person.type("debug", "bundle", "--out", str(out)).returncode == 1


def test_in_the_foreground_ctrl_c_is_down_and_a_kill_leaves_no_child(person: Person) -> None:
    command = person.command("up", "--level", "0a", "--port-offset", str(person.offset))
    with subprocess.Popen(command, env=person.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as up:
        _until_healthy(person)
        pid = json.loads(person.type("ps", "-o", "json").stdout)["items"][0]["pid"]
        up.send_signal(signal.SIGINT)
        output, errors = up.communicate(timeout=60)
    assert up.returncode == 0, errors
    assert identity(pid) is None
    assert "everything is stopped" in errors
    assert re.search(r"^lightningstor \| .* ready ", output, re.M)
    with subprocess.Popen(command, env=person.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as up:
        _until_healthy(person)
        pid = json.loads(person.type("ps", "-o", "json").stdout)["items"][0]["pid"]
        up.kill()
    deadline = time.monotonic() + 2
    while identity(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert identity(pid) is None
    assert person.up().returncode == 0


def _until_healthy(person: Person) -> None:
    done = person.type("status", "--wait", "60s")
    assert done.returncode == 0, done.stderr


def test_waiting_has_an_end(person: Person) -> None:
    done = person.type("status", "--wait", "1s", "--endpoint", "127.0.0.1:1")
    assert done.returncode == 20
    assert "not everything is healthy" in done.stderr
