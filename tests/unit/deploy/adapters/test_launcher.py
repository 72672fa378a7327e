"""The lines between supervisor and component."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from photoncloud.deploy.adapters.spawn import LAUNCHER


def launch(*argv: str, **changes: Any) -> subprocess.CompletedProcess[str]:
    settings = {"parent": os.getpid(), "directory": "/", "open_files": 256, "cgroup": "", **changes}
    command = [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(settings), *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_the_program_gets_its_surroundings(tmp_path: Path) -> None:
    script = "import os, resource, ctypes\nflag = ctypes.c_int()\nctypes.CDLL(None).prctl(2, ctypes.byref(flag))\n"
    script += "print(os.getcwd(), oct(os.umask(0)), resource.getrlimit(resource.RLIMIT_NOFILE)[0], flag.value)"
    done = launch(sys.executable, "-c", script, directory=str(tmp_path))
    assert done.stdout.split() == [str(tmp_path), "0o77", "256", "9"], done.stderr


@pytest.mark.parametrize(
    ("argv", "changes", "status", "words"),
    [
        (["/bin/true"], {"parent": 1}, 71, ""),
        (["/bin/true"], {"directory": "/nonexistent"}, 71, "No such file"),
        (["/bin/true"], {"cgroup": "/nonexistent/cgroup.procs"}, 71, "No such file"),
        (["/nonexistent/program"], {}, 69, "No such file"),
    ],
)
def test_what_cannot_be_prepared_is_said(argv: list[str], changes: dict[str, Any], status: int, words: str) -> None:
    done = launch(*argv, **changes)
    assert done.returncode == status
    assert words in done.stderr
