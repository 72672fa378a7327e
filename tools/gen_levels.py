"""Render every level of this installation into `deploy/level<NAME>/<format>/`."""

from __future__ import annotations

import shutil
from pathlib import Path

from photoncloud.deploy.adapters import level_files
from photoncloud.deploy.service.render import FORMATS, rendered, write
from photoncloud.deploy.service.resolve import Request, topology


def generate(root: Path) -> list[Path]:
    """Write the renderings below `root`; folders of levels that are no more are removed."""
    written = []
    for name in level_files.names():
        level = topology(Request(level=name))
        for form in FORMATS:
            written += write(rendered(level, form), root / "deploy" / f"level{name}" / form)
    wanted = {f"level{name}" for name in level_files.names()}
    for folder in (root / "deploy").glob("level*"):
        if folder.name not in wanted:
            shutil.rmtree(folder)
    return written
