"""What an engine that cannot be opened means for the process: 73 for a lock, 74 for damage and for a newer release."""

from __future__ import annotations

from pathlib import Path

import pytest

from photoncloud.lightningstor.bootstrap.index_store import DAMAGED, LOCKED, NEWER, open_index, open_store
from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.transaction import Put, Transaction
from photoncloud.lightningstor.settings import Settings
from photoncloud.runtime.errors import FatalError

CANNOT_CREATE, IO_ERROR = 73, 74


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate({"metadata": {"path": str(tmp_path / "meta"), "cache_size_mb": 8}})


async def opened(settings: Settings) -> None:
    store = await open_store(settings, "rocksdb")
    try:
        await open_index(store, "cluster", settings.metadata.path)
    finally:
        await store.close()


async def refused(settings: Settings) -> FatalError:
    with pytest.raises(FatalError) as caught:
        await opened(settings)
    return caught.value


async def test_a_store_in_use_names_path_and_process(settings: Settings) -> None:
    store = await open_store(settings, "rocksdb")
    error = await refused(settings)
    await store.close()
    assert (error.code, error.exit_status) == (LOCKED, CANNOT_CREATE)
    assert settings.metadata.path in str(error)
    assert "process" in str(error)


async def test_damage_names_the_ways_on(settings: Settings) -> None:
    store = await open_store(settings, "rocksdb")
    await store.close()
    next(Path(settings.metadata.path).glob("MANIFEST-*")).write_bytes(b"rubbish")
    error = await refused(settings)
    assert (error.code, error.exit_status) == (DAMAGED, IO_ERROR)
    assert "salvage" in error.hint


async def test_a_newer_layout_is_left_alone(settings: Settings) -> None:
    store = await open_store(settings, "rocksdb")
    index = await open_index(store, "cluster", settings.metadata.path)
    await index.commit(Transaction((), (Put(key_space.system("schema"), b"99"),)))
    await store.close()
    error = await refused(settings)
    assert (error.code, error.exit_status) == (NEWER, IO_ERROR)


async def test_memory_needs_no_directory(settings: Settings) -> None:
    store = await open_store(settings, "memory")
    assert await (await open_index(store, "cluster", "memory")).get(b"sx") is None
    await store.close()
    assert not Path(settings.metadata.path).exists()
