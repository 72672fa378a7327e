"""Every hash the store computes, by S3's name: the one file that imports isal, awscrt and xxhash.

CRC32 comes from isal (awscrt's is an order slower), CRC32C and CRC64NVME from awscrt, XXH from xxhash, whose digests
are already in wire order (big-endian). All run at memory speed except the hashlib ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Protocol, cast

import xxhash
from awscrt import checksums as awscrt_checksums
from isal import isal_zlib

Bytes = bytes | memoryview
CrcFunction = Callable[[Bytes, int], int]
CrcCombine = Callable[[int, int, int], int]


class RunningHash(Protocol):
    def update(self, data: Bytes, /) -> None: ...

    def digest(self) -> bytes: ...


_crc32 = cast(CrcFunction, isal_zlib.crc32)
_crc32c = cast(CrcFunction, awscrt_checksums.crc32c)
_crc64nvme = cast(CrcFunction, awscrt_checksums.crc64nvme)


class _RunningCrc:
    __slots__ = ("_function", "_length", "_value")

    def __init__(self, function: CrcFunction, length: int) -> None:
        self._function = function
        self._length = length
        self._value = 0

    def update(self, data: Bytes) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._length, "big")


def _md5() -> RunningHash:
    return hashlib.md5(usedforsecurity=False)


def _sha1() -> RunningHash:
    return hashlib.sha1(usedforsecurity=False)


SLOW: dict[str, Callable[[], RunningHash]] = {
    "MD5": _md5,
    "SHA1": _sha1,
    "SHA256": hashlib.sha256,
    "SHA512": hashlib.sha512,
}
"""Below 2 GB/s: worth a thread for large buffers (hashlib releases the GIL)."""

FAST: dict[str, Callable[[], RunningHash]] = {
    "CRC32": lambda: _RunningCrc(_crc32, 4),
    "CRC32C": lambda: _RunningCrc(_crc32c, 4),
    "CRC64NVME": lambda: _RunningCrc(_crc64nvme, 8),
    "XXHASH64": lambda: cast(RunningHash, xxhash.xxh64()),
    "XXHASH3": lambda: cast(RunningHash, xxhash.xxh3_64()),
    "XXHASH128": lambda: cast(RunningHash, xxhash.xxh3_128()),
}
"""At memory speed: computed at once, by whoever holds the buffer."""

DIGEST: dict[str, Callable[[Bytes], bytes]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).digest(),
    "SHA1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "SHA256": lambda data: hashlib.sha256(data).digest(),
    "SHA512": lambda data: hashlib.sha512(data).digest(),
    "CRC32": lambda data: _crc32(data, 0).to_bytes(4, "big"),
    "CRC32C": lambda data: _crc32c(data, 0).to_bytes(4, "big"),
    "CRC64NVME": lambda data: _crc64nvme(data, 0).to_bytes(8, "big"),
    "XXHASH64": xxhash.xxh64_digest,
    "XXHASH3": xxhash.xxh3_64_digest,
    "XXHASH128": xxhash.xxh3_128_digest,
}
"""One-shot digests of a whole body."""

_COMBINE: dict[str, tuple[CrcCombine, int]] = {
    "CRC32": (awscrt_checksums.combine_crc32, 4),
    "CRC32C": (awscrt_checksums.combine_crc32c, 4),
    "CRC64NVME": (awscrt_checksums.combine_crc64nvme, 8),
}


def combine(algorithm: str, parts: Sequence[tuple[bytes, int]]) -> bytes:
    """CRC of the concatenation from (raw CRC, length) of each part. Raises KeyError for what does not combine."""
    function, length = _COMBINE[algorithm]
    value = 0
    for raw, part_length in parts:
        value = function(value, int.from_bytes(raw, "big"), part_length)
    return value.to_bytes(length, "big")


def crc32c(data: bytes) -> int:
    return _crc32c(data, 0)


def chunk_hash() -> RunningHash:
    """Running XXH3-64 of one chunk of a blob."""
    return cast(RunningHash, xxhash.xxh3_64())


def chunk_digest(data: Bytes) -> bytes:
    """XXH3-64 of a whole chunk, 8 bytes."""
    return xxhash.xxh3_64_digest(data)
