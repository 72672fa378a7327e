"""The footer behind the bytes of a blob file (§5.6), integers big-endian:

    magic `LSB1` ‖ chunk size (4) ‖ length (8) ‖ XXH3-64 of each 1 MiB chunk (8 each) ‖ CRC32C of all that (4)

Its size follows from the size of the file alone, so a reader finds it without a pointer.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

MAGIC = b"LSB1"
CHUNK_BYTES = 1 << 20
_HEAD = struct.Struct(">4sIQ")
_CRC_BYTES = 4
_HASH_BYTES = 8
_FIXED_BYTES = _HEAD.size + _CRC_BYTES

Crc32c = Callable[[bytes], int]


class FooterBroken(Exception):
    """The footer does not describe the file. The text says how."""


@dataclass(frozen=True, slots=True)
class Footer:
    """`length` bytes in chunks of CHUNK_BYTES; `hashes` is the concatenation of their 8-byte XXH3-64."""

    length: int
    hashes: bytes

    def chunk_hash(self, chunk: int) -> bytes:
        return self.hashes[chunk * _HASH_BYTES : (chunk + 1) * _HASH_BYTES]


def chunk_count(length: int) -> int:
    return -(-length // CHUNK_BYTES)


def footer_size(length: int) -> int:
    """Bytes of the footer of a blob of `length` bytes."""
    return _FIXED_BYTES + _HASH_BYTES * chunk_count(length)


def blob_length(file_size: int) -> int:
    """Bytes of the blob inside a file of `file_size`. Raises FooterBroken when no blob makes such a file."""
    chunks = max(-(-(file_size - _FIXED_BYTES) // (CHUNK_BYTES + _HASH_BYTES)), 0)
    length = file_size - _FIXED_BYTES - _HASH_BYTES * chunks
    if length < 0 or length + footer_size(length) != file_size:
        raise FooterBroken(f"no blob has a file of {file_size} bytes")
    return length


def encode(footer: Footer, crc32c: Crc32c) -> bytes:
    content = _HEAD.pack(MAGIC, CHUNK_BYTES, footer.length) + footer.hashes
    return content + crc32c(content).to_bytes(_CRC_BYTES, "big")


def decode(content: bytes, file_size: int, crc32c: Crc32c) -> Footer:
    """The footer of a file of `file_size` bytes from its last `footer_size` bytes. Raises FooterBroken."""
    length = blob_length(file_size)
    if len(content) != footer_size(length):
        raise FooterBroken("footer cut short")
    magic, chunk_bytes, stated = _HEAD.unpack_from(content)
    if crc32c(content[:-_CRC_BYTES]) != int.from_bytes(content[-_CRC_BYTES:], "big"):
        raise FooterBroken("footer checksum differs")
    if magic != MAGIC or chunk_bytes != CHUNK_BYTES or stated != length:
        raise FooterBroken("footer describes another file")
    return Footer(length, content[_HEAD.size : -_CRC_BYTES])
