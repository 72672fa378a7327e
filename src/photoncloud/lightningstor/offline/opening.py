"""A configured store opened without a server: its index, its blobs, threads for hashing. A new store is never made."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from photoncloud.backends.metadata.engine.directory_lock import DirectoryLock
from photoncloud.backends.metadata.errors import BackendUnavailable
from photoncloud.config import Resolved
from photoncloud.lightningstor.adapters.blobs_filesystem.store import FilesystemBlobs
from photoncloud.lightningstor.adapters.hash_pool import ThreadHashPool
from photoncloud.lightningstor.bootstrap.background import checkpoint_root
from photoncloud.lightningstor.bootstrap.engines import thread_count
from photoncloud.lightningstor.bootstrap.index_store import LOCKED, ROCKSDB, open_index, open_store
from photoncloud.lightningstor.ports import Index
from photoncloud.lightningstor.settings import Settings
from photoncloud.runtime import exit_status, logging
from photoncloud.runtime.errors import FatalError
from photoncloud.runtime.logging import LogSettings

MARK_OF_A_STORE = "CURRENT"
"""RocksDB's pointer to its manifest: a directory without it holds no index."""


@dataclass(frozen=True, slots=True)
class OfflineStore:
    """What a tool works on."""

    index: Index
    blobs: FilesystemBlobs
    hashes: ThreadHashPool


def quiet_logs(resolved: Resolved) -> None:
    """Tools say themselves what they find; standard output belongs to their results."""
    settings = LogSettings(level="critical", format="console")
    logging.prepare(resolved.component, resolved.photon.component_id, settings)()


def require_local(resolved: Resolved) -> Path:
    """The directory of the index, when it is a local one that exists. Raises FatalError `not-local`, `no-store`."""
    backend = resolved.backends["metadata"]
    path = Path(resolved.settings.metadata.path)
    if backend != ROCKSDB:
        cause = f"its index lies in {backend}"
        raise FatalError("not-local", "open the store", str(path), cause, "offline tools work on a local index")
    if not (path / MARK_OF_A_STORE).exists():
        raise FatalError("no-store", "open the store", str(path), "there is no index", "is metadata.path right?")
    return path


def require_unused(path: Path) -> None:
    """Raises FatalError `index-locked` (73), naming the process, while a server runs on the store."""
    try:
        DirectoryLock(path).release()
    except BackendUnavailable as error:
        status = exit_status.CANNOT_CREATE
        hint = "stop the server first"
        raise FatalError(LOCKED, "open the index", str(path), error.cause, hint, exit_status=status) from error


@asynccontextmanager
async def opened(resolved: Resolved, *, quarantines: bool) -> AsyncIterator[OfflineStore]:
    """The store within the block. Raises FatalError as the server would, and when there is nothing to open."""
    path = require_local(resolved)
    require_unused(path)
    settings: Settings = resolved.settings
    store = await open_store(settings, ROCKSDB)
    try:
        index = await open_index(store, resolved.photon.component_id, str(path))
        with ThreadPoolExecutor(thread_count(settings), thread_name_prefix="io") as threads:
            data_dir = Path(settings.storage.data_dir)
            blobs = FilesystemBlobs(data_dir, threads, monotonic=time.monotonic, quarantines=quarantines)
            try:
                yield OfflineStore(index, blobs, ThreadHashPool(threads))
            finally:
                blobs.close()
    finally:
        await store.close()


def checkpoints(settings: Settings) -> list[Path]:
    """Checkpoints in the configured place, newest first."""
    root = checkpoint_root(settings)
    found = [path for path in root.iterdir() if (path / MARK_OF_A_STORE).exists()] if root.is_dir() else []
    return sorted(found, reverse=True)
