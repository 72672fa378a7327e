"""Durations as people write them: 42s 17m 5h 3d, and back."""

from __future__ import annotations

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def age(seconds: float) -> str:
    """The largest unit that gives at least two, as kubectl does."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{int(seconds // size)}{unit}"
    return f"{max(0, int(seconds))}s"


def duration_sec(text: str) -> float:
    """`90`, `30s`, `1h30m`, `500ms`. Raises ValueError."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a duration (30s, 5m, 1h30m)")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
