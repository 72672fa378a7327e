"""Every command of every page is run and must print what the page shows; every link leads somewhere."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools.page_runner import run_page
from tools.pages import Block, blocks, broken_links, commands

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent
TRANSLATIONS = {"README.ja.md": "README.md"}
"""Pages whose commands are those of another page: compared with it instead of run again."""
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]


def has_commands(page: Path) -> bool:
    return any(block.language == "console" for block in blocks(page.read_text("utf-8")))


RUNNABLE = [name for name, page in zip(NAMES, PAGES, strict=True) if name not in TRANSLATIONS and has_commands(page)]


@pytest.mark.parametrize("name", RUNNABLE)
def test_commands_do_what_the_page_shows(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = tmp_path / "home"
    workspace.mkdir(mode=0o700)
    (workspace / ".venv").symlink_to(PROGRAMS.parent)
    report = run_page(ROOT / name, workspace, PROGRAMS)
    with capsys.disabled():
        for line in report.skipped:
            print(f"\nnot run: {line}", end="")


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    assert broken_links(ROOT / name, ROOT) == []


@pytest.mark.parametrize("translation", sorted(TRANSLATIONS))
def test_a_translation_has_the_same_commands_and_files(translation: str) -> None:
    def typed(block: Block) -> object:
        return block.info, [c.text for c in commands(block)] if block.language == "console" else block.lines

    pages = [(ROOT / name).read_text("utf-8") for name in (translation, TRANSLATIONS[translation])]
    translated, original = ([typed(block) for block in blocks(page)] for page in pages)
    assert translated == original
