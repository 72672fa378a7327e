"""Looks at the end of RocksDB's write-ahead logs before RocksDB does.

Recovery mode `tolerate_corrupted_tail_records` takes a record that claims to reach past the end of the file for a torn
tail and cuts it, with everything behind it. Behind a damaged length may stand acknowledged commits. This module tells
the two apart: a torn tail has nothing complete behind it. (A wrong checksum RocksDB refuses by itself.)

Log format: 32 KiB blocks; a record never spans blocks: masked CRC32C u32, length u16, type u8 (little-endian), data.
The checksum covers type and data.
"""

from __future__ import annotations

from pathlib import Path

from photoncloud.runtime.errors import PhotonError

BLOCK_BYTES = 32 * 1024
HEADER_BYTES = 7
DATA_TYPES = frozenset((1, 2, 3, 4))  # full, first, middle, last

_POLYNOMIAL = 0x82F63B78  # Castagnoli, reflected
_MASK_DELTA = 0xA282EAD8


def _table_entry(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
    return value


_TABLE = tuple(_table_entry(value) for value in range(256))


def masked_crc(data: bytes) -> int:
    """CRC32C as the log stores it. Used only on a suspicious tail, so a table in Python is fast enough."""
    crc = 0xFFFF_FFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFF_FFFF
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFF_FFFF


def inspect_logs(directory: Path) -> None:
    """Raise PhotonError `metadata-corrupt` when the end of a log is provably damaged and not just torn."""
    for path in sorted(directory.glob("*.log")):
        size = path.stat().st_size
        start = max(0, size - 1) // BLOCK_BYTES * BLOCK_BYTES
        with path.open("rb") as file:
            file.seek(start)
            damaged = find_damage(file.read())
        if damaged is not None:
            where = f"record at offset {start + damaged} is damaged, complete commits stand behind it"
            raise PhotonError("metadata-corrupt", "open", str(path), where, "restore a checkpoint, or salvage")


def find_damage(block: bytes) -> int | None:
    """Offset of a record in the last block whose length is wrong although the record, or a later one, is complete."""
    offset = 0
    while offset + HEADER_BYTES <= len(block):
        length = int.from_bytes(block[offset + 4 : offset + 6], "little")
        if length == 0 and block[offset + 6] == 0:  # preallocated and never written
            return None
        if offset + HEADER_BYTES + length > len(block):
            return offset if _is_complete(block, offset) else None
        offset += HEADER_BYTES + length
    return None


def _is_complete(block: bytes, offset: int) -> bool:
    """Whether the record at `offset` ends exactly with the file, or a whole record begins behind it."""
    if int.from_bytes(block[offset : offset + 4], "little") == masked_crc(block[offset + 6 :]):
        return True
    return any(_is_record(block, start) for start in range(offset + 1, len(block) - HEADER_BYTES + 1))


def _is_record(block: bytes, offset: int) -> bool:
    if block[offset + 6] not in DATA_TYPES:
        return False
    end = offset + HEADER_BYTES + int.from_bytes(block[offset + 4 : offset + 6], "little")
    if end > len(block) or end == offset + HEADER_BYTES:
        return False
    return int.from_bytes(block[offset : offset + 4], "little") == masked_crc(block[offset + 6 : end])
