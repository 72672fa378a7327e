"""Bring a configuration file to the present `config_version`, comments kept, the old file kept beside it."""

from __future__ import annotations

import difflib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from photoncloud.config import ConfigurationError
from photoncloud.config.migration import migrate_text
from photoncloud.ctl.core import exit_status
from photoncloud.ctl.errors import CommandFailed
from photoncloud.runtime.files import replace_atomically


@dataclass(frozen=True, slots=True)
class Migrated:
    """`difference` is a unified diff, "" when the file is as it should be. `before` names the version it was."""

    text: str
    before: str
    version: str
    difference: str


def migrated(file: Path) -> Migrated:
    """Raises CommandFailed (78) for a file that is no configuration or is newer than this program."""
    try:
        old = file.read_text()
        found = migrate_text(str(file), old)
    except ConfigurationError as error:
        raise CommandFailed(str(error), "", exit_status.CONFIGURATION) from error
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{file}: {error}", "", exit_status.CONFIGURATION) from error
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), found.text.splitlines(keepends=True), str(file), f"{file} ({found.after})"
    )
    return Migrated(found.text, found.before, found.after, "".join(lines))


def write(file: Path, found: Migrated) -> Path:
    """Replace the file, its mode kept; the old one is `FILE.bak-<version>`, which must not exist yet."""
    backup = file.with_name(f"{file.name}.bak-{found.before}")
    mode = stat.S_IMODE(file.stat().st_mode)
    try:
        os.link(file, backup)
    except FileExistsError as error:
        raise CommandFailed(f"{backup} exists already", "move it away first") from error
    replace_atomically(file, found.text.encode(), mode)
    return backup
