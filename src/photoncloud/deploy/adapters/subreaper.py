"""Descendants that lost their parent come to the supervisor instead of to init, and are ended with it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
from collections.abc import Collection
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


class NoOrphans:
    """For a supervisor that is a guest in a process with other children (tests)."""

    def reap(self, own: Collection[int]) -> None:
        """Collect ended descendants that are none of `own`."""

    def kill(self, own: Collection[int]) -> list[int]:
        """End every living one; their pids."""
        return []


class Orphans(NoOrphans):
    """Makes this process the subreaper of its descendants. All its children are the supervisor's business."""

    def __init__(self) -> None:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def reap(self, own: Collection[int]) -> None:
        for pid in _children():
            if pid not in own:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)

    def kill(self, own: Collection[int]) -> list[int]:
        self.reap(own)
        found = [pid for pid in _children() if pid not in own]
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        return found


def _children() -> list[int]:
    """Children of every thread of ours, from /proc; [] where the kernel does not list them."""
    found: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            found += [int(pid) for pid in (task / "children").read_text().split()]
    return found
