"""Level files: those of this installation, and one of the user's; with the place of every key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from photoncloud.config.positions import scan
from photoncloud.deploy.core.topology_schema import Finding
from photoncloud.deploy.errors import TopologyInvalid

LEVELS = Path(__file__).parent.parent / "levels"
FILE_BYTES_MAX = 1024 * 1024


class LevelFile:
    """A parsed file; `line(finding)` is the finding with file, line and column in front."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            raw = path.read_bytes()
            if len(raw) > FILE_BYTES_MAX:
                raise TopologyInvalid([f"{path}: larger than 1 MiB"])
            self._text = raw.decode()
            self.document: Mapping[str, Any] = tomllib.loads(self._text)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise TopologyInvalid([f"{path}: {error}"]) from error

    def line(self, finding: Finding) -> str:
        places = scan(self._text)
        for length in range(len(finding.key), 0, -1):
            if place := places.get(finding.key[:length]):
                return f"{self.path}:{place[0]}:{place[1]}: {finding}"
        return f"{self.path}: {finding}"


def names() -> tuple[str, ...]:
    """Levels of this installation, sorted by name."""
    return tuple(sorted(path.stem for path in LEVELS.glob("*.toml")))


def path_of(level: str) -> Path | None:
    path = LEVELS / f"{level}.toml"
    return path if level in names() else None


def document_of(level: str) -> Mapping[str, Any] | None:
    """The document of a level of this installation, None when there is none."""
    path = path_of(level)
    return None if path is None else LevelFile(path).document
