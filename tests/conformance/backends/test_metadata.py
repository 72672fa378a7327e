"""The conformance suite of the metadata port on every adapter that needs no server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from photoncloud.backends.metadata.memory import MemoryMetadata
from photoncloud.backends.metadata.rocksdb import Family, RocksdbMetadata, open_rocksdb
from photoncloud.backends.metadata.sqlite import SqliteMetadata, open_sqlite
from photoncloud.testkit.clock import SimClock
from photoncloud.testkit.metadata_conformance import HistorySuite, LeaseSuite, LocalSuite, MetadataSuite, Subject

FAMILIES = {ord("k"): Family("k", prefix_bytes=2), ord("b"): Family("b", blobs=True, blob_min_bytes=2)}


class TestMemory(MetadataSuite, HistorySuite, LeaseSuite, LocalSuite):
    @pytest.fixture
    def subject(self) -> Subject:
        clock = SimClock()

        async def open_store() -> MemoryMetadata:
            return MemoryMetadata(clock=clock)

        async def compact(store: MemoryMetadata, revision: int) -> None:
            store.compact(revision)

        return Subject(open_store, clock.advance, compact)


class TestRocksdb(MetadataSuite, LocalSuite):
    @pytest.fixture(params=["default", "families"])
    def subject(self, tmp_path: Path, request: pytest.FixtureRequest) -> Subject:
        families = FAMILIES if request.param == "families" else {}

        async def open_store() -> RocksdbMetadata:
            return await open_rocksdb(tmp_path / "store", families=families, reserve_bytes=0)

        return Subject(open_store)


class TestSqlite(MetadataSuite, HistorySuite, LeaseSuite):
    @pytest.fixture
    def subject(self, tmp_path: Path) -> Subject:
        clock = SimClock()

        async def open_store() -> SqliteMetadata:
            return await open_sqlite(tmp_path / "store", clock=clock, reserve_bytes=0)

        async def advance(seconds: float) -> None:
            await clock.advance(seconds)
            await asyncio.sleep(0.05)  # an expiry is a commit of the writing thread

        async def compact(store: SqliteMetadata, revision: int) -> None:
            await store.compact(revision)

        return Subject(open_store, advance, compact)
