"""What a store holds on disk and in memory."""

from __future__ import annotations

import os
from pathlib import Path

from photoncloud.testkit.s3_state import resident_bytes, stored_files


def test_files_and_their_sizes(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_bytes(b"123")
    (tmp_path / "d").write_bytes(b"")
    assert stored_files(tmp_path) == {"a/b/c": 3, "d": 0}
    assert stored_files(tmp_path / "none") == {}


def test_memory() -> None:
    before = resident_bytes(os.getpid())
    held = bytearray(os.urandom(32 << 20))
    assert resident_bytes(os.getpid()) - before > 16 << 20
    del held
