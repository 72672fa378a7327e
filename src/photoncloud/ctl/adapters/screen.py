"""Lines of components on a terminal, each with its name in front; a slow terminal loses lines, never stops anybody."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Sequence
from typing import TextIO

from photoncloud.ctl.core.table import printable

# Lines waiting for the terminal; beyond, the newest are dropped and counted (files have them all).
QUEUE_LINES_MAX = 10_000
CLOSE_TIMEOUT_SEC = 2.0
# The same on every line a component writes; its name stands in front. (A supervisor's `component` is another's.)
_OF_ITSELF = ("component_id", "component", "logger")
_COLORS = ("36", "32", "33", "35", "34", "96", "92", "93")


class TerminalScreen:
    """`show` is called from the supervisor's loop and never waits; a thread writes."""

    def __init__(self, out: TextIO, names: Sequence[str], *, color: bool) -> None:
        self._out = out
        self._wide = max((len(name) for name in (*names, "supervisor")), default=0)
        self._colors = {name: _COLORS[n % len(_COLORS)] for n, name in enumerate(names)} if color else {}
        self._queue: queue.Queue[tuple[str, bytes] | None] = queue.Queue(QUEUE_LINES_MAX)
        self._lost = 0
        self._thread = threading.Thread(target=self._write, name="screen", daemon=True)
        self._thread.start()

    def show(self, name: str, lines: bytes) -> None:
        for line in lines.splitlines():
            try:
                self._queue.put_nowait((name, line))
            except queue.Full:
                self._lost += 1

    def close(self) -> None:
        """Write what waits, as far as the terminal takes it within two seconds."""
        try:
            self._queue.put(None, timeout=CLOSE_TIMEOUT_SEC)
        except queue.Full:
            return
        self._thread.join(CLOSE_TIMEOUT_SEC)

    def _write(self) -> None:
        while (item := self._queue.get()) is not None:
            name, line = item
            try:
                if self._lost:
                    lost, self._lost = self._lost, 0
                    self._out.write(f"{'':<{self._wide}} | ({lost} lines not shown; the log files have them)\n")
                self._out.write(f"{self._prefix(name)} | {text_of(line)}\n")
                if self._queue.empty():
                    self._out.flush()
            except (OSError, ValueError):
                return

    def _prefix(self, name: str) -> str:
        padded = f"{name:<{self._wide}}"
        return f"\x1b[{self._colors[name]}m{padded}\x1b[0m" if name in self._colors else padded


def text_of(line: bytes) -> str:
    """A log line for people: JSON as `time LEVEL event key=value`, control characters escaped."""
    text = line.decode("utf-8", "replace")
    if not text.startswith("{"):
        return printable(text)
    try:
        fields = json.loads(text)
    except ValueError:
        return printable(text)
    if not isinstance(fields, dict) or "event" not in fields:
        return printable(text)
    stamp = str(fields.pop("ts", fields.pop("timestamp", "")))
    clock = stamp[11:23] if len(stamp) > 23 else stamp
    level = str(fields.pop("level", "info")).upper()
    event = str(fields.pop("event"))
    for name in _OF_ITSELF if "component_id" in fields else ():
        fields.pop(name, None)
    rest = " ".join(f"{key}={_value(value)}" for key, value in fields.items() if value not in ("", None))
    return printable(f"{clock} {level:<5} {event}{' ' + rest if rest else ''}")


def _value(value: object) -> str:
    return value if isinstance(value, str) and " " not in value else json.dumps(value, ensure_ascii=False)
