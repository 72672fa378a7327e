"""A real object store for tests with blocking clients: where it listens, its keys, boto3 and administration clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.config

from photoncloud.api.lightningstor import AdminClient
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

    def client(
        self,
        access_key: str = ACCESS_KEY,
        secret_key: str = SECRET_KEY,
        *,
        endpoint: str = "",
        verify: str | bool = True,
        **options: Any,
    ) -> Any:
        """A boto3 S3 client that does not retry, so that a test sees the first answer."""
        config = botocore.config.Config(signature_version="s3v4", retries={"total_max_attempts": 1}, **options)
        return boto3.client(
            "s3",
            endpoint_url=endpoint or self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            verify=verify,
            config=config,
        )

    def admin(self, access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY, ca_file: str = "") -> AdminClient:
        """A client of its gRPC administration; close it, or use it as a context manager."""
        return AdminClient(self.process.address("grpc"), access_key, secret_key, ca_file)


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
