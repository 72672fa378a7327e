"""A file system of its own that can lose power: whatever was not synced is gone, as on real hardware.

An ext4 image on a loop device; `pull_the_plug` shuts the file system down without flushing anything
(`EXT4_IOC_SHUTDOWN`, no log flush), so pages and journal entries that no fsync forced out are dropped; `restore`
mounts it again with journal replay. Root and loop devices are needed: `is_available` probes for them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path

_SHUTDOWN = (2 << 30) | (4 << 16) | (ord("X") << 8) | 125  # _IOR('X', 125, __u32), ext4 and XFS share it
_NO_LOG_FLUSH = 2
RELEASE_TIMEOUT_SEC = 60.0
DEFAULT_SIZE_MIB = 4096
"""The image is sparse: what is not written costs nothing."""


def is_available() -> str:
    """`` when images can be mounted here, else the reason."""
    if os.geteuid() != 0:
        return "mounting needs root"
    if not Path("/dev/loop-control").exists():
        return "no loop devices"
    missing = [program for program in ("mkfs.ext4", "mount", "umount") if shutil.which(program) is None]
    return f"{', '.join(missing)} not installed" if missing else ""


class LossyDisk:
    """A mounted image below `folder`; a context manager that unmounts and removes it.

    With `size_mib` small it also serves as a disk to fill up.
    """

    def __init__(self, folder: Path, size_mib: int = DEFAULT_SIZE_MIB) -> None:
        self._image = folder / "disk.img"
        self.path = folder / "disk"
        self._size_mib = size_mib

    def __enter__(self) -> LossyDisk:
        self.path.mkdir(parents=True)
        with self._image.open("wb") as image:
            image.truncate(self._size_mib * 2**20)
        _run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=1", str(self._image))
        self.restore()
        return self

    def restore(self) -> None:
        """Mount: the journal is replayed, nothing else is repaired."""
        _run("mount", "-o", "loop,errors=remount-ro", str(self._image), str(self.path))

    def turn_read_only(self) -> None:
        """As ext4 does when it meets damage: writes fail from now on, whoever has files open."""
        device = os.stat(self.path).st_dev
        name = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").resolve().name
        Path(f"/sys/fs/ext4/{name}/trigger_fs_error").write_text("a test wants it")

    def fail(self) -> None:
        """Every read and write is an error from now on, as of a dead disk; what was synced comes back by `revive`."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def revive(self) -> None:
        """After `fail` or `turn_read_only`: repaired and mounted again. Its users must be dead by now."""
        _run("umount", str(self.path))
        self._wait_until_released()
        subprocess.run(["e2fsck", "-p", str(self._image)], check=False, capture_output=True)
        self.restore()

    def pull_the_plug(self) -> None:
        """Drop everything that was not synced and unmount. Processes that use the disk must be dead by now."""
        self.fail()
        _run("umount", str(self.path))
        self._wait_until_released()

    def _wait_until_released(self) -> None:
        """A mount namespace made meanwhile holds the dead file system; mounted again now, it would still be dead."""
        deadline = time.monotonic() + RELEASE_TIMEOUT_SEC
        while self._is_attached():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self._image} is still attached to a loop device")
            time.sleep(0.05)

    def _is_attached(self) -> bool:
        for file in Path("/sys/block").glob("loop*/loop/backing_file"):
            with contextlib.suppress(OSError):
                if file.read_text().strip() == str(self._image.resolve()):
                    return True
        return False

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", "-l", str(self.path)], check=False, capture_output=True)
        self._image.unlink(missing_ok=True)


def _run(*command: str) -> None:
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {result.stderr.strip()}")
