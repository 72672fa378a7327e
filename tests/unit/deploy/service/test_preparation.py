"""Folders and files before anything starts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from photoncloud.deploy.adapters.state_file import is_marked
from photoncloud.deploy.core.addresses import LocalAddresses
from photoncloud.deploy.core.port_plan import fixed
from photoncloud.deploy.core.run_plan import build
from photoncloud.deploy.core.topology import Component, Topology
from photoncloud.deploy.errors import DataDirectoryUnusable
from photoncloud.deploy.service.preparation import prepare_data_dir, prepare_programs


def test_a_new_folder_is_marked_a_used_one_is_not(tmp_path: Path) -> None:
    prepare_data_dir(tmp_path / "new")
    assert is_marked(tmp_path / "new")
    used = tmp_path / "used"
    used.mkdir(mode=0o700)
    (used / "thesis").touch()
    prepare_data_dir(used)
    assert not is_marked(used)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is held to it")
def test_root_refuses_a_folder_others_can_write(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(DataDirectoryUnusable, match="written by others"):
        prepare_data_dir(folder)


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataDirectoryUnusable):
        prepare_data_dir(tmp_path / "file")


def test_configuration_and_files_are_written_and_left_alone_when_equal(tmp_path: Path) -> None:
    source = tmp_path / "zone"
    source.write_text("example")
    component = Component("a", ("a",), "a", config={"x": {"y": "@data/z"}}, files={"@data/zones/zone": str(source)})
    level = Topology("x", (component,))
    plan = build(level, LocalAddresses(fixed(level), str(tmp_path), "1", {}))
    (tmp_path / "config").mkdir()
    prepare_programs(plan.programs)
    config = tmp_path / "config" / "a.toml"
    assert f'y = "{tmp_path}/a/z"' in config.read_text()
    assert (tmp_path / "a" / "zones" / "zone").read_text() == "example"
    before = config.stat().st_ino
    prepare_programs(plan.programs)
    assert config.stat().st_ino == before
    source.unlink()
    with pytest.raises(DataDirectoryUnusable, match="is no file"):
        prepare_programs(plan.programs)
