from __future__ import annotations

import os
from pathlib import Path

import pytest

from photoncloud.backends.metadata.engine.directory_lock import DirectoryLock
from photoncloud.backends.metadata.port import BackendUnavailable


def test_the_holder_is_named_and_the_lock_can_be_taken_again(tmp_path: Path) -> None:
    lock = DirectoryLock(tmp_path)
    with pytest.raises(BackendUnavailable) as refused:
        DirectoryLock(tmp_path)
    assert str(os.getpid()) in refused.value.reason
    assert str(tmp_path) in refused.value.reason
    lock.release()
    lock.release()
    DirectoryLock(tmp_path).release()


def test_a_file_left_by_a_dead_process_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "owner.lock").write_text("999999999999\n")
    lock = DirectoryLock(tmp_path)
    assert (tmp_path / "owner.lock").read_text() == f"{os.getpid()}\n"
    lock.release()
