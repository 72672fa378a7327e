"""The ten checksum algorithms of S3 as data, and the strict form of their values (§4.4 of the specification).

A value travels as base64 of the raw digest, integers and XXH big-endian. Strict means: the standard alphabet, full
padding, zero padding bits, exact length, nothing around it.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

HEADER_PREFIX = "x-amz-checksum-"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One algorithm: S3's name, digest length in bytes, and whether values of parts combine without the bytes."""

    name: str
    length: int
    is_crc: bool = False

    @property
    def header(self) -> str:
        """Request and reply field that carries a value of this algorithm."""
        return HEADER_PREFIX + self.name.lower()


ALGORITHMS: dict[str, Algorithm] = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("CRC32", 4, is_crc=True),
        Algorithm("CRC32C", 4, is_crc=True),
        Algorithm("CRC64NVME", 8, is_crc=True),
        Algorithm("SHA1", 20),
        Algorithm("SHA256", 32),
        Algorithm("SHA512", 64),
        Algorithm("MD5", 16),
        Algorithm("XXHASH64", 8),
        Algorithm("XXHASH3", 8),
        Algorithm("XXHASH128", 16),
    )
}
DEFAULT_ALGORITHM = "CRC64NVME"
"""Computed and stored when the client asks for none."""

BY_HEADER: dict[str, Algorithm] = {algorithm.header: algorithm for algorithm in ALGORITHMS.values()}

NOT_ALGORITHMS = frozenset(
    {HEADER_PREFIX + "type", HEADER_PREFIX + "algorithm", HEADER_PREFIX + "mode"},
)
"""Fields that share the prefix but carry no value."""


def decode(text: str, length: int) -> bytes | None:
    """The raw digest of a strict base64 text, or None when it is not one of exactly `length` bytes."""
    if len(text) != (length + 2) // 3 * 4:
        return None
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != length or encode(raw) != text:
        return None
    return raw


def encode(raw: bytes) -> str:
    """The form of a raw digest in headers and XML."""
    return binascii.b2a_base64(raw, newline=False).decode("ascii")
