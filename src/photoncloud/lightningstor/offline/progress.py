"""A counting line for a person who waits: on a terminal only, and not more often than an eye follows."""

from __future__ import annotations

import time
from typing import TextIO

INTERVAL_SEC = 0.2


class ProgressLine:
    """Call it with what is being walked and how far; `close` clears the line."""

    def __init__(self, tool: str, out: TextIO) -> None:
        self._tool = tool
        self._out = out
        self._is_terminal = out.isatty()
        self._shown_at = 0.0
        self._width = 0

    def __call__(self, what: str, count: int) -> None:
        if not self._is_terminal or time.monotonic() - self._shown_at < INTERVAL_SEC:
            return
        self._shown_at = time.monotonic()
        self._show(f"{self._tool}: {count:,} {what}")

    def close(self) -> None:
        if self._width:
            self._show("")
            self._out.write("\r")
            self._out.flush()

    def _show(self, text: str) -> None:
        self._out.write("\r" + text.ljust(self._width))
        self._out.flush()
        self._width = len(text)
