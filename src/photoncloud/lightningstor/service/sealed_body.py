"""Encrypted bodies: the key of an object or upload, sealing a stream frame by frame, opening what was sealed.

`core.encryption_frames` says how frames lie; the `Cipher` port does the cryptography; nothing here touches a disk.
"""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from photoncloud.lightningstor.core import encryption_frames as frames
from photoncloud.lightningstor.core.encryption_request import CustomerKey
from photoncloud.lightningstor.core.records import Encryption
from photoncloud.lightningstor.errors import S3Error, StoreDamaged
from photoncloud.lightningstor.ports import Cipher

KEY_NEEDED = (
    "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to"
    " retrieve the object."
)
NOT_APPLICABLE = "The encryption parameters are not applicable to this object."
FRAMES_PER_READ = 15
"""Sealed frames fetched at once: 15 of them stay below the 1 MiB a blob gives in one read."""

ReadSealed = Callable[[int, int], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class BodyKey:
    """How a body is sealed: what the record keeps, and the data key, which never leaves memory."""

    record: Encryption
    data_key: bytes = field(repr=False)


def new_body_key(cipher: Cipher, mode: str, customer: CustomerKey | None) -> BodyKey | None:
    """A fresh data key for `mode` `AES256` or `C`; None for "" (no encryption)."""
    if not mode:
        return None
    sealed = cipher.new_key(customer.key if customer is not None else None)
    if customer is None:
        return BodyKey(Encryption(mode, sealed.wrapped, sealed.salt), sealed.plain)
    check = cipher.customer_key_check(customer.key, sealed.salt)
    return BodyKey(Encryption(mode, sealed.wrapped, sealed.salt, check, customer.md5), sealed.plain)


def open_body_key(cipher: Cipher, record: Encryption | None, customer: CustomerKey | None) -> BodyKey | None:
    """The key of a stored body; None when it is not encrypted.

    Raises S3Error InvalidRequest (key missing, or given for an object without one), AccessDenied (wrong key),
    StoreDamaged (the wrapped key was changed or the master key is another).
    """
    needs_customer = record is not None and bool(record.key_check)
    if customer is not None and not needs_customer:
        raise S3Error("InvalidRequest", NOT_APPLICABLE)
    if record is None or not record.mode:
        return None
    if not needs_customer:
        return BodyKey(record, cipher.open_key(record.wrapped_key, record.salt, None))
    if customer is None:
        raise S3Error("InvalidRequest", KEY_NEEDED)
    check = cipher.customer_key_check(customer.key, record.salt)
    if not hmac.compare_digest(check, record.key_check):
        raise S3Error("AccessDenied")
    return BodyKey(record, cipher.open_key(record.wrapped_key, record.salt, customer.key))


class FrameSealer:
    """Seals the stream of one body as it arrives."""

    __slots__ = ("_body", "_cipher", "_index", "_key", "_prefix", "_splitter")

    def __init__(self, cipher: Cipher, key: BodyKey, body: bytes) -> None:
        self._cipher = cipher
        self._body = body
        self._key, self._prefix = cipher.frame_key(key.data_key, body)
        self._splitter = frames.FrameSplitter()
        self._index = 0

    def push(self, pieces: Iterable[bytes | memoryview]) -> list[bytes]:
        """Sealed frames that are complete."""
        return [self._seal(frame, is_last=False) for frame in self._splitter.push(pieces)]

    def finish(self) -> list[bytes]:
        """The last sealed frame; nothing for an empty body."""
        frame = self._splitter.finish()
        return [self._seal(frame, is_last=True)] if frame else []

    def _seal(self, frame: bytes, *, is_last: bool) -> bytes:
        index = self._index
        self._index += 1
        aad = frames.associated_data(self._body, index, is_last=is_last)
        return self._cipher.seal_frame(self._key, frames.nonce(self._prefix, index), aad, frame)


class FrameOpener:
    """Opens ranges of one sealed body of `length` plain bytes."""

    __slots__ = ("_body", "_cipher", "_key", "_length", "_prefix")

    def __init__(self, cipher: Cipher, key: BodyKey, body: bytes, length: int) -> None:
        self._cipher = cipher
        self._body = body
        self._length = length
        self._key, self._prefix = cipher.frame_key(key.data_key, body)

    async def range(self, offset: int, length: int, read: ReadSealed) -> AsyncIterator[bytes]:
        """Plain bytes [offset, offset + length) in pieces below 1 MiB; `read` gives sealed bytes at an offset."""
        end = offset + length
        while offset < end:
            stop = min((offset // frames.FRAME_BYTES + FRAMES_PER_READ) * frames.FRAME_BYTES, end)
            run = frames.covering(offset, stop - offset, self._length)
            plain = self.open(run, await read(run.sealed_offset, run.sealed_length))
            yield plain[run.skip : run.skip + stop - offset]
            offset = stop

    def open(self, run: frames.FrameRun, sealed: bytes | memoryview) -> bytes:
        """Plain bytes of whole frames. Raises StoreDamaged when a frame was changed, moved or cut off."""
        view = memoryview(sealed)
        pieces = []
        for index in range(run.first, run.first + run.count):
            is_last = frames.is_last_frame(index, self._length)
            aad = frames.associated_data(self._body, index, is_last=is_last)
            frame = view[: frames.SEALED_FRAME_BYTES]
            pieces.append(self._cipher.open_frame(self._key, frames.nonce(self._prefix, index), aad, frame))
            view = view[frames.SEALED_FRAME_BYTES :]
        return b"".join(pieces)


def seal_inline(cipher: Cipher, key: BodyKey, body: bytes, data: bytes) -> bytes:
    """The stored form of an encrypted inline body: the id it was sealed under ‖ frames. Empty stays empty."""
    if not data:
        return b""
    sealer = FrameSealer(cipher, key, body)
    return body + b"".join([*sealer.push([data]), *sealer.finish()])


def open_inline(cipher: Cipher, key: BodyKey, stored: bytes) -> bytes:
    """The plain bytes of `seal_inline`'s result, whatever row they stand in. Raises StoreDamaged."""
    if not stored:
        return b""
    body, sealed = stored[: frames.BODY_ID_BYTES], memoryview(stored)[frames.BODY_ID_BYTES :]
    try:
        length = frames.plain_length(len(sealed))
    except ValueError as error:
        raise StoreDamaged(f"inline body: {error}", body.hex()) from error
    if not length:
        raise StoreDamaged("inline body without frames", body.hex())
    return FrameOpener(cipher, key, body, length).open(frames.covering(0, length, length), sealed)
