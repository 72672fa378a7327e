"""The counting line: on a terminal only, and gone at the end."""

from __future__ import annotations

import io

import pytest

from photoncloud.lightningstor.offline import progress
from photoncloud.lightningstor.offline.progress import ProgressLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_pipe_gets_nothing() -> None:
    out = io.StringIO()
    line = ProgressLine("fsck", out)
    line("versions", 5)
    line.close()
    assert out.getvalue() == ""


def test_a_terminal_gets_one_line_that_is_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(1, 100))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(now)))
    out = Terminal()
    line = ProgressLine("fsck", out)
    line("versions", 12345)
    line("blobs", 7)
    line.close()
    shown = out.getvalue().split("\r")
    assert shown[1] == "fsck: 12,345 versions"
    assert shown[2] == "fsck: 7 blobs".ljust(len(shown[1]))
    assert shown[3].strip() == ""
    assert "\n" not in out.getvalue()


def test_not_more_often_than_an_eye_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress.time, "monotonic", lambda: 100.0)
    out = Terminal()
    line = ProgressLine("fsck", out)
    for count in range(50):
        line("versions", count)
    assert out.getvalue().count("\r") == 1
