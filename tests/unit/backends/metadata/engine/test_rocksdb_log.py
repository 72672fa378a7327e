from __future__ import annotations

from pathlib import Path

import pytest

from photoncloud.backends.metadata.engine.rocksdb_log import BLOCK_BYTES, find_damage, inspect_logs, masked_crc
from photoncloud.runtime.errors import PhotonError


def record(data: bytes, kind: int = 1) -> bytes:
    body = bytes((kind,)) + data
    return masked_crc(body).to_bytes(4, "little") + len(data).to_bytes(2, "little") + body


def unmask(masked: int) -> int:
    rotated = (masked - 0xA282EAD8) & 0xFFFF_FFFF
    return (rotated >> 17 | rotated << 15) & 0xFFFF_FFFF


def test_the_check_value_of_crc32c() -> None:
    """RFC 3720 appendix B.4 and the customary check string."""
    assert unmask(masked_crc(b"123456789")) == 0xE3069283
    assert unmask(masked_crc(bytes(32))) == 0x8A9136AA


BLOCK = b"".join(record(b"%03d" % number * 20) for number in range(10))
LAST = len(BLOCK) - len(record(b"009" * 20))


def test_a_whole_block_is_fine() -> None:
    assert find_damage(BLOCK) is None
    assert find_damage(BLOCK + bytes(500)) is None
    assert find_damage(b"") is None


@pytest.mark.parametrize("cut", range(1, 66, 5))
def test_a_torn_record_is_no_damage(cut: int) -> None:
    assert find_damage(BLOCK[:-cut]) is None


@pytest.mark.parametrize("at", [0, 3, 9])
def test_a_length_beyond_the_end_with_whole_records_behind_it(at: int) -> None:
    offset = at * len(record(b"000" * 20))
    damaged = bytearray(BLOCK)
    damaged[offset + 5] ^= 0x80
    assert find_damage(bytes(damaged)) == offset


def test_the_last_record_with_a_wrong_length_is_whole_too() -> None:
    damaged = bytearray(BLOCK)
    damaged[LAST + 4] += 1
    assert find_damage(bytes(damaged)) == LAST


def test_only_the_last_block_is_read(tmp_path: Path) -> None:
    """Before it RocksDB itself refuses; a length can reach past the end of the file only in the last block."""
    path = tmp_path / "000007.log"
    path.write_bytes(b"\xff" * BLOCK_BYTES + BLOCK)
    inspect_logs(tmp_path)
    damaged = bytearray(BLOCK)
    damaged[5] ^= 0x80
    path.write_bytes(bytes(BLOCK_BYTES) + damaged)
    with pytest.raises(PhotonError) as refused:
        inspect_logs(tmp_path)
    assert refused.value.code == "metadata-corrupt"
    assert str(path) in str(refused.value)
    assert str(BLOCK_BYTES) in str(refused.value)


def test_an_empty_log(tmp_path: Path) -> None:
    (tmp_path / "000001.log").touch()
    inspect_logs(tmp_path)
