"""What a wheel must and must not hold."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tools import package


def wheel(tmp_path: Path, *names: str) -> Path:
    file = tmp_path / "photoncloud-1-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return file


def test_a_complete_wheel(tmp_path: Path) -> None:
    assert package.inspect(wheel(tmp_path, *package.REQUIRED)) == []


def test_missing_and_stray_files(tmp_path: Path) -> None:
    found = package.inspect(wheel(tmp_path, *package.REQUIRED[1:], "photoncloud/__pycache__/x.pyc", "tests/x.py"))
    assert found == [
        "photoncloud/__init__.py is missing",
        "photoncloud/__pycache__/x.pyc does not belong into a wheel",
        "tests/x.py does not belong into a wheel",
    ]
