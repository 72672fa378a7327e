"""Logs: whole lines, bounded files, a disk that refuses."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.deploy.adapters.log_files import LineCutter, OutputReader, RotatingFile, last_lines


@given(st.lists(st.binary(max_size=30), max_size=30), st.integers(2, 16))
def test_pieces_give_the_same_lines_however_they_arrive(pieces: list[bytes], limit: int) -> None:
    cutter = LineCutter(limit)
    found = b"".join([*(cutter.feed(piece) for piece in pieces), cutter.finish()])
    stream = b"".join(pieces)
    lines = stream.split(b"\n")
    if not lines[-1]:
        lines.pop()
    wanted = [line if len(line) < limit else line[: limit - 1] for line in lines]
    # A rest without a line end may be as long as the limit itself before it is cut.
    assert [line[: limit - 1] for line in found.split(b"\n")[:-1]] == [line[: limit - 1] for line in wanted]


def test_rotation_keeps_five_files(tmp_path: Path) -> None:
    log = RotatingFile(tmp_path / "a.log", rotate_bytes=10)
    for number in range(60):
        log.write(b"line %02d\n" % number)
    log.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.log.1", "a.log.2", "a.log.3", "a.log.4"]
    assert (tmp_path / "a.log.1").read_bytes().endswith(b"line 59\n")


def test_a_disk_that_refuses_loses_bytes_and_never_raises(tmp_path: Path) -> None:
    target = tmp_path / "log"
    target.write_text("a file where the folder should be")
    log = RotatingFile(target / "a.log")
    log.write(b"12345\n")
    assert log.lost_bytes == 6
    target.unlink()
    log.write(b"back\n")
    log.close()
    assert (target / "a.log").read_bytes() == b"back\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_loses_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.log").symlink_to("/dev/full")
    log = RotatingFile(tmp_path / "a.log")
    log.write(b"12345\n")
    assert log.lost_bytes == 6


def test_last_lines_reach_into_the_older_file(tmp_path: Path) -> None:
    (tmp_path / "a.log.1").write_text("1\n2\n3\n")
    (tmp_path / "a.log").write_text("4\n5\n")
    assert last_lines(tmp_path / "a.log", 4) == ["2", "3", "4", "5"]
    assert last_lines(tmp_path / "a.log", 2) == ["4", "5"]
    assert last_lines(tmp_path / "none.log", 3) == []


async def test_a_closed_pipe_ends_the_reader_and_shows_its_last_words(tmp_path: Path) -> None:
    read_end, write_end = os.pipe2(os.O_NONBLOCK)
    shown: list[bytes] = []
    log = RotatingFile(tmp_path / "a.log")
    OutputReader("a", read_end, log, lambda name, lines: shown.append(lines))
    os.write(write_end, b"one\ntwo")
    os.close(write_end)
    await asyncio.sleep(0.05)
    log.close()
    assert b"".join(shown) == b"one\ntwo\n"
    assert (tmp_path / "a.log").read_bytes() == b"one\ntwo\n"


async def test_a_daemon_that_keeps_the_pipe_does_not_keep_the_reader(tmp_path: Path) -> None:
    read_end, write_end = os.pipe2(os.O_NONBLOCK)
    log = RotatingFile(tmp_path / "a.log")
    reader = OutputReader("a", read_end, log, lambda name, lines: None)
    os.write(write_end, b"last words\n")
    reader.close()
    reader.close()
    os.close(write_end)
    log.close()
    assert (tmp_path / "a.log").read_bytes() == b"last words\n"
