"""A real S3 server for a module of tests: where it listens, its keys, and a factory of boto3 clients."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from photoncloud.testkit.blocking_server import blocking_server
from photoncloud.testkit.s3_store import S3Store, store_settings
from photoncloud.testkit.s3_wire import Target

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
