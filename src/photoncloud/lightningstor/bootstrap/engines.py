"""What holds bytes, rows, keys and credentials: opened at the start, closed at the end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from photoncloud.backends.auth import registry as auth_registry
from photoncloud.backends.auth.local import LocalAuthSettings
from photoncloud.backends.auth.port import AuthBackend
from photoncloud.backends.events import registry as events_registry
from photoncloud.backends.metadata.port import MetadataStore
from photoncloud.config import Resolved
from photoncloud.lightningstor.adapters.blobs_filesystem.store import FilesystemBlobs
from photoncloud.lightningstor.adapters.cipher_aesgcm import AesGcmCipher
from photoncloud.lightningstor.adapters.events_bus import BusSink, NoTargets
from photoncloud.lightningstor.adapters.hash_pool import ThreadHashPool
from photoncloud.lightningstor.adapters.key_files import STORE_KEY_NAME, SecretBox, load_or_create_key
from photoncloud.lightningstor.bootstrap.index_store import open_index, open_store
from photoncloud.lightningstor.errors import StoreDamaged
from photoncloud.lightningstor.ports import EventSink, Index
from photoncloud.lightningstor.service.access_keys import IndexKeyStore
from photoncloud.lightningstor.settings import Settings
from photoncloud.runtime import exit_status
from photoncloud.runtime.application import App
from photoncloud.runtime.errors import FatalError

MASTER_KEY_NAME = "sse-master.key"
_PRIVATE = 0o700
_MIN_THREADS = 4
_LOSS_OF_MASTER_KEY = "keep a copy: without it every encrypted object is lost"


@dataclass(frozen=True, slots=True)
class Engines:
    """Everything the use cases act through."""

    store: MetadataStore
    index: Index
    blobs: FilesystemBlobs
    hashes: ThreadHashPool
    cipher: AesGcmCipher
    box: SecretBox
    auth: AuthBackend
    access_keys: IndexKeyStore
    events: EventSink
    threads: ThreadPoolExecutor


async def open_engines(app: App, resolved: Resolved, on_commit: Callable[[int, float], None]) -> Engines:
    """Open everything the configuration names; the App closes it. Raises FatalError with the exit status that fits."""
    settings: Settings = resolved.settings
    _make_private(Path(settings.storage.data_dir), "storage.data_dir")
    _make_private(Path(settings.metadata.path), "metadata.path")
    threads = ThreadPoolExecutor(thread_count(settings), thread_name_prefix="io")
    app.own(_Threads(threads), name="threads")
    store, index = await _open_index(app, resolved, on_commit)
    box, cipher = _open_keys(settings)
    blobs = _open_blobs(app, settings, threads)
    access_keys = IndexKeyStore(index, box)
    auth = await _open_auth(resolved, access_keys)
    events = await _open_events(app, resolved)
    return Engines(store, index, blobs, ThreadHashPool(threads), cipher, box, auth, access_keys, events, threads)


def local_auth_settings(settings: Settings) -> LocalAuthSettings:
    """What the `local` adapter of the auth port is told."""
    auth = settings.auth
    return LocalAuthSettings(auth.access_key, auth.secret_key, auth.credentials_file)


class _Threads:
    """Ends with the App; work that was begun is finished."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)


def thread_count(settings: Settings) -> int:
    """Threads for hashing and files."""
    return settings.storage.io_threads or max(_MIN_THREADS, 2 * (os.cpu_count() or 1))


def _make_private(directory: Path, key: str) -> None:
    try:
        directory.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        writable = os.access(directory, os.W_OK | os.X_OK)
    except OSError as error:
        raise _cannot_create(directory, key, error.strerror or str(error)) from error
    if not writable:
        raise _cannot_create(directory, key, "it cannot be written to")


def _cannot_create(directory: Path, key: str, cause: str) -> FatalError:
    status = exit_status.CANNOT_CREATE
    return FatalError("data-directory", f"use {key}", str(directory), cause, exit_status=status)


async def _open_index(
    app: App, resolved: Resolved, on_commit: Callable[[int, float], None]
) -> tuple[MetadataStore, Index]:
    settings: Settings = resolved.settings
    store = await open_store(
        settings,
        resolved.backends["metadata"],
        on_failure=lambda error: app.stop(exit_status.IO_ERROR, f"the index failed: {error}"),
        on_commit=on_commit,
    )
    app.own(_Closing(store), name="index")
    return store, await open_index(store, resolved.photon.component_id, settings.metadata.path)


class _Closing:
    """A store that is open already and only has to be closed."""

    def __init__(self, store: MetadataStore) -> None:
        self._store = store

    async def close(self) -> None:
        await self._store.close()


def _open_keys(settings: Settings) -> tuple[SecretBox, AesGcmCipher]:
    folder = Path(settings.metadata.path)
    master = Path(settings.sse.master_key_file) if settings.sse.master_key_file else folder / MASTER_KEY_NAME
    try:
        box = SecretBox(load_or_create_key(folder / STORE_KEY_NAME, os.urandom), os.urandom)
        cipher = AesGcmCipher(load_or_create_key(master, os.urandom, _LOSS_OF_MASTER_KEY), os.urandom)
    except StoreDamaged as error:
        status = exit_status.IO_ERROR
        raise FatalError("key-file", "read key file", error.where, error.what, exit_status=status) from error
    return box, cipher


def _open_blobs(app: App, settings: Settings, threads: ThreadPoolExecutor) -> FilesystemBlobs:
    storage = settings.storage
    try:
        blobs = FilesystemBlobs(
            Path(storage.data_dir),
            threads,
            verify_reads=storage.verify_reads,
            min_free_bytes=storage.min_free_bytes,
            monotonic=time.monotonic,
        )
    except OSError as error:
        raise _cannot_create(Path(storage.data_dir), "storage.data_dir", error.strerror or str(error)) from error
    return app.own(blobs, name="blobs")


async def _open_auth(resolved: Resolved, access_keys: IndexKeyStore) -> AuthBackend:
    opener = auth_registry.adapter(resolved.backends["auth"])
    return await opener(local_auth_settings(resolved.settings), access_keys)


async def _open_events(app: App, resolved: Resolved) -> EventSink:
    backend = resolved.backends["events"]
    if backend == "none":
        return NoTargets()
    bus = await events_registry.adapter(backend)()
    app.own(bus, name="events")
    return BusSink(bus)
