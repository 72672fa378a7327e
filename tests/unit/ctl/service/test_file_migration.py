"""Configuration files brought up to date."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from photoncloud.ctl.errors import CommandFailed
from photoncloud.ctl.service import file_migration
from photoncloud.ctl.service.file_migration import Migrated


def test_a_current_file_has_no_difference(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text('# mine\n[photon]\nmode = "standalone"\nconfig_version = "1.0"\n')
    found = file_migration.migrated(file)
    if found.before == found.version:
        assert found.difference == ""
    else:
        assert "# mine" in found.text


@pytest.mark.parametrize("text", ["[", '[photon]\nconfig_version = "99.0"\n'])
def test_what_cannot_be_migrated_is_78(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.toml"
    file.write_text(text)
    with pytest.raises(CommandFailed) as refused:
        file_migration.migrated(file)
    assert refused.value.exit_status == 78


def test_the_old_file_stays_beside_the_new_one(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("old")
    file.chmod(0o640)
    backup = file_migration.write(file, Migrated("new", "1.0", "1.1", "diff"))
    assert (file.read_text(), backup.read_text(), backup.name) == ("new", "old", "x.toml.bak-1.0")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    with pytest.raises(CommandFailed, match="exists already"):
        file_migration.write(file, Migrated("newer", "1.0", "1.1", "diff"))
