"""Processes by number *and* start time: a number alone is never trusted, for the kernel uses it again."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Identity:
    """`start_ticks` is field 22 of /proc/<pid>/stat: clock ticks after boot."""

    pid: int
    start_ticks: int


@dataclass(frozen=True, slots=True)
class Usage:
    cpu_sec: float
    resident_bytes: int
    age_sec: float


def identity(pid: int) -> Identity | None:
    """None when there is no such process (a zombie counts as none)."""
    found = _stat(pid)
    return None if found is None or found[0] in ("Z", "X") else Identity(pid, int(found[19]))


def is_alive(known: Identity) -> bool:
    return identity(known.pid) == known


def command(pid: int) -> str:
    """The command line as one text; "" when it is not to be seen."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return " ".join(part.decode("utf-8", "replace") for part in raw.rstrip(b"\0").split(b"\0"))


def usage(pid: int) -> Usage | None:
    found = _stat(pid)
    if found is None:
        return None
    age = float(Path("/proc/uptime").read_text().split()[0]) - int(found[19]) / _CLOCK_TICKS
    return Usage((int(found[11]) + int(found[12])) / _CLOCK_TICKS, int(found[21]) * _PAGE_BYTES, max(0.0, age))


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/<pid>/stat from the third (state) on; the second may hold spaces and brackets."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text[text.rindex(")") + 2 :].split()
