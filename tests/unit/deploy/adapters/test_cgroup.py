"""Control groups where the kernel lets us, the stand-in elsewhere."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from photoncloud.deploy.adapters import cgroup
from photoncloud.deploy.core.topology import Resources


def test_a_group_dies_as_a_whole_and_leaves_nothing(tmp_path: Path) -> None:
    groups = cgroup.groups(tmp_path)
    if not isinstance(groups, cgroup.Groups):
        pytest.skip("cgroup v2 is not writable here")
    try:
        procs = groups.prepare("a", Resources())
        daemon = f"echo $$ > {procs}; setsid sleep 500 & exec sleep 500"
        with subprocess.Popen(["sh", "-c", daemon]) as shell:
            while len(Path(procs).read_text().split()) < 2:
                pass
            assert groups.kill("a")
            assert shell.wait(5) == -9
        groups.remove("a")
        assert not Path(procs).exists()
        assert groups.leftovers() == [str(groups.root)]
    finally:
        groups.close()
    assert groups.leftovers() == []


def test_the_stand_in_says_that_it_kills_nothing() -> None:
    groups = cgroup.NoGroups()
    assert groups.prepare("a", Resources()) == ""
    assert not groups.kill("a")
    groups.remove("a")
    groups.close()
    assert groups.leftovers() == []


def test_without_a_writable_group_the_stand_in_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroup, "_own_group", lambda: None)
    assert type(cgroup.groups(tmp_path)) is cgroup.NoGroups
