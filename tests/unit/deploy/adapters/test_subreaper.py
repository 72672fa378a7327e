"""Orphans come to the supervisor and end with it, without control groups."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import os, subprocess, sys, time
from photoncloud.deploy.adapters.subreaper import Orphans
orphans = Orphans()
quiet = "stdout=-3, stderr=-3, start_new_session=True"
daemon = f"import subprocess; print(subprocess.Popen(['sleep', '500'], {quiet}).pid)"
pid = int(subprocess.run([sys.executable, "-c", daemon], capture_output=True).stdout)
assert open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1] == str(os.getpid()), "not adopted"
assert orphans.kill([]) == [pid]
assert not os.path.exists(f"/proc/{pid}")
"""


def test_a_daemon_is_adopted_and_killed() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=30)
