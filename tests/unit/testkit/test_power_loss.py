"""The lossy disk must lose what was not synced and keep what was, or crash tests prove nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from photoncloud.testkit import power_loss

reason = power_loss.is_available()


@pytest.mark.skipif(bool(reason), reason=reason or "available")
def test_only_synced_bytes_survive(tmp_path: Path) -> None:
    with power_loss.LossyDisk(tmp_path, size_mib=64) as disk:
        kept, lost = disk.path / "kept", disk.path / "lost"
        with kept.open("wb") as file:
            file.write(b"x" * 100_000)
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(disk.path, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        lost.write_bytes(b"y" * 100_000)
        with kept.open("ab") as file:
            file.write(b"z" * 100_000)
        disk.pull_the_plug()
        disk.restore()
        assert kept.read_bytes() == b"x" * 100_000
        assert not lost.exists()
    assert not (tmp_path / "disk.img").exists()
