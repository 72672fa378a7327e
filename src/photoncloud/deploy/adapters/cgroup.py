"""A control group of its own for each component where the kernel lets us: killing then means all of it, at once.

Only groups below `photon-<key>` are made, and only those are removed. Where cgroup v2 is not mounted or not writable,
`NoGroups` stands in and the session is the unit of killing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from pathlib import Path

from photoncloud.deploy.core.resource_list import OUR_PREFIX
from photoncloud.deploy.core.topology import Resources

# The kernel empties a killed group asynchronously; removal is tried this long.
REMOVE_TIMEOUT_SEC = 2.0


class NoGroups:
    """No control groups here."""

    def prepare(self, name: str, resources: Resources) -> str:
        """Path of the group's `cgroup.procs`, "" for none."""
        return ""

    def kill(self, name: str) -> bool:
        """True when the whole group was told to die."""
        return False

    def remove(self, name: str) -> None:
        """Remove the group of a component that has ended."""

    def close(self) -> None:
        """Remove everything."""

    def leftovers(self) -> list[str]:
        """Groups of ours that still exist."""
        return []


class Groups(NoGroups):
    """Groups below `root`, one a component."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def prepare(self, name: str, resources: Resources) -> str:
        group = self.root / name
        try:
            group.mkdir(exist_ok=True)
        except OSError:
            return ""
        # Controllers may not be delegated to us; the limit is then a limit of the unit or container around us.
        if resources.memory_max_mb is not None:
            _write(group / "memory.max", str(resources.memory_max_mb << 20))
        if resources.cpu_weight is not None:
            _write(group / "cpu.weight", str(resources.cpu_weight))
        return str(group / "cgroup.procs")

    def kill(self, name: str) -> bool:
        return _write(self.root / name / "cgroup.kill", "1")

    def remove(self, name: str) -> None:
        _remove(self.root / name)

    def close(self) -> None:
        for group in self._existing():
            _write(group / "cgroup.kill", "1")
            _remove(group)
        _remove(self.root)

    def leftovers(self) -> list[str]:
        return [str(path) for path in (*self._existing(), self.root) if path.exists()]

    def _existing(self) -> list[Path]:
        return [path for path in self.root.iterdir() if path.is_dir()] if self.root.exists() else []


def groups(data_dir: Path) -> NoGroups:
    """The groups of the installation in `data_dir`, or the stand-in."""
    home = _own_group()
    if home is None:
        return NoGroups()
    key = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:12]
    root = home / f"{OUR_PREFIX}{key}"
    try:
        root.mkdir(exist_ok=True)
    except OSError:
        return NoGroups()
    if not (root / "cgroup.kill").exists():
        _remove(root)
        return NoGroups()
    return Groups(root)


def _own_group() -> Path | None:
    """The cgroup v2 folder this process is in, when it may be written."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
        memberships = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return None
    mount = next((line.split()[4] for line in mounts if " - cgroup2 " in line), None)
    inside = next((line[3:] for line in memberships if line.startswith("0::")), None)
    if mount is None or inside is None:
        return None
    home = Path(mount) / inside.lstrip("/")
    return home if os.access(home, os.W_OK) else None


def _write(path: Path, text: str) -> bool:
    try:
        path.write_text(text)
    except OSError:
        return False
    return True


def _remove(group: Path) -> None:
    deadline = time.monotonic() + REMOVE_TIMEOUT_SEC
    while group.exists() and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            group.rmdir()
            return
        time.sleep(0.01)
