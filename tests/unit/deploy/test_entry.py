"""The entry point of images."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from photoncloud.deploy.entry import environment


def test_the_mounted_file_becomes_the_configuration_unless_one_is_set(tmp_path: Path) -> None:
    assert environment("store", {"A": "1"}, tmp_path) == {"A": "1"}
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "config.toml").touch()
    assert environment("store", {}, tmp_path)["PHOTON_CONFIG"] == str(tmp_path / "store" / "config.toml")
    assert environment("store", {"PHOTON_CONFIG": "/x"}, tmp_path)["PHOTON_CONFIG"] == "/x"


def entry(component: str, *arguments: str, path: str = "/usr/bin:/bin") -> subprocess.CompletedProcess[str]:
    environ = {"PATH": path, "PHOTON_COMPONENT": component}
    command = [sys.executable, "-m", "photoncloud.deploy.entry", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30, check=False)


def test_it_becomes_the_component(tmp_path: Path) -> None:
    program = tmp_path / "fake-thing-server"
    program.write_text('#!/bin/sh\necho "$$ $@"\n')
    program.chmod(0o755)
    done = entry("fake-thing", "--cluster-mode", "a b", path=f"{tmp_path}:{os.environ['PATH']}")
    assert (done.returncode, done.stdout.split(" ", 1)[1]) == (0, "--cluster-mode a b\n")


def test_absence_and_nonsense() -> None:
    done = entry("no-such-thing")
    assert done.returncode == 69
    assert 'pip install "photoncloud[no-such-thing]"' in done.stderr
    assert entry("../evil").returncode == 64
    assert entry("").returncode == 64
