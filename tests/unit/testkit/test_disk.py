"""Disks that run full and files that are damaged."""

from pathlib import Path

import pytest

from photoncloud.testkit import disk


def test_tear_and_flip(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"abcdef")
    disk.tear(file, 2)
    disk.flip(file, 1)
    disk.flip(file, -1)
    assert file.read_bytes() == bytes([ord("a"), ord("b") ^ 255, ord("c"), ord("d") ^ 255])
    disk.tear(file, 100)
    assert file.read_bytes() == b""


def test_a_small_file_system_runs_full(tmp_path: Path) -> None:
    if not disk.can_mount(tmp_path):
        pytest.skip("mounting a tmpfs needs root")
    with disk.small_filesystem(tmp_path / "small", 1 << 20) as small:
        ballast = disk.fill(small, leave_bytes=1 << 17)
        (small / "fits").write_bytes(bytes(1 << 16))
        with pytest.raises(OSError, match="No space"):
            (small / "too-big").write_bytes(bytes(1 << 18))
        ballast.unlink()
        (small / "too-big").write_bytes(bytes(1 << 18))
    assert list((tmp_path / "small").iterdir()) == []
