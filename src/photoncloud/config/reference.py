"""Writes the committed reference of the common settings: `python -m photoncloud.config.reference docs/reference`."""

from __future__ import annotations

import sys
from pathlib import Path

from photoncloud.config.export import reference


def write_reference(folder: Path) -> list[Path]:
    """Write every reference file into a folder; the paths written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in reference().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


if __name__ == "__main__":
    write_reference(Path(sys.argv[1]))
