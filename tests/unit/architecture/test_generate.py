"""Generators are found by their file name; a stale or missing file is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import generate

GENERATOR = """
from pathlib import Path

def generate(root: Path) -> list[Path]:
    source = (root / "src" / "input.txt").read_text()
    target = root / "docs" / "output.md"
    target.parent.mkdir(exist_ok=True)
    target.write_text(source.upper())
    return [target]
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tools").mkdir()
    (tmp_path / "src").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "tools" / "gen_demo.py").write_text(GENERATOR)
    (tmp_path / "src" / "input.txt").write_text("hello")
    return tmp_path


def test_generators_are_found(tree: Path) -> None:
    assert [name for name, _ in generate.generators(tree)] == ["demo"]


def test_check_compares_without_touching_the_tree(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tree / "docs" / "output.md"
    assert generate.check(tree) == 1
    assert not output.exists()
    output.write_text("HELLO")
    assert generate.check(tree) == 0
    (tree / "src" / "input.txt").write_text("changed")
    assert generate.check(tree) == 1
    assert output.read_text() == "HELLO"
    assert "stale demo: docs/output.md; run: make gen" in capsys.readouterr().out


def test_unknown_arguments_are_a_usage_error() -> None:
    assert generate.main(["--wrong"]) == 64
