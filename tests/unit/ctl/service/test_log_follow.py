"""Lines of several logs in order, and what comes after."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import pytest

from photoncloud.ctl.core.log_lines import Filter
from photoncloud.ctl.errors import UsageWrong
from photoncloud.ctl.service import log_follow


def stamped(second: int, event: str) -> str:
    return f'{{"ts": "2026-01-01T00:00:{second:02d}.000000Z", "event": "{event}"}}\n'


def test_order_of_time_tail_and_older_files(tmp_path: Path) -> None:
    (tmp_path / "a.log.1").write_text(stamped(1, "a1"))
    (tmp_path / "a.log").write_text(stamped(3, "a3") + "continued\n" + stamped(5, "a5"))
    (tmp_path / "b.log").write_text(stamped(2, "b2") + stamped(4, "b4"))
    paths = {"a": tmp_path / "a.log", "b": tmp_path / "b.log"}
    found = [line.decode() for _, line in log_follow.lines(paths, Filter(), 10, follow=False)]
    short = [line if line == "continued" else line[-4:-2] for line in found]
    assert short == ["a1", "b2", "a3", "continued", "b4", "a5"]
    assert len(list(log_follow.lines(paths, Filter(), 1, follow=False))) == 2
    assert len(list(log_follow.lines(paths, Filter(grep="a5"), 10, follow=False))) == 1


def test_following_through_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("old\n")
    found = log_follow.lines({"a": path}, Filter(), 1, follow=True)
    assert next(found) == ("a", b"old")

    def write() -> None:
        with path.open("a") as file:
            file.write("before\n")
        path.rename(tmp_path / "a.log.1")
        path.write_text("after\n")

    threading.Timer(0.3, write).start()
    assert [line for _, line in itertools.islice(found, 2)] == [b"before", b"after"]


def test_unknown_names(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(UsageWrong, match="no component 'x'"):
        log_follow.files(tmp_path, ["x"])
    assert log_follow.files(tmp_path, []) == {}
