"""Every adapter against the memory reference: random calls, equal values, revisions, events and errors."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from photoncloud.backends.metadata.memory import MemoryMetadata
from photoncloud.backends.metadata.port import MetadataStore
from photoncloud.backends.metadata.rocksdb import Family, open_rocksdb
from photoncloud.backends.metadata.sqlite import open_sqlite
from photoncloud.testkit.metadata_conformance.comparison import Call, programs, run

FAMILIES = {ord("k"): Family("k", prefix_bytes=2), ord("b"): Family("b", blobs=True, blob_min_bytes=2)}


async def open_rocks(directory: Path) -> MetadataStore:
    return await open_rocksdb(directory / "store", families=FAMILIES, reserve_bytes=0)


async def open_lite(directory: Path) -> MetadataStore:
    return await open_sqlite(directory / "store", reserve_bytes=0)


ADAPTERS = {"rocksdb": open_rocks, "sqlite": open_lite}


@pytest.mark.parametrize("adapter", ADAPTERS)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(calls=programs())
def test_equal_to_the_reference(adapter: str, calls: list[Call]) -> None:
    asyncio.run(_compare(ADAPTERS[adapter], calls))


@pytest.mark.exam
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("adapter", ADAPTERS)
@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(calls=programs())
def test_equal_to_the_reference_at_length(adapter: str, calls: list[Call]) -> None:
    asyncio.run(_compare(ADAPTERS[adapter], calls))


async def _compare(open_store: Callable[[Path], Awaitable[MetadataStore]], calls: list[Call]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        reference = MemoryMetadata()
        store = await open_store(Path(directory))
        try:
            async with asyncio.timeout(20):
                assert await run(store, calls) == await run(reference, calls)
        finally:
            await store.close()
            await reference.close()
