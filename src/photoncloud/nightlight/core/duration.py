"""Durations in Prometheus' notation, in milliseconds."""

from __future__ import annotations

import re

from photoncloud.nightlight.errors import InvalidDuration

UNITS_MS = (
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
)
EXACT_ONLY = frozenset({"y", "w"})
"""Units that print only when they divide what is left exactly: a year is not a human's year."""
DURATION_MAX_MS = (1 << 63) // 1_000_000
"""Prometheus keeps durations as int64 nanoseconds."""

_DURATION = re.compile(
    r"(?:([0-9]+)y)?(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m(?!s))?(?:([0-9]+)s)?(?:([0-9]+)ms)?"
)


def parse_duration(text: str) -> int:
    """Milliseconds of `1h30m`, `0`. Raises `InvalidDuration`."""
    if text == "0":
        return 0
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        raise InvalidDuration("empty duration string" if not text else f"not a valid duration string: {text!r}")
    total = sum(int(digits) * size for digits, (_, size) in zip(found.groups(), UNITS_MS, strict=True) if digits)
    if total >= DURATION_MAX_MS:
        raise InvalidDuration("duration out of range")
    return total


def format_duration(milliseconds: int) -> str:
    """The shortest exact text in the largest units: `5400000` is `1h30m`; zero is `0s`."""
    if milliseconds == 0:
        return "0s"
    left = abs(milliseconds)
    text = "-" if milliseconds < 0 else ""
    for unit, size in UNITS_MS:
        if unit in EXACT_ONLY and left % size:
            continue
        count, left = divmod(left, size)
        text += f"{count}{unit}" if count else ""
    return text
