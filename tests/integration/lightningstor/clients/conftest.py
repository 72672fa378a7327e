"""One store for all client tests of a module, over HTTP and HTTPS, with the features clients exercise switched on."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from photoncloud.testkit.blocking_server import blocking_server
from photoncloud.testkit.process import ServerProcess
from photoncloud.testkit.tls import Authority

ACCESS_KEY = "AKIATESTTESTTESTTEST"
SECRET_KEY = "clientTestsSecretKey0123456789abcdefABCD"
OTHER_USERS = {"second": "AKIASECONDSECONDSEC2", "third": "AKIATHIRDTHIRDTHIRD2"}
COMMAND_LIMIT_SEC = 150


@dataclass(frozen=True)
class Store:
    """Where the store listens and with which keys; `scheme` of the endpoint that a test uses."""

    process: ServerProcess
    authority_file: Path

    @property
    def http(self) -> str:
        return self.process.url("s3")

    @property
    def https(self) -> str:
        return f"https://localhost:{self.process.port('s3-tls')}"

    def environment(self, home: Path) -> dict[str, str]:
        """What clients read from their environment, and nothing of the caller's AWS settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {
            **kept,
            "HOME": str(home),
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CA_BUNDLE": str(self.authority_file),
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("store")
    authority = Authority(folder)
    pair = authority.issue()
    settings = {
        "server": {
            "s3_tls_addr": "127.0.0.1:0",
            "tls_cert_file": str(pair.cert_file),
            "tls_key_file": str(pair.key_file),
            "accept_regions": ["*"],
        },
        "storage": {"data_dir": str(folder / "data")},
        "metadata": {"path": str(folder / "meta")},
        "auth": {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY, "credentials_file": str(other_accounts(folder))},
        "features": {"versioning": True, "lifecycle": True},
    }
    with blocking_server("lightningstor", folder, settings=settings) as process:
        yield Store(process, authority.ca_file)


def other_accounts(folder: Path) -> Path:
    """Two more accounts, for suites that look at each other's buckets."""
    file = folder / "credentials"
    sections = [
        f"[{user}]\naws_access_key_id = {key}\naws_secret_access_key = {SECRET_KEY}\naccount = {user}\npolicy = admin\n"
        for user, key in OTHER_USERS.items()
    ]
    file.write_text("".join(sections))
    file.chmod(0o600)
    return file


@pytest.fixture(params=["http", "https"])
def endpoint(request: pytest.FixtureRequest, store: Store) -> str:
    """Both endpoints in turn: SDKs choose other payload signatures over TLS."""
    return str(getattr(store, request.param))


@pytest.fixture
def bucket(store: Store) -> Iterator[str]:
    """A fresh bucket's name; the bucket and all it holds are removed afterwards."""
    client = boto3.client("s3", endpoint_url=store.http, region_name="us-east-1", **KEYS)
    name = f"clients-{uuid.uuid4().hex[:12]}"
    client.create_bucket(Bucket=name)
    yield name
    pages = client.get_paginator("list_object_versions").paginate(Bucket=name)
    for page in pages:
        listed = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        doomed = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in listed]
        if doomed:
            client.delete_objects(Bucket=name, Delete={"Objects": doomed})
    client.delete_bucket(Bucket=name)


KEYS = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}

Run = Callable[..., str]


@pytest.fixture
def run(store: Store, tmp_path: Path) -> Run:
    """Run a client to its end and return what it printed; a failure shows both streams."""

    def execute(*command: str, **environment: str) -> str:
        result = subprocess.run(
            command,
            env={**store.environment(tmp_path), **environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=COMMAND_LIMIT_SEC,
            check=False,
        )
        assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}"
        return result.stdout

    return execute
