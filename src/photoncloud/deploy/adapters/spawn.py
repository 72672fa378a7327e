"""Start a component: a fresh interpreter runs the launcher, which executes the program.

Called from the main thread only: the parent-death signal follows the thread that started the child.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from photoncloud.deploy.adapters.pidfd import Pidfd
from photoncloud.deploy.core.run_plan import Program

LAUNCHER = Path(__file__).with_name("launcher.py")
# What a program needs of its surroundings; everything else comes from the topology.
PASSED_ON = ("PATH", "LANG", "TZ", "HOME")


class Spawned:
    """A started child and the read end of its output."""

    def __init__(self, child: Pidfd, output: int) -> None:
        self.child = child
        self.output = output


def spawn(program: Program, notify_address: str, watchdog_usec: int, cgroup_procs: str) -> Spawned:
    """Raises OSError or FileNotFoundError when it cannot even begin."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("a component must be started from the main thread")
    argv = [executable(program.argv[0]), *program.argv[1:]]
    settings = {
        "parent": os.getpid(),
        "directory": program.data_dir,
        "open_files": program.resources.open_files_max,
        "cgroup": cgroup_procs,
    }
    read_end, write_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        os.set_blocking(write_end, True)
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(settings), *argv],
            environment(program, notify_address, watchdog_usec, os.environ),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, write_end, 1),
                (os.POSIX_SPAWN_DUP2, write_end, 2),
            ],
            setsid=True,
            setsigmask=(),
            setsigdef=(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD),
        )
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)
    return Spawned(Pidfd(pid), read_end)


def environment(
    program: Program, notify_address: str, watchdog_usec: int, surroundings: Mapping[str, str]
) -> dict[str, str]:
    """Only what the topology names, four inherited variables and what readiness needs."""
    variables = {name: surroundings[name] for name in PASSED_ON if name in surroundings}
    variables |= program.environment
    if program.readiness == "notify":
        variables["NOTIFY_SOCKET"] = notify_address
        variables["WATCHDOG_USEC"] = str(watchdog_usec)
    return variables


def executable(name: str) -> str:
    """The program beside our own interpreter, else on PATH. Raises FileNotFoundError."""
    if "/" in name:
        return name
    beside = Path(sys.executable).with_name(name)
    if os.access(beside, os.X_OK):
        return str(beside)
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(2, "no such program beside this interpreter or on PATH", name)
    return found
