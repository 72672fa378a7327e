"""The metadata engine under the index, and what an engine that cannot be opened means for the process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from photoncloud.backends.metadata import registry
from photoncloud.backends.metadata.errors import BackendUnavailable
from photoncloud.backends.metadata.port import Durability, LocalMetadata, MetadataStore
from photoncloud.lightningstor.adapters.index_metadata import LocalIndex, SharedIndex, no_checkpoint, rocksdb_families
from photoncloud.lightningstor.errors import IndexUnavailable
from photoncloud.lightningstor.ports import Index
from photoncloud.lightningstor.service.store_schema import require_schema
from photoncloud.lightningstor.settings import Settings
from photoncloud.runtime import exit_status
from photoncloud.runtime.errors import FatalError, PhotonError

ROCKSDB = "rocksdb"
LOCKED = "index-locked"
DAMAGED = "index-damaged"
NEWER = "index-newer"
WAYS_ON = "restore a checkpoint, or run: lightningstor-server salvage --out DIR"
MEBIBYTE = 1024 * 1024


async def open_store(
    settings: Settings,
    backend: str,
    *,
    on_failure: Callable[[Exception], None] = lambda error: None,
    on_commit: Callable[[int, float], None] = lambda transactions, fsync_sec: None,
) -> MetadataStore:
    """Open `metadata.path`, or make it. Raises FatalError `index-locked`, `index-damaged`, `index-newer`."""
    opener = registry.adapter(backend)
    if backend != ROCKSDB:
        return await opener()
    path = Path(settings.metadata.path)
    try:
        return await opener(
            path,
            families=rocksdb_families(),
            durability=Durability(settings.storage.durability),
            commit_max_ops=settings.storage.commit_max_ops,
            commit_delay_us=settings.storage.commit_delay_us,
            cache_bytes=settings.metadata.cache_size_mb * MEBIBYTE * 3 // 4,
            on_failure=on_failure,
            on_commit=on_commit,
        )
    except PhotonError as error:
        raise _meaning(error, path) from error


def _meaning(error: PhotonError, path: Path) -> FatalError:
    if isinstance(error, BackendUnavailable) and error.hint:  # only a held lock comes with advice
        status = exit_status.CANNOT_CREATE
        return FatalError(LOCKED, "open the index", str(path), error.cause, error.hint, exit_status=status)
    code = NEWER if error.code == "metadata-format" else DAMAGED
    hint = "use the release that wrote it" if code == NEWER else WAYS_ON
    return FatalError(code, "open the index", str(path), error.cause, hint, exit_status=exit_status.IO_ERROR)


def unreadable_index(error: IndexUnavailable, where: str) -> FatalError:
    """An index that opened and could not be read at the start: a block of it is damaged."""
    return FatalError(DAMAGED, "read the index", where, str(error), WAYS_ON, exit_status=exit_status.IO_ERROR)


async def open_index(store: MetadataStore, cluster: str, where: str) -> Index:
    """The index over an open engine. Raises FatalError `index-newer`, IndexUnavailable."""
    index: Index
    if isinstance(store, LocalMetadata):
        index = LocalIndex(store, getattr(store, "checkpoint", no_checkpoint))
    else:
        index = SharedIndex(store, cluster)
    try:
        await require_schema(index, where)
    except PhotonError as error:
        status = exit_status.IO_ERROR
        raise FatalError(NEWER, error.operation, where, error.cause, error.hint, exit_status=status) from error
    return index
