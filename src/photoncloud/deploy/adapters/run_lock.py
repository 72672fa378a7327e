"""`run/lock`: one supervisor a data directory, by `flock`, which the kernel releases whatever happens to us."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from photoncloud.deploy.errors import SupervisorRunning


class RunLock:
    """Held from construction to `close`. Raises SupervisorRunning when another process holds it."""

    def __init__(self, data_dir: Path) -> None:
        path = data_dir / "run" / "lock"
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise SupervisorRunning(f"another photonctl is running {data_dir}") from None

    def close(self) -> None:
        os.close(self._descriptor)


def is_held(data_dir: Path) -> bool:
    """Whether a supervisor runs this data directory now."""
    try:
        descriptor = os.open(data_dir / "run" / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
