"""A copy of the tree to break, and the tools that must notice."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], None]:
    """`write("lightningstor/core/x.py", text)` below src/photoncloud of an otherwise empty tree."""

    def written(name: str, text: str) -> None:
        path = tmp_path / "src" / "photoncloud" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    (tmp_path / "src" / "photoncloud").mkdir(parents=True)
    return written


@pytest.fixture(scope="session")
def tree_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources and pyproject.toml; tests add files and must take them away again."""
    copy = tmp_path_factory.mktemp("tree")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", copy / "src", ignore=ignored)
    shutil.copy2(ROOT / "pyproject.toml", copy)
    return copy
