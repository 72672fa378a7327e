"""The receiving end of sd_notify, one socket a component; a message counts only from the component's own session."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import struct
from collections.abc import Callable
from pathlib import Path

MESSAGE_BYTES_MAX = 4096
# Longest path a unix socket can be bound to (108 with the closing NUL).
SOCKET_PATH_MAX = 107
_CREDENTIALS = struct.Struct("3i")


class NotifyListener:
    """Bound to `<folder>/notify-<name>.sock`, or to an abstract name where that path would be too long."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"notify-{name}.sock"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._has_path = len(os.fsencode(self._path)) <= SOCKET_PATH_MAX
        if self._has_path:
            self._path.unlink(missing_ok=True)
            self._socket.bind(str(self._path))
            self.address = str(self._path)
        else:
            abstract = f"photon-notify-{secrets.token_hex(16)}"
            self._socket.bind(f"\0{abstract}")
            self.address = f"@{abstract}"
        self.rejected = 0

    def listen(self, leader: Callable[[], int | None], heard: Callable[[dict[str, str]], None]) -> None:
        """Call `heard` with the fields of each message; `leader` gives the pid whose session may speak, or None."""
        asyncio.get_running_loop().add_reader(self._socket, self._receive, leader, heard)

    def close(self) -> None:
        with contextlib.suppress(RuntimeError):
            asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        if self._has_path:
            self._path.unlink(missing_ok=True)

    def _receive(self, leader: Callable[[], int | None], heard: Callable[[dict[str, str]], None]) -> None:
        while True:
            try:
                message, ancillary, _, _ = self._socket.recvmsg(
                    MESSAGE_BYTES_MAX, socket.CMSG_SPACE(_CREDENTIALS.size), socket.MSG_CMSG_CLOEXEC
                )
            except BlockingIOError:
                return
            if _is_from(_sender(ancillary), leader()):
                heard(fields(message))
            else:
                self.rejected += 1


def fields(message: bytes) -> dict[str, str]:
    """`KEY=VALUE` lines; anything else is dropped."""
    lines = message.decode("utf-8", "replace").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _sender(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            pid, _, _ = _CREDENTIALS.unpack(data[: _CREDENTIALS.size])
            return int(pid)
    return None


def _is_from(sender: int | None, leader: int | None) -> bool:
    if not sender or leader is None:
        return False
    if sender == leader:
        return True
    try:
        return os.getsid(sender) == leader
    except ProcessLookupError:
        return False
