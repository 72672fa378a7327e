"""Numbers with start times."""

from __future__ import annotations

import os
import subprocess
import sys

from photoncloud.deploy.adapters.process_table import Identity, command, identity, is_alive, usage


def test_a_process_is_itself_only_while_it_lives() -> None:
    program = [sys.executable, "-c", "print(flush=True); open(0).read()", "a b"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        known = identity(process.pid)
        assert known is not None
        assert is_alive(known)
        assert not is_alive(Identity(known.pid, known.start_ticks - 1))
        assert command(process.pid).endswith("open(0).read() a b")
        used = usage(process.pid)
        assert used is not None
        assert used.resident_bytes > 0
    assert not is_alive(known)
    assert identity(process.pid) is None
    assert command(process.pid) == ""
    assert usage(process.pid) is None


def test_a_zombie_is_no_process() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert identity(pid) is None
    os.waitpid(pid, 0)
