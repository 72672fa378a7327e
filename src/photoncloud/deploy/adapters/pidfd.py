"""A child held by descriptor, not by number: signals reach it or nobody."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable

from photoncloud.deploy.core.restart_policy import Exit


class Pidfd:
    """Owns the pidfd of one child and reaps it once. `pid` is for display and for its session only."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)
        self.end: Exit | None = None

    def watch(self, ended: Callable[[Exit], None]) -> None:
        """Call `ended` once, from the running loop, after the child was reaped and the rest of its session killed.

        The session is searched before the child is reaped: until then nobody else can bear its number.
        """
        loop = asyncio.get_running_loop()

        def readable() -> None:
            loop.remove_reader(self._descriptor)
            self.kill_session()
            self.end = self._reap()
            os.close(self._descriptor)
            self._descriptor = -1
            ended(self.end)

        loop.add_reader(self._descriptor, readable)

    def send(self, number: signal.Signals) -> bool:
        """False when the child is gone already."""
        if self._descriptor < 0:
            return False
        try:
            signal.pidfd_send_signal(self._descriptor, number)
        except ProcessLookupError:
            return False
        return True

    def kill_session(self) -> int:
        """SIGKILL to the child and to every process of the session it leads; how many were told.

        A session id is the pid of its leader, and the kernel does not reuse a pid while a session or group bears it,
        so members found by session are ours.
        """
        told = int(self.send(signal.SIGKILL))
        for pid in session_members(self.pid):
            if pid != self.pid:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
                    told += 1
        return told

    def _reap(self) -> Exit:
        found = os.waitid(os.P_PIDFD, self._descriptor, os.WEXITED)
        if found is None or found.si_code == os.CLD_EXITED:
            return Exit(status=found.si_status if found else 0)
        return Exit(signal=found.si_status)


def session_members(session: int) -> list[int]:
    """Pids whose session is `session`; the leader included while it lives."""
    members = []
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            with contextlib.suppress(OSError):
                if os.getsid(int(entry)) == session:
                    members.append(int(entry))
    return members
