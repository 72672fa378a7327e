"""Where the bytes of a new body go while they arrive: memory up to the inline limit, then a blob; digests on the way.

Nothing is visible before the caller publishes and commits, and `discard` leaves nothing on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from photoncloud.lightningstor.core.checksum import DEFAULT_ALGORITHM
from photoncloud.lightningstor.core.encryption_frames import sealed_length
from photoncloud.lightningstor.core.records import Body, Checksum, Encryption
from photoncloud.lightningstor.ports import BlobStore, BlobWriter, Cipher, Digester, HashPool
from photoncloud.lightningstor.service.sealed_body import BodyKey, FrameSealer, seal_inline

BODY_ID_BYTES = 16
OPAQUE_ETAG_BYTES = 16

Piece = bytes | memoryview


@dataclass(frozen=True, slots=True)
class BodyStores:
    """What keeping a body needs. `inline_max_bytes` 0 sends every body to a blob."""

    hashes: HashPool
    blobs: BlobStore
    cipher: Cipher
    random_bytes: Callable[[int], bytes]
    inline_max_bytes: int


@dataclass(slots=True)
class StoredBody:
    """A body that was read and verified whole, not yet referenced.

    Inline: put `inline` under `body.id` in the index transaction. Blob: `await publish()` before the commit, so that
    a reference without bytes cannot exist. On any failure `await discard()`, also after publish; both are idempotent
    and do nothing for inline bodies.
    """

    size: int
    body: Body
    """Kind `inline` or `blob`; kind "" for an empty body, which needs no row."""
    inline: bytes
    """What the index keeps for an inline body (sealed when encrypted); empty otherwise."""
    etag: str
    """Without quotes: MD5 hex, or opaque hex for SSE-C."""
    md5: bytes
    """Raw MD5 of the plain bytes; empty for SSE-C."""
    checksum: Checksum
    """What the reply echoes: the client's algorithm, the one required, or CRC64NVME."""
    crc64nvme: bytes
    encryption: Encryption | None
    digests: dict[str, bytes]
    """Everything computed, by algorithm."""
    _writer: BlobWriter | None = field(default=None, repr=False)
    _is_published: bool = field(default=False, repr=False)

    async def publish(self) -> None:
        """Make the blob durable. Raises OutOfSpace, StoreDamaged; then call `discard`."""
        if self._writer is not None and not self._is_published:
            await self._writer.publish()
            self._is_published = True

    async def discard(self) -> None:
        if self._writer is not None:
            await self._writer.discard()


class BodySink:
    """One new body. `take` pieces in order, then `finish`; `discard` at any point instead."""

    def __init__(
        self,
        stores: BodyStores,
        algorithms: frozenset[str],
        *,
        key: BodyKey | None,
        known_length: int | None,
        memory_limit: int,
    ) -> None:
        self._stores = stores
        self._key = key
        self._is_opaque = key is not None and bool(key.record.key_check)
        self._algorithms = algorithms | {DEFAULT_ALGORITHM} | (frozenset() if self._is_opaque else {"MD5"})
        self._known_length = known_length
        self._memory_limit = memory_limit
        self._memory: list[bytes] = []
        self._writer: BlobWriter | None = None
        self._digester: Digester | None = None
        self._sealer: FrameSealer | None = None
        self.size = 0

    async def take(self, pieces: Sequence[Piece]) -> None:
        """Keep pieces; returns when their buffers are free. Raises OutOfSpace."""
        self.size += sum(map(len, pieces))
        if self._writer is None:
            if max(self.size, self._known_length or 0) <= self._memory_limit:
                self._memory += map(bytes, pieces)
                return
            await self._begin_blob()
            pieces = [*self._memory, *pieces]
            self._memory = []
        await self._append(pieces)

    async def _begin_blob(self) -> None:
        length = self._known_length
        if length is not None and self._key is not None:
            length = sealed_length(length)
        self._writer = await self._stores.blobs.create(length=length)
        self._digester = self._stores.hashes.digester(self._algorithms)
        if self._key is not None:
            self._sealer = FrameSealer(self._stores.cipher, self._key, self._writer.id)

    async def _append(self, pieces: Sequence[Piece]) -> None:
        """Hash and write one batch at the same time."""
        assert self._writer is not None
        assert self._digester is not None
        hashed = self._digester.update(pieces)
        kept = pieces if self._sealer is None else self._sealer.push(pieces)
        if kept:
            await self._writer.write(kept)
        await hashed

    async def finish(self) -> dict[str, bytes]:
        """Digests of the whole body, by algorithm."""
        if self._writer is None:
            return self._stores.hashes.digest_now(self._algorithms, self.content())
        assert self._digester is not None
        if self._sealer is not None:
            await self._writer.write(self._sealer.finish())
        return self._digester.finish()

    def content(self) -> bytes:
        """The body as long as it is in memory; empty once it went to a blob."""
        if len(self._memory) > 1:
            self._memory = [b"".join(self._memory)]
        return self._memory[0] if self._memory else b""

    def stored(self, digests: dict[str, bytes], algorithm: str) -> StoredBody:
        """The finished body; `algorithm` names the checksum its reply echoes."""
        stores, key = self._stores, self._key
        body, inline = Body(), b""
        if self._writer is not None:
            body = Body("blob", self._writer.id)
        elif self.size:
            body = Body("inline", stores.random_bytes(BODY_ID_BYTES))
            inline = self.content()
            if key is not None:
                inline = seal_inline(stores.cipher, key, body.id, inline)
        md5 = b"" if self._is_opaque else digests["MD5"]
        return StoredBody(
            size=self.size,
            body=body,
            inline=inline,
            etag=md5.hex() or stores.random_bytes(OPAQUE_ETAG_BYTES).hex(),
            md5=md5,
            checksum=Checksum(algorithm, "FULL_OBJECT", digests[algorithm]),
            crc64nvme=digests[DEFAULT_ALGORITHM],
            encryption=key.record if key is not None else None,
            digests=digests,
            _writer=self._writer,
        )

    async def discard(self) -> None:
        self._memory = []
        if self._writer is not None:
            await self._writer.discard()
