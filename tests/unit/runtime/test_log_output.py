"""Log lines go to a file that rotates, and a full disk or closed pipe never stops the process."""

import io
import os
import threading
from pathlib import Path

import pytest

from photoncloud.runtime.log_output import FileOutput, StreamOutput


def test_rotation_keeps_so_many_files_and_whole_lines(tmp_path: Path) -> None:
    output = FileOutput(tmp_path / "log", max_bytes=30, keep=2)
    for number in range(10):
        output.write(b"line %04d\n" % number)
    output.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "log.1", "log.2"]
    newest_first = [(tmp_path / name).read_bytes() for name in ("log", "log.1", "log.2")]
    assert newest_first == [b"line 0009\n", b"line 0006\nline 0007\nline 0008\n", b"line 0003\nline 0004\nline 0005\n"]


def test_keep_zero_starts_over(tmp_path: Path) -> None:
    output = FileOutput(tmp_path / "log", max_bytes=5, keep=0)
    output.write(b"one\n")
    output.write(b"two\n")
    assert os.listdir(tmp_path) == ["log"]
    assert (tmp_path / "log").read_bytes() == b"two\n"
    output.close()


def test_one_line_longer_than_the_limit_is_written(tmp_path: Path) -> None:
    output = FileOutput(tmp_path / "log", max_bytes=3, keep=1)
    output.write(b"a long line\n")
    assert (tmp_path / "log").read_bytes() == b"a long line\n"
    output.close()


def test_reopen_after_an_outside_rotation(tmp_path: Path) -> None:
    output = FileOutput(tmp_path / "log", max_bytes=1000, keep=1)
    output.write(b"before\n")
    (tmp_path / "log").rename(tmp_path / "log.old")
    output.write(b"still\n")
    output.reopen()
    output.write(b"after\n")
    output.close()
    assert (tmp_path / "log.old").read_bytes() == b"before\nstill\n"
    assert (tmp_path / "log").read_bytes() == b"after\n"


def test_others_cannot_read_the_file(tmp_path: Path) -> None:
    FileOutput(tmp_path / "log", max_bytes=1000, keep=1).close()
    assert (tmp_path / "log").stat().st_mode & 0o007 == 0


def test_lines_that_cannot_be_written_are_counted(tmp_path: Path) -> None:
    output = FileOutput(Path("/dev/full"), max_bytes=10**9, keep=0)
    output.write(b"x\n")
    output.close()
    assert output.dropped == 1


def test_a_closed_pipe_is_counted() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb", buffering=0) as stream:
        output = StreamOutput(stream)
        output.write(b"x\n")
        assert output.dropped == 1
        assert not output.is_terminal


def test_a_closed_stream_is_counted() -> None:
    stream = io.BytesIO()
    output = StreamOutput(stream)
    stream.close()
    output.write(b"x\n")
    assert output.dropped == 1


def test_threads_do_not_mix_lines(tmp_path: Path) -> None:
    output = FileOutput(tmp_path / "log", max_bytes=2000, keep=100)

    def write(letter: bytes) -> None:
        for _ in range(200):
            output.write(letter * 50 + b"\n")

    threads = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    output.close()
    lines = b"".join(path.read_bytes() for path in tmp_path.iterdir()).splitlines()
    assert len(lines) == 600
    assert {bytes({line[0]}) for line in lines if len(set(line)) == 1 and len(line) == 50} == {b"a", b"b", b"c"}
    assert all(len(line) == 50 for line in lines)


def test_an_unwritable_place_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        FileOutput(tmp_path / "missing" / "log", max_bytes=1, keep=1)
