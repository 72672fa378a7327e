"""A file is old or new, never between; what was acknowledged is on disk; nothing temporary stays."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from photoncloud.runtime import files


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_replace_creates_with_the_exact_mode(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        files.replace_atomically(tmp_path / "a", b"one", 0o644)
    finally:
        os.umask(old)
    assert (tmp_path / "a").read_bytes() == b"one"
    assert mode_of(tmp_path / "a") == 0o644
    assert os.listdir(tmp_path) == ["a"]


def test_replace_is_private_by_default(tmp_path: Path) -> None:
    files.replace_atomically(tmp_path / "a", b"")
    assert mode_of(tmp_path / "a") == 0o600


def test_replace_does_not_follow_a_symbolic_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"kept")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    files.replace_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "target").read_bytes() == b"kept"
    assert not (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("step", ["fsync", "replace", "fchmod"])
def test_a_failed_replace_keeps_the_old_file_and_no_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    (tmp_path / "a").write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="No space"):
        files.replace_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_order_is_write_fsync_rename_fsync_of_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order is the guarantee: a rename before the data is on disk can leave an empty file after a power cut."""
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def traced_fsync(descriptor: int) -> None:
        kind = "directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        steps.append(f"fsync {kind}")
        fsync(descriptor)

    def traced_replace(source: Path, target: Path) -> None:
        steps.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", traced_fsync)
    monkeypatch.setattr(os, "replace", traced_replace)
    files.replace_atomically(tmp_path / "a", b"x")
    assert steps == ["fsync file", "rename", "fsync directory"]


KILLED = """
import os, signal, sys
from photoncloud.runtime import files
real = os.replace
def killed(*a):
    if sys.argv[2] == "before": os.kill(os.getpid(), signal.SIGKILL)
    real(*a)
    os.kill(os.getpid(), signal.SIGKILL)
os.replace = killed
files.replace_atomically(sys.argv[1], b"new")
"""


@pytest.mark.parametrize(("moment", "expected"), [("before", b"old"), ("after", b"new")])
def test_kill_9_around_the_rename(tmp_path: Path, moment: str, expected: bytes) -> None:
    """a file is old or new, never between"""
    target = tmp_path / "a"
    target.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", KILLED, str(target), moment], check=False)
    assert done.returncode == -9
    assert target.read_bytes() == expected
    assert files.remove_temporaries(tmp_path) == (1 if moment == "before" else 0)
    assert os.listdir(tmp_path) == ["a"]


def test_append_returns_where_it_began(tmp_path: Path) -> None:
    path = tmp_path / "log"
    assert files.append_durably(path, b"one") == 0
    assert files.append_durably(path, b"two") == 3
    assert path.read_bytes() == b"onetwo"
    assert mode_of(path) == 0o600


def test_append_cuts_a_half_written_record_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log"
    files.append_durably(path, b"whole")
    real = os.write

    def half(descriptor: int, data: bytes) -> int:
        if len(data) < 6:
            raise OSError(28, "No space left on device")
        return real(descriptor, data[:3])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space"):
        files.append_durably(path, b"record")
    assert path.read_bytes() == b"whole"


def test_write_all_continues_short_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data)[:2]))
    files.replace_atomically(tmp_path / "a", b"abcdefg")
    assert (tmp_path / "a").read_bytes() == b"abcdefg"


def test_make_directory_makes_parents_and_keeps_existing_modes(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir(mode=0o755)
    files.make_directory(tmp_path / "there" / "a" / "b")
    assert mode_of(tmp_path / "there" / "a") == 0o700
    assert mode_of(tmp_path / "there" / "a" / "b") == 0o700
    assert mode_of(tmp_path / "there") == 0o755
    files.make_directory(tmp_path / "there")
    assert mode_of(tmp_path / "there") == 0o755


def test_make_directory_over_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        files.make_directory(tmp_path / "f")


def test_remove_durably(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"")
    assert files.remove_durably(tmp_path / "f")
    assert not files.remove_durably(tmp_path / "f")
