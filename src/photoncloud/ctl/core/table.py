"""Tables: two spaces between columns, upper-case headers, no borders, nothing cut off."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

ABSENT = "<none>"
UNKNOWN = "<unknown>"


def render(headers: Sequence[str], rows: Sequence[Sequence[str]], *, show_headers: bool = True) -> str:
    """Lines joined by line ends, without one at the end; "" for nothing to show."""
    cells = [[printable(cell) for cell in row] for row in rows]
    if show_headers:
        cells.insert(0, list(headers))
    widths = [max((width(row[column]) for row in cells), default=0) for column in range(len(headers))]
    return "\n".join(_line(row, widths) for row in cells)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)]
    return "  ".join(padded).rstrip()


def width(text: str) -> int:
    """Columns a terminal needs: wide characters take two, combining ones none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def printable(text: str) -> str:
    """Control characters, and those that turn the writing direction, escaped: a name cannot command a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
