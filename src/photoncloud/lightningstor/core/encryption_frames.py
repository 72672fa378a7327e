"""How a sealed body is laid out (§5.6): AES-256-GCM per 64 KiB frame, so that a range opens only whole frames.

    sealed body = frame 0 ‖ frame 1 ‖ … ; frame = ciphertext of at most 64 KiB ‖ 16-byte tag
    nonce       = 4-byte prefix of the body's frame key ‖ 8-byte frame index
    AAD         = 16-byte body id ‖ 8-byte frame index ‖ 1 byte, 1 for the last frame

The last flag makes a body that was cut at a frame boundary fail to open; the body id makes frames of two bodies not
interchangeable. An empty body has no frames. An inline body is stored as body id ‖ frames, so that its bytes can be
copied to a row of another id.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

FRAME_BYTES = 64 * 1024
TAG_BYTES = 16
SEALED_FRAME_BYTES = FRAME_BYTES + TAG_BYTES
BODY_ID_BYTES = 16


def sealed_length(length: int) -> int:
    """Bytes on disk of a body of `length` plain bytes."""
    return length + TAG_BYTES * -(-length // FRAME_BYTES)


def plain_length(sealed: int) -> int:
    """Plain bytes of a sealed body. Raises ValueError when no body seals to that many bytes."""
    frames = -(-sealed // SEALED_FRAME_BYTES)
    length = sealed - TAG_BYTES * frames
    if length < 0 or sealed_length(length) != sealed:
        raise ValueError(f"{sealed} bytes are no whole number of frames")
    return length


def nonce(prefix: bytes, index: int) -> bytes:
    """12 bytes, unique for a frame key as long as indexes are."""
    return prefix + index.to_bytes(8, "big")


def associated_data(body: bytes, index: int, *, is_last: bool) -> bytes:
    """What a frame is bound to besides its key."""
    return body + index.to_bytes(8, "big") + (b"\1" if is_last else b"\0")


@dataclass(frozen=True, slots=True)
class FrameRun:
    """The frames that cover a plain range: first index, count, where they lie, and what to skip in the first."""

    first: int
    count: int
    sealed_offset: int
    sealed_length: int
    skip: int


def covering(offset: int, length: int, body_length: int) -> FrameRun:
    """Frames that hold plain bytes [offset, offset + length) of a body of `body_length`; length is at least 1."""
    first = offset // FRAME_BYTES
    last = (offset + length - 1) // FRAME_BYTES
    start = first * SEALED_FRAME_BYTES
    end = sealed_length(min((last + 1) * FRAME_BYTES, body_length))
    return FrameRun(first, last - first + 1, start, end - start, offset - first * FRAME_BYTES)


def is_last_frame(index: int, body_length: int) -> bool:
    return (index + 1) * FRAME_BYTES >= body_length


class FrameSplitter:
    """Cuts a stream into frames, always holding back the newest bytes: the last frame must be known as the last."""

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending = bytearray()

    def push(self, pieces: Iterable[bytes | memoryview]) -> list[bytes]:
        """Frames, each of exactly FRAME_BYTES, that are certainly not the last."""
        pending = self._pending
        for piece in pieces:
            pending += piece
        count = (len(pending) - 1) // FRAME_BYTES if pending else 0
        if not count:
            return []
        frames = [bytes(pending[at * FRAME_BYTES : (at + 1) * FRAME_BYTES]) for at in range(count)]
        del pending[: count * FRAME_BYTES]
        return frames

    def finish(self) -> bytes:
        """The last frame; empty when the body was."""
        return bytes(self._pending)
