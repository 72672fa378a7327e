"""Which log lines are wanted: by text, by level, by age."""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass
from typing import Any

LEVELS = ("debug", "info", "warning", "error", "critical")
_OTHER_NAMES = {"warn": "warning", "fatal": "critical"}


@dataclass(frozen=True, slots=True)
class Filter:
    """`grep` is a regular expression, `level` the lowest shown, `since_sec` the greatest age. Raises ValueError."""

    grep: str = ""
    level: str = ""
    since_sec: float | None = None

    def __post_init__(self) -> None:
        try:
            re.compile(self.grep)
        except re.error as error:
            raise ValueError(f"--grep: {error}") from error
        if self.level and _name(self.level) not in LEVELS:
            raise ValueError(f"--level {self.level!r} is none of {', '.join(LEVELS)}")

    def wants(self, line: bytes, now_sec: float) -> bool:
        """A line without level or time passes those tests: it belongs to the line before it."""
        text = line.decode("utf-8", "replace")
        if self.grep and not re.search(self.grep, text):
            return False
        if not self.level and self.since_sec is None:
            return True
        fields = _fields(text)
        level = _name(str(fields.get("level", "")))
        if self.level and level in LEVELS and LEVELS.index(level) < LEVELS.index(_name(self.level)):
            return False
        stamp = time_sec(fields)
        return self.since_sec is None or stamp is None or now_sec - stamp <= self.since_sec


def time_sec(fields: dict[str, Any]) -> float | None:
    """Seconds since 1970 of `ts`, None when there is none."""
    try:
        return datetime.datetime.fromisoformat(str(fields["ts"])).timestamp()
    except (KeyError, ValueError):
        return None


def order_sec(line: bytes) -> float | None:
    """When a line was written, to bring lines of several files into order."""
    return time_sec(_fields(line.decode("utf-8", "replace")))


def _fields(text: str) -> dict[str, Any]:
    if not text.startswith("{"):
        return {}
    try:
        fields = json.loads(text)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _name(level: str) -> str:
    return _OTHER_NAMES.get(level.lower(), level.lower())
