"""The port `Index` over the shared metadata port.

`LocalIndex` sits on an engine in this process and never suspends for a read; `SharedIndex` on any store, chainfire
included, with every key below `/photon/lightningstor/v1/<cluster>/<family>/`. Exceptions of the metadata port end here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from photoncloud.backends.metadata import errors as metadata
from photoncloud.backends.metadata.port import (
    Cursor,
    KeyValue,
    LocalMetadata,
    MetadataStore,
    TxnResult,
    modified_at,
)
from photoncloud.backends.metadata.port import Delete as StoreDelete
from photoncloud.backends.metadata.port import Durability as StoreDurability
from photoncloud.backends.metadata.port import Get as StoreGet
from photoncloud.backends.metadata.port import Put as StorePut
from photoncloud.lightningstor.errors import CommitLost, IndexUnavailable, OutOfSpace
from photoncloud.lightningstor.ports import Durability, IndexCursor, Put, Row, Transaction

if TYPE_CHECKING:
    from photoncloud.backends.metadata.rocksdb import Family

_FAMILIES = {
    # first byte → (column family, bodies in blob files, bytes of the prefix that scans stay within)
    "b": ("buckets", False, 0),
    "c": ("current", False, 9),
    "m": ("markers", False, 9),
    "v": ("versions", False, 9),
    "n": ("nulls", False, 0),
    "u": ("uploads", False, 0),
    "i": ("inline", True, 0),
    "p": ("segments", False, 0),
    "r": ("references", False, 18),
    "g": ("garbage", False, 0),
    "o": ("outbox", False, 0),
    "k": ("system", False, 0),
    "s": ("system", False, 0),
}
"""Column families of the RocksDB engine. Prefixes: family byte and bucket id; for references family byte and target."""

_DURABILITY = {
    "group": StoreDurability.GROUP,
    "fsync": StoreDurability.FSYNC,
    "async": StoreDurability.ASYNC,
    None: None,
}

Result = TypeVar("Result")
Checkpoint = Callable[[Path], Coroutine[Any, Any, None]]


def rocksdb_families() -> dict[int, Family]:
    """The `families` argument of `open_rocksdb` for this component's key space."""
    from photoncloud.backends.metadata.rocksdb import Family  # only where that engine is chosen

    return {
        ord(first): Family(name, blobs=blobs, prefix_bytes=prefix) for first, (name, blobs, prefix) in _FAMILIES.items()
    }


async def no_checkpoint(directory: Path) -> None:
    """For stores that keep their own copies."""
    raise IndexUnavailable(f"this metadata backend makes no checkpoints (asked for {directory})", maybe_applied=False)


class LocalCursor:
    """A walk over a cursor of the engine."""

    __slots__ = ("_cursor", "_found")

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._found: KeyValue | None = None

    async def seek(self, key: bytes) -> None:
        try:
            self._found = self._cursor.seek(key)
        except metadata.BackendUnavailable as error:
            raise _unavailable(error) from error

    async def take(self, count: int) -> list[Row]:
        try:
            first, self._found = self._found, None
            rows = [] if first is None else [first]
            rows += self._cursor.take(count - len(rows))
        except metadata.BackendUnavailable as error:
            raise _unavailable(error) from error
        return [Row(row[0], row[1], row[3]) for row in rows]

    def close(self) -> None:
        self._cursor.close()


class LocalIndex:
    """Index over an engine in this process. `checkpoint` is the engine's, where it has one."""

    def __init__(self, store: LocalMetadata, checkpoint: Checkpoint = no_checkpoint) -> None:
        self._store = store
        self._checkpoint = checkpoint

    async def get(self, key: bytes) -> Row | None:
        try:
            row = self._store.get_now(key)
        except metadata.BackendUnavailable as error:
            raise _unavailable(error) from error
        return None if row is None else Row(row[0], row[1], row[3])

    async def get_many(self, keys: Sequence[bytes]) -> list[Row | None]:
        store = self._store
        try:
            while True:
                revision = store.published_revision
                rows = [store.get_now(key) for key in keys]
                if store.published_revision == revision:
                    return [None if row is None else Row(row[0], row[1], row[3]) for row in rows]
        except metadata.BackendUnavailable as error:
            raise _unavailable(error) from error

    async def cursor(self, start: bytes, end: bytes) -> IndexCursor:
        return (await self.cursors([(start, end)]))[0]

    async def cursors(self, ranges: Sequence[tuple[bytes, bytes]]) -> list[IndexCursor]:
        try:
            while True:
                opened = [self._store.cursor(start, end) for start, end in ranges]
                if all(cursor.revision == opened[0].revision for cursor in opened):
                    return [LocalCursor(cursor) for cursor in opened]
                for cursor in opened:
                    cursor.close()
        except metadata.BackendUnavailable as error:
            raise _unavailable(error) from error

    async def commit(self, transaction: Transaction, *, durability: Durability | None = None) -> int:
        try:
            future = self._store.txn_nowait(
                [modified_at(key, revision) for key, revision in transaction.compares],
                [
                    StorePut(*change) if type(change) is Put else StoreDelete(change[0])
                    for change in transaction.changes
                ],
                durability=_DURABILITY[durability],
                makes_room=transaction.makes_room,
            )
            result = await _settled(future)
        except metadata.BackendUnavailable as error:
            raise _unavailable(error) from error
        except metadata.OutOfSpace as error:
            raise OutOfSpace(str(error)) from error
        if not result.succeeded:
            raise CommitLost
        return result.revision

    async def checkpoint(self, directory: str) -> None:
        await self._checkpoint(Path(directory))


