"""A real S3 server for a module of tests: where it listens, its keys, and a factory of boto3 clients."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.config
import pytest

from photoncloud.testkit.blocking_server import blocking_server
from photoncloud.testkit.process import ServerProcess
from photoncloud.testkit.s3_signing import Signer
from photoncloud.testkit.s3_wire import Target

ACCESS_KEY = "AKIAFRONTFRONTFRONT2"
SECRET_KEY = "frontTestsSecretKey0123456789abcdefABCDE"


@dataclass(frozen=True)
class S3Store:
    """One running store."""

    process: ServerProcess

    @property
    def endpoint(self) -> str:
        return self.process.url("s3")

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.process.port("s3")

    @property
    def target(self) -> Target:
        """The root's raw requests."""
        return Target(self.address, Signer(ACCESS_KEY, SECRET_KEY))

    @property
    def data_dir(self) -> Path:
        return self.process.directory / "data"

    def client(self, access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY, **options: Any) -> Any:
        """A boto3 S3 client that does not retry, so that a test sees the first answer."""
        config = botocore.config.Config(signature_version="s3v4", retries={"total_max_attempts": 1}, **options)
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=config,
        )


def store_settings(folder: Path, **tables: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a small store below `folder`; `tables` are laid over them."""
    settings: dict[str, Any] = {
        "server": {"grpc_addr": "", "website_addr": ""},
        "storage": {"data_dir": str(folder / "data"), "min_free_bytes": 0},
        "metadata": {"path": str(folder / "meta"), "cache_size_mb": 32},
        "auth": {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY},
        "features": {"versioning": True, "lifecycle": True},
    }
    for name, table in tables.items():
        settings[name] = {**settings.get(name, {}), **table}
    return settings


StartStore = Callable[..., contextlib.AbstractContextManager[S3Store]]


@pytest.fixture(scope="module")
def start_store(tmp_path_factory: pytest.TempPathFactory) -> StartStore:
    """Start a store with settings of one's own: `with start_store(server={"region": "eu-1"}) as store:`."""

    @contextlib.contextmanager
    def start(**tables: Mapping[str, Any]) -> Iterator[S3Store]:
        folder = tmp_path_factory.mktemp("store")
        with blocking_server("lightningstor", folder, settings=store_settings(folder, **tables)) as process:
            yield S3Store(process)

    return start


@pytest.fixture(scope="module")
def s3_store(start_store: StartStore) -> Iterator[S3Store]:
    """The store of this module."""
    with start_store() as store:
        yield store


@pytest.fixture(scope="module")
def target(s3_store: S3Store) -> Target:
    """Raw requests of the store's root."""
    return s3_store.target


@pytest.fixture(scope="module")
def s3(s3_store: S3Store) -> Any:
    """A boto3 client of the store's root."""
    return s3_store.client()


@pytest.fixture
def new_bucket(s3: Any) -> str:
    """A bucket of the test's own; the store goes with the module, so nothing is cleaned up."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name
