"""Pages are really run: a page that shows something else than what happens fails, and says where."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools.page_runner import PageFailed, run_page

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
FENCE = "```"


def run(tmp_path: Path, *parts: str) -> object:
    page = tmp_path / "page.md"
    page.write_text("\n".join(part.replace("~~~", FENCE) for part in parts) + "\n", "utf-8")
    workspace = tmp_path / "home"
    workspace.mkdir()
    return run_page(page, workspace, Path("/usr/bin"))


def test_state_goes_from_block_to_block(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        "~~~text file=a/b.txt\nsaved\n~~~",
        "~~~console\n$ export X=1 && cd a\n~~~",
        "~~~console\n$ echo $X && cat b.txt\n1\nsaved\n~~~",
    )
    assert report.ran == 2  # type: ignore[attr-defined]


def test_what_is_needed_and_absent_is_reported(tmp_path: Path) -> None:
    report = run(tmp_path, "~~~console needs=network\n$ false\n~~~", "~~~console needs=no-such-program\n$ false\n~~~")
    assert report.skipped == ["page.md:1: needs network", "page.md:4: needs no-such-program"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("~~~console\n$ echo b\na\n~~~", "and the page shows"),
        ("~~~console\n$ false\n~~~", "ends with 1, not 0"),
        ("~~~console status=3\n$ true\n~~~", "ends with 0, not 3"),
        ("~~~console background\n$ echo other\nready\n~~~", "and the page shows"),
        ("~~~console\n$ exit 0\n~~~", "the shell has ended"),
    ],
)
def test_a_page_that_is_not_true_fails(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(PageFailed, match=words):
        run(tmp_path, text)


def test_a_command_in_the_background_is_waited_for_and_ended(tmp_path: Path) -> None:
    run(
        tmp_path,
        "~~~console background\n$ sh -c 'sleep 0.1; echo ready; trap \"echo ended > end; exit\" TERM; sleep 60 & wait'",
        "ready\n~~~",
        "~~~console\n$ echo next\nnext\n~~~",
    )
    assert (tmp_path / "home" / "end").read_text() == "ended\n"
