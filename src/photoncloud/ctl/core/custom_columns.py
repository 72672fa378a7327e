"""`-o custom-columns=NAME:.metadata.name,STATUS:.status` and its table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from photoncloud.ctl.core import jsonpath, table


def render(specification: str, items: Sequence[Any], *, show_headers: bool = True) -> str:
    """Raises JsonPathWrong."""
    columns = _columns(specification)
    rows = [[_cell(path, item) for _, path in columns] for item in items]
    return table.render([header for header, _ in columns], rows, show_headers=show_headers)


def _columns(specification: str) -> list[tuple[str, str]]:
    columns = []
    # A comma inside brackets belongs to a path.
    for part in re.split(r",(?![^\[]*\])", specification):
        header, colon, path = part.partition(":")
        if not header or not colon or not path:
            raise jsonpath.JsonPathWrong(f"{part!r} is not HEADER:PATH")
        columns.append((header, path))
    return columns


def _cell(path: str, item: Any) -> str:
    found = jsonpath.find(path, item)
    return ",".join(jsonpath.as_text(value) for value in found) if found else table.ABSENT
