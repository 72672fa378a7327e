from __future__ import annotations

from pathlib import Path

import pytest

from photoncloud.backends.metadata.engine.rocksdb_files import (
    FORMAT_KEY,
    Family,
    RocksdbFiles,
    is_missing,
    is_out_of_space,
    is_stall,
)
from photoncloud.backends.metadata.engine.rocksdb_rows import pack_number
from photoncloud.runtime.errors import PhotonError

CACHE = 1 << 20


def write(files: RocksdbFiles, key: bytes, value: bytes) -> None:
    batch = files.new_batch()
    batch.put(key, value, files.handles[files.slot_of[key[0]]])
    files.database.write(batch)


def test_the_first_byte_chooses_the_family(tmp_path: Path) -> None:
    files = RocksdbFiles(
        tmp_path, {ord("c"): Family("c"), ord("m"): Family("c"), ord("i"): Family("i", blobs=True)}, CACHE
    )
    assert files.start() == 1
    assert files.slot_of[ord("c")] == files.slot_of[ord("m")] != files.slot_of[ord("i")]
    assert files.slot_of[ord("x")] == 0
    for key in (b"c1", b"m1", b"i1", b"x1"):
        write(files, key, key * 3000)
        assert files.getters[files.slot_of[key[0]]](key) == key * 3000
    assert files.getters[0](b"c1") is None
    assert files.property_number("rocksdb.estimate-num-keys") == 4
    assert files.close() == []


def test_the_family_map_is_kept(tmp_path: Path) -> None:
    files = RocksdbFiles(tmp_path, {ord("c"): Family("c")}, CACHE)
    files.start()
    files.close()
    other_byte = RocksdbFiles(tmp_path, {ord("x"): Family("c")}, CACHE)
    with pytest.raises(PhotonError) as moved:
        other_byte.start()
    assert moved.value.code == "metadata-families"
    other_byte.close()
    for other in ({}, {ord("c"): Family("d")}):
        with pytest.raises(PhotonError) as refused:
            RocksdbFiles(tmp_path, other, CACHE)
        assert refused.value.code == "metadata-families"
    more = RocksdbFiles(tmp_path, {ord("c"): Family("c"), ord("d"): Family("d")}, CACHE)
    assert more.start() == 1
    more.close()


def test_a_byte_that_is_in_use_cannot_get_a_family(tmp_path: Path) -> None:
    files = RocksdbFiles(tmp_path, {}, CACHE)
    files.start()
    write(files, b"c1", b"v")
    files.close()
    opened = RocksdbFiles(tmp_path, {ord("c"): Family("c")}, CACHE)
    with pytest.raises(PhotonError) as refused:
        opened.start()
    assert refused.value.code == "metadata-families"
    opened.close()


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    files = RocksdbFiles(tmp_path, {}, CACHE)
    files.start()
    batch = files.new_batch()
    batch.put(FORMAT_KEY, pack_number(99), files.meta_handle)
    files.database.write(batch)
    with pytest.raises(PhotonError) as refused:
        files.start()
    assert refused.value.code == "metadata-format"
    files.close()


def test_errors_are_told_apart_by_their_text() -> None:
    """The texts of `rocksdict` and RocksDB; the integration tests see the real ones."""
    assert is_missing(Exception("key not found"))
    assert not is_missing(Exception("Corruption: block checksum mismatch"))
    assert is_stall(Exception("Result incomplete: Write stall"))
    assert is_out_of_space(Exception("IO error: No space left on device: While appending to file"))
    assert not is_out_of_space(Exception("IO error: Input/output error"))


def test_the_real_text_of_a_miss(tmp_path: Path) -> None:
    files = RocksdbFiles(tmp_path, {}, CACHE)
    snapshot = files.snapshot(0)
    with pytest.raises(Exception, match="key not found") as missed:
        snapshot[b"absent"]
    assert is_missing(missed.value)
    del snapshot, missed
    files.close()
