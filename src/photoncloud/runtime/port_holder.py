"""Who holds a port: from the kernel's socket tables to a process, as far as /proc shows it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Protocol = Literal["tcp", "udp"]

PROC = Path("/proc")
_LISTENING = {"tcp": "0A", "udp": "07"}
"""Socket state in /proc/net: LISTEN for TCP; an unconnected UDP socket is in TCP_CLOSE."""
_COMMAND_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds a port."""

    pid: int
    command: str

    def __str__(self) -> str:
        return f"pid {self.pid} ({self.command})"


def find(protocol: Protocol, port: int, proc: Path = PROC) -> Holder | None:
    """The process listening on `port` of any address; None when nothing does or /proc does not show whom."""
    inodes = {inode for inode in _inodes(protocol, port, proc) if inode != "0"}
    if not inodes:
        return None
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for process in proc.iterdir():
        if process.name.isdecimal() and _holds(process, wanted):
            return Holder(int(process.name), _command(process))
    return None


def _inodes(protocol: Protocol, port: int, proc: Path) -> Iterator[str]:
    """Columns of /proc/net/tcp: 1 local address (hex address:port), 3 state, 9 inode."""
    for family in ("", "6"):
        try:
            lines = (proc / "net" / f"{protocol}{family}").read_text().splitlines()[1:]
        except OSError:
            continue
        for columns in (line.split() for line in lines):
            if columns[3] == _LISTENING[protocol] and int(columns[1].rpartition(":")[2], 16) == port:
                yield columns[9]


def _holds(process: Path, wanted: set[str]) -> bool:
    try:
        descriptors = os.listdir(process / "fd")
    except OSError:  # gone, or somebody else's
        return False
    return any(_link(process / "fd" / descriptor) in wanted for descriptor in descriptors)


def _link(path: Path) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _command(process: Path) -> str:
    try:
        arguments = (process / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        text = " ".join(argument.decode("utf-8", "replace") for argument in arguments)
        return text[:_COMMAND_CHARACTERS] or (process / "comm").read_text().strip()
    except OSError:
        return "unknown command"
