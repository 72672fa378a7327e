"""What lightningstor needs from the outside, in its own words.

`Index` is the ordered, transactional store of rows (an adapter maps it onto the shared metadata port);
`BlobStore` keeps bytes above the inline limit; `HashPool` computes digests off the event loop; `Cipher` seals bodies.
Awaiting a method of a local adapter does not suspend unless it must wait for a disk: reads from the block cache
answer at once, so the service writes plain `await` everywhere.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from photoncloud.lightningstor.core.http_message import FileSlice

Durability = Literal["group", "fsync", "async"]


@dataclass(frozen=True, slots=True)
class Row:
    """A row as stored. `revision` is its modification revision, 0 when the row does not exist."""

    key: bytes
    value: bytes
    revision: int


@dataclass(frozen=True, slots=True)
class Compare:
    """A demand of a transaction: the row's modification revision is `revision` (0: the row does not exist)."""

    key: bytes
    revision: int


@dataclass(frozen=True, slots=True)
class Put:
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Delete:
    key: bytes


@dataclass(frozen=True, slots=True)
class Transaction:
    """All or nothing: every compare holds, then every change happens at one revision. At most 128 operations."""

    compares: tuple[Compare, ...]
    changes: tuple[Put | Delete, ...]


class IndexCursor(Protocol):
    """Ordered walk over one published snapshot. Cheap to seek; must be closed."""

    def seek(self, key: bytes) -> None:
        """Stand before the first row whose key is >= `key`."""
        ...

    def next(self) -> tuple[bytes, bytes] | None:
        """The next (key, value) inside the bounds, or None at the end."""
        ...

    def close(self) -> None: ...


class Index(Protocol):
    """Rows in key order with revisions. The first byte of a key names its family (see `core.key_space`)."""

    async def get(self, key: bytes) -> Row | None: ...

    async def get_many(self, keys: Sequence[bytes]) -> list[Row | None]:
        """Rows of one published snapshot, in the order asked."""
        ...

    async def cursor(self, start: bytes, end: bytes) -> IndexCursor:
        """A walk over [start, end) of one snapshot that contains every commit acknowledged before the call."""
        ...

    async def cursors(self, ranges: Sequence[tuple[bytes, bytes]]) -> list[IndexCursor]:
        """Walks over several ranges of the same snapshot."""
        ...

    async def commit(self, transaction: Transaction, *, durability: Durability | None = None) -> int:
        """The revision of the commit, once durable as configured (`durability` may only ask for more).

        Raises CommitLost when a compare failed (nothing changed), IndexUnavailable, OutOfSpace.
        """
        ...

    async def checkpoint(self, directory: str) -> None:
        """A consistent copy at a new directory, by hard links where the engine can."""
        ...


class BlobWriter(Protocol):
    """One blob being written. Not visible before `publish`; `discard` leaves nothing behind."""

    id: bytes

    async def write(self, data: bytes | memoryview) -> None:
        """Append. Returns when the buffer may be reused. Raises OutOfSpace."""
        ...

    async def publish(self) -> None:
        """Footer, data to disk, name in the directory, directory to disk. After it the blob survives power loss."""
        ...

    async def discard(self) -> None: ...


class BlobReader(Protocol):
    """An open blob. Ranges are verified against the footer's chunk hashes before they are first sent."""

    size: int

    def slices(self, offset: int, length: int) -> AsyncIterator[FileSlice]:
        """Verified runs for sendfile. Raises StoreDamaged on a mismatch or an I/O error."""
        ...

    async def read(self, offset: int, length: int) -> bytes:
        """Verified bytes, at most 1 MiB."""
        ...

    def close(self) -> None: ...


class BlobStore(Protocol):
    """Immutable blobs by 16-byte id. Knows nothing of keys, buckets or references."""

    async def create(self, *, length: int | None) -> BlobWriter:
        """Begin a blob; `length` (plain bytes, when known) lets it reserve room. Raises OutOfSpace."""
        ...

    async def open(self, blob: bytes) -> BlobReader:
        """Raises StoreDamaged when the blob is missing, quarantined or its footer is broken."""
        ...

    async def delete(self, blob: bytes) -> None:
        """Unlink; deleting a missing blob succeeds. Quarantined blobs are kept."""
        ...

    def list(self) -> AsyncIterator[tuple[bytes, int, int]]:
        """Every (id, size on disk, mtime in ns), for sweeps; may miss blobs published meanwhile."""
        ...

    async def verify(self, blob: bytes) -> None:
        """Read all bytes and compare every chunk hash. Raises StoreDamaged."""
        ...

    def free_bytes(self) -> int:
        """Room left on the file system, from a sample at most one second old."""
        ...


class Digester(Protocol):
    """Running digests of one stream: asked-for algorithms plus what the store always keeps."""

    async def update(self, data: bytes | memoryview) -> None:
        """Feed in order. Small pieces are hashed at once, large ones in the pool; returns when the buffer is free."""
        ...

    async def finish(self) -> dict[str, bytes]:
        """Algorithm name (`MD5`, `SHA256`, `CRC32`, `CRC32C`, `CRC64NVME`, …) → raw digest."""
        ...


class HashPool(Protocol):
    def digester(self, algorithms: frozenset[str]) -> Digester: ...

    def digest_now(self, algorithms: frozenset[str], data: bytes) -> dict[str, bytes]:
        """Digests of a small body (at most the inline limit), computed by the caller's thread."""
        ...


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A data key and how it is kept: `wrapped` and `salt` go into the record, `plain` never leaves memory."""

    plain: bytes
    wrapped: bytes
    salt: bytes


class Cipher(Protocol):
    """AES-256-GCM in frames of 64 KiB (`core.encryption_frames` says how frames are laid out)."""

    def new_key(self, customer_key: bytes | None) -> SealedKey: ...

    def open_key(self, wrapped: bytes, salt: bytes, customer_key: bytes | None) -> bytes:
        """The data key. Raises S3Error AccessDenied when the customer key is wrong, StoreDamaged otherwise."""
        ...

    def customer_key_check(self, customer_key: bytes, salt: bytes) -> bytes: ...

    def seal_frame(self, key: bytes, nonce: bytes, aad: bytes, data: bytes | memoryview) -> bytes: ...

    def open_frame(self, key: bytes, nonce: bytes, aad: bytes, data: bytes | memoryview) -> bytes:
        """Raises StoreDamaged when the frame was changed."""
        ...
