"""What lightningstor needs from the outside, in its own words.

`Index` is the ordered, transactional store of rows (an adapter maps it onto the shared metadata port);
`BlobStore` keeps bytes above the inline limit; `HashPool` computes digests off the event loop; `Cipher` seals bodies.
Awaiting a method of a local adapter does not suspend unless it must wait for a disk: reads from the block cache
answer at once, so the service writes plain `await` everywhere.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from photoncloud.lightningstor.core.http_message import FileSlice
from photoncloud.lightningstor.core.transaction import Compare as Compare
from photoncloud.lightningstor.core.transaction import Delete as Delete
from photoncloud.lightningstor.core.transaction import Put as Put
from photoncloud.lightningstor.core.transaction import Transaction as Transaction

Durability = Literal["group", "fsync", "async"]


class Row(NamedTuple):
    """A row as stored. `revision` is its modification revision."""

    key: bytes
    value: bytes
    revision: int


class IndexCursor(Protocol):
    """Ordered walk over one range of one published snapshot. Must be closed; a local one never suspends."""

    async def seek(self, key: bytes) -> None:
        """Stand before the first row of the range whose key is >= `key`."""
        ...

    async def take(self, count: int) -> list[Row]:
        """The next rows, at most `count`; fewer only at the end of the range."""
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

        Raises CommitLost when a compare failed (nothing changed), OutOfSpace (nothing changed), IndexUnavailable.
        A cancelled call returns only once the outcome is known.
        """
        ...

    async def checkpoint(self, directory: str) -> None:
        """A consistent copy at a new directory, by hard links where the engine can."""
        ...


class BlobWriter(Protocol):
    """One blob being written. Not visible before `publish`; `discard` leaves nothing behind."""

    id: bytes

    def write(self, pieces: Sequence[bytes | memoryview]) -> Awaitable[None]:
        """Append the pieces in order. The work starts at the call; the awaitable resolves when the buffers are free.

        One write at a time: await it before the next. Raises OutOfSpace.
        """
        ...

    async def publish(self) -> None:
        """Footer, data to disk, name in the directory, directory to disk. After it the blob survives power loss."""
        ...

    async def discard(self) -> None:
        """Forget the blob, on disk too, also when it was published. Waits for a write under way; idempotent."""
        ...


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

    async def verify(self, blob: bytes, pace: Callable[[int], Awaitable[None]] | None = None) -> None:
        """Read all bytes from disk and compare every chunk hash. Raises StoreDamaged.

        `pace` is awaited after each chunk with the bytes read, to limit the rate.
        """
        ...

    def free_bytes(self) -> int:
        """Room left on the file system, from a sample at most one second old."""
        ...

    def faults(self) -> tuple[str, ...]:
        """What `checks.storage` must name: quarantined blobs and failed disk operations; empty when all is well."""
        ...


class Digester(Protocol):
    """Running digests of one stream: asked-for algorithms plus what the store always keeps."""

    def update(self, pieces: Sequence[bytes | memoryview]) -> Awaitable[None]:
        """Feed pieces in order. Work starts at the call; the awaitable resolves when the buffers are free.

        One update at a time: await it before the next. Small batches are hashed at once, large ones in the pool.
        """
        ...

    def finish(self) -> dict[str, bytes]:
        """Algorithm name (`MD5`, `SHA256`, `CRC32`, `CRC32C`, `CRC64NVME`, …) → raw digest in wire order."""
        ...


class ChunkDigester(Protocol):
    """SHA-256 of each chunk of a signed stream."""

    def update(self, pieces: Sequence[bytes | memoryview | None]) -> Awaitable[list[bytes]]:
        """Feed pieces in order; `None` ends a chunk. Resolves to the raw digests of the chunks that ended."""
        ...


class HashPool(Protocol):
    def digester(self, algorithms: frozenset[str]) -> Digester: ...

    def chunk_digester(self) -> ChunkDigester: ...

    def digest_now(self, algorithms: frozenset[str], data: bytes | memoryview) -> dict[str, bytes]:
        """Digests of a small body (at most the inline limit), computed by the caller's thread."""
        ...

    def combine(self, algorithm: str, parts: Sequence[tuple[bytes, int]]) -> bytes:
        """FULL_OBJECT value of a CRC from (raw value, length in bytes) of each part in order; reads no bytes."""
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

    def frame_key(self, key: bytes, body: bytes) -> tuple[bytes, bytes]:
        """Key and 4-byte nonce prefix of one sealed body, derived from the data key and the 16-byte body id.

        Bodies of one upload share a data key; deriving per body keeps (key, nonce) pairs unique.
        """
        ...

    def seal_frame(self, key: bytes, nonce: bytes, aad: bytes, data: bytes | memoryview) -> bytes: ...

    def open_frame(self, key: bytes, nonce: bytes, aad: bytes, data: bytes | memoryview) -> bytes:
        """Raises StoreDamaged when the frame was changed."""
        ...


class EventSink(Protocol):
    """Where notifications go. Delivery is at least once; `event_id` lets receivers drop repeats."""

    def serves(self, target: str) -> bool:
        """Whether a bucket may name this target; `` stands for the component's own subject (EventBridge)."""
        ...

    async def publish(self, target: str, event_id: str, event: bytes) -> None:
        """Hand over one CloudEvent (JSON). Returns when the backend took responsibility.

        Raises EventsUnavailable (try again), EventRefused (never again).
        """
        ...


class Sealer(Protocol):
    """Seals secrets so that a copy of the index does not give them away."""

    def seal(self, access_key_id: str, secret: str) -> bytes: ...

    def unseal(self, access_key_id: str, sealed: bytes) -> str:
        """Raises StoreDamaged when the sealed bytes were changed or belong to another key or store."""
        ...
