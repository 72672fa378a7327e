"""Format of a value in RocksDB: create revision, mod revision, version (RFC 9000 section 16 varints), then the payload.

That varint says its length in the top two bits of its first byte, so a header is cut without a loop and a new
header reuses the bytes of the old one.
"""

from __future__ import annotations

from photoncloud.backends.metadata.port import KeyValue

_LENGTHS = bytes(1 << (first >> 6) for first in range(256))
_MASKS = {1: 0x3F, 2: 0x3FFF, 4: 0x3FFF_FFFF, 8: 0x3FFF_FFFF_FFFF_FFFF}
FIRST_VERSION = b"\x01"


def pack_number(number: int) -> bytes:
    """A number below 2**62 as a varint."""
    if number < 0x40:
        return number.to_bytes(1, "big")
    if number < 0x4000:
        return (number | 0x4000).to_bytes(2, "big")
    if number < 0x4000_0000:
        return (number | 0x8000_0000).to_bytes(4, "big")
    return (number | 0xC000_0000_0000_0000).to_bytes(8, "big")


def unpack_number(data: bytes, offset: int = 0) -> tuple[int, int]:
    """The varint at `offset` and the offset behind it."""
    length = _LENGTHS[data[offset]]
    stop = offset + length
    return int.from_bytes(data[offset:stop], "big") & _MASKS[length], stop


def pack_row(create_revision: int, mod_revision: int, version: int, payload: bytes) -> bytes:
    return pack_number(create_revision) + pack_number(mod_revision) + pack_number(version) + payload


def succeed(old: bytes, mod_revision: bytes) -> bytes:
    """Header of the row that replaces `old`: same create revision, packed `mod_revision`, version + 1."""
    create_end = _LENGTHS[old[0]]
    version_start = create_end + _LENGTHS[old[create_end]]
    first = old[version_start]
    if first < 0x3F:
        return old[:create_end] + mod_revision + (first + 1).to_bytes(1, "big")
    return old[:create_end] + mod_revision + pack_number(unpack_number(old, version_start)[0] + 1)


def mod_revision_of(row: bytes) -> int:
    start = _LENGTHS[row[0]]
    length = _LENGTHS[row[start]]
    return int.from_bytes(row[start : start + length], "big") & _MASKS[length]


def unpack_row(key: bytes, row: bytes) -> KeyValue:
    """The row as the port shows it."""
    lengths = _LENGTHS
    masks = _MASKS
    length = create_end = lengths[row[0]]
    create = int.from_bytes(row[:create_end], "big") & masks[length]
    length = lengths[row[create_end]]
    mod_end = create_end + length
    mod = int.from_bytes(row[create_end:mod_end], "big") & masks[length]
    length = lengths[row[mod_end]]
    stop = mod_end + length
    version = int.from_bytes(row[mod_end:stop], "big") & masks[length]
    return KeyValue(key, row[stop:], create, mod, version)