async def _settled(future: asyncio.Future[TxnResult]) -> TxnResult:
    """The outcome of a transaction. A cancelled caller learns of it only once the outcome is known: nobody may believe
    that a commit which is under way did not happen.
    """
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait((future,))
        if not future.cancelled():
            future.exception()  # looked at, so that it is not reported as forgotten
        raise


class SharedCursor:
    """A walk by pages at one revision."""

    def __init__(self, index: SharedIndex, start: bytes, end: bytes, revision: int) -> None:
        self._index = index
        self._start = start
        self._end = end
        self._next = start
        self._revision = revision

    async def seek(self, key: bytes) -> None:
        self._next = max(key, self._start)

    async def take(self, count: int) -> list[Row]:
        if count <= 0 or self._next >= self._end:
            return []
        rows, self._revision = await self._index.page(self._next, self._end, count, self._revision)
        self._next = rows[-1].key + b"\0" if len(rows) == count else self._end
        return rows

    def close(self) -> None:
        """Nothing is held."""


class SharedIndex:
    """Index over a store that must be awaited. `cluster` keeps deployments on one store apart."""

    def __init__(self, store: MetadataStore, cluster: str) -> None:
        self._store = store
        self._prefix = b"/photon/lightningstor/v1/" + cluster.encode("utf-8") + b"/"

    def _outer(self, key: bytes) -> bytes:
        return self._prefix + key[:1] + b"/" + key[1:]

    def _row(self, row: KeyValue | None) -> Row | None:
        if row is None:
            return None
        inner = row.key[len(self._prefix) :]
        return Row(inner[:1] + inner[2:], row.value, row.mod_revision)

    async def get(self, key: bytes) -> Row | None:
        return self._row(await _translated(self._store.get(self._outer(key))))

    async def get_many(self, keys: Sequence[bytes]) -> list[Row | None]:
        result = await _translated(self._store.txn((), [StoreGet(self._outer(key)) for key in keys]))
        return [self._row(row) if isinstance(row, KeyValue) else None for row in result.responses]

    async def page(self, start: bytes, end: bytes, limit: int, revision: int) -> tuple[list[Row], int]:
        """Rows of [start, end) at `revision` (0: now), and the revision they were read at."""
        page = await _translated(self._store.scan(self._outer(start), self._outer(end), limit=limit, revision=revision))
        rows = [row for item in page.items if (row := self._row(item)) is not None]
        return rows, page.revision

    async def cursor(self, start: bytes, end: bytes) -> IndexCursor:
        return SharedCursor(self, start, end, 0)

    async def cursors(self, ranges: Sequence[tuple[bytes, bytes]]) -> list[IndexCursor]:
        _, revision = await self.page(*ranges[0], 1, 0)
        return [SharedCursor(self, start, end, revision) for start, end in ranges]

    async def commit(self, transaction: Transaction, *, durability: Durability | None = None) -> int:
        """`durability` is the store's own affair: a shared store acknowledges what a majority has on disk."""
        result = await _translated(
            self._store.txn(
                [modified_at(self._outer(key), revision) for key, revision in transaction.compares],
                [
                    StorePut(self._outer(change.key), change.value)
                    if isinstance(change, Put)
                    else StoreDelete(self._outer(change.key))
                    for change in transaction.changes
                ],
            )
        )
        if not result.succeeded:
            raise CommitLost
        return result.revision

    async def checkpoint(self, directory: str) -> None:
        await no_checkpoint(Path(directory))


async def _translated(call: Coroutine[Any, Any, Result]) -> Result:
    try:
        return await call
    except metadata.BackendUnavailable as error:
        raise _unavailable(error) from error
    except metadata.Compacted as error:
        raise IndexUnavailable(f"the listing took too long: {error}", maybe_applied=False) from error
    except metadata.OutOfSpace as error:
        raise OutOfSpace(str(error)) from error


def _unavailable(error: metadata.BackendUnavailable) -> IndexUnavailable:
    return IndexUnavailable(error.reason, maybe_applied=error.maybe_applied)
