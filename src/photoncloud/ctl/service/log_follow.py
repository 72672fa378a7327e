"""Lines of the supervisor's log files, in order of time, and those that come."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from photoncloud.ctl.core.log_lines import Filter, order_sec
from photoncloud.ctl.errors import UsageWrong
from photoncloud.deploy.adapters.event_log import NAME as SUPERVISOR
from photoncloud.deploy.adapters.log_files import KEEP_FILES
from photoncloud.deploy.adapters.state_file import StateFile

POLL_SEC = 0.2
READ_BYTES = 1024 * 1024


def files(data_dir: Path, names: Sequence[str]) -> dict[str, Path]:
    """Component -> its log, those that exist. Raises UsageWrong for a name nobody logs under."""
    plan = StateFile(data_dir).read_plan()
    known = {program.name: Path(program.log_path) for program in plan.programs} if plan else {}
    known[SUPERVISOR] = data_dir / "log" / f"{SUPERVISOR}.log"
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageWrong(f"there is no component {unknown[0]!r} (there are: {', '.join(known)})")
    chosen = names or [name for name in known if name != SUPERVISOR] or [SUPERVISOR]
    return {name: known[name] for name in chosen if known[name].exists()}


def lines(paths: Mapping[str, Path], wanted: Filter, tail: int, *, follow: bool) -> Iterator[tuple[str, bytes]]:
    """(component, line): the last `tail` of each in order of time, then, with `follow`, what comes, for ever."""
    ends = {name: _size(path) for name, path in paths.items()}
    now = time.time()
    merged: list[tuple[float, str, bytes]] = []
    for name, path in paths.items():
        stamp = 0.0
        for line in deque((x for x in _history(path) if wanted.wants(x, now)), maxlen=tail):
            stamp = order_sec(line) or stamp
            merged.append((stamp, name, line))
    for _, name, line in sorted(merged, key=lambda item: item[0]):
        yield name, line
    if follow:
        yield from _following(paths, ends, wanted)


def _history(path: Path) -> Iterator[bytes]:
    older = [path.with_name(f"{path.name}.{number}") for number in range(KEEP_FILES - 1, 0, -1)]
    for part in (*older, path):
        try:
            with part.open("rb") as file:
                for line in file:
                    yield line.rstrip(b"\n")
        except FileNotFoundError:
            continue


def _following(paths: Mapping[str, Path], ends: dict[str, int], wanted: Filter) -> Iterator[tuple[str, bytes]]:
    inodes = {name: _inode(path) for name, path in paths.items()}
    rests = dict.fromkeys(paths, b"")
    while True:
        is_quiet = True
        for name, path in paths.items():
            if _inode(path) != inodes[name] or _size(path) < ends[name]:
                # Rotated: what was written to the old file since the last look is in path.1 now.
                rests[name] += _read(path.with_name(f"{path.name}.1"), ends[name])
                inodes[name], ends[name] = _inode(path), 0
            data = _read(path, ends[name])
            ends[name] += len(data)
            *whole, rests[name] = (rests[name] + data).split(b"\n")
            for line in whole:
                is_quiet = False
                if wanted.wants(line, time.time()):
                    yield name, line
        if is_quiet:
            time.sleep(POLL_SEC)


def _read(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(READ_BYTES)
    except FileNotFoundError:
        return b""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _inode(path: Path) -> int:
    try:
        return os.stat(path).st_ino
    except FileNotFoundError:
        return 0
