from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from photoncloud.config.files import FileProblem, OsFiles


def test_reads_a_regular_file_with_its_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"x = 1\n")
    path.chmod(0o640)
    content = OsFiles().read(str(path))
    status = path.stat()
    assert (content.data, content.identity, content.permissions) == (b"x = 1\n", (status.st_dev, status.st_ino), 0o640)
    assert not content.is_below_working_folder
    monkeypatch.chdir(tmp_path)
    assert OsFiles().read("a.toml").is_below_working_folder
    link = tmp_path / "link"
    link.symlink_to(path)
    assert OsFiles().read(str(link)).identity == content.identity


def test_missing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name in ("none", "file/below"):
        with pytest.raises(FileProblem) as refused:
            OsFiles().read(str(tmp_path / name))
        assert refused.value.is_missing
    assert OsFiles().list(str(tmp_path / "none")) == ()


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "device").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        for name, reason in (("fifo", "FIFO"), ("device", "device"), (".", "directory"), ("socket", ".")):
            with pytest.raises(FileProblem, match=reason) as refused:
                OsFiles().read(str(tmp_path / name))
            assert not refused.value.is_missing


def test_limit_is_exact(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 10)
    assert OsFiles().read(str(path), 10).data == b"x" * 10
    with pytest.raises(FileProblem, match="larger than 9 bytes"):
        OsFiles().read(str(path), 9)
    with pytest.raises(FileProblem):
        OsFiles().read("a\0b")


def refuse(*_arguments: object, **_more: object) -> int:
    raise PermissionError(13, "Permission denied")


def test_hidden_and_unreadable_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_text("")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(FileProblem, match="permission denied") as refused:
        OsFiles().read(str(path))
    assert not refused.value.is_hidden
    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(FileProblem, match="permission denied") as refused:
        OsFiles().read(str(path))
    assert refused.value.is_hidden


def test_an_unreadable_folder_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.raises(FileProblem, match="permission denied"):
        OsFiles().list(str(tmp_path))


def test_listing_is_in_byte_order(tmp_path: Path) -> None:
    for name in ("b", "a", "B", "é", "10", "9"):
        (tmp_path / name).write_text("")
    assert list(OsFiles().list(str(tmp_path))) == ["10", "9", "B", "a", "b", "é"]


def test_host_name_is_short() -> None:
    assert "." not in OsFiles().host_name()
    assert OsFiles().is_root() == (os.geteuid() == 0)
