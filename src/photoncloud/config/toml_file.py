"""One TOML file: limits, parsing, and the place of every key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from photoncloud.config.files import FileContent
from photoncloud.config.origin import Origin
from photoncloud.config.positions import RawPath, scan
from photoncloud.config.problem import ConfigurationError, Problem

# Deeper nesting than any schema has; it bounds the recursion of the parser and of everything after it.
DEPTH_MAX = 64
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
ERROR_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass(frozen=True)
class TomlFile:
    """A parsed file: its tables and the places of its keys."""

    path: str
    tree: dict[str, Any]
    places: Mapping[RawPath, tuple[int, int]] = field(repr=False)

    def origin(self, path: RawPath) -> Origin:
        """Where a key stands; a path the scanner missed gets the place of the table around it."""
        for length in range(len(path), 0, -1):
            place = self.places.get(path if length == len(path) else path[:length])
            if place is not None:
                return Origin("file", path=self.path, line=place[0], column=place[1])
        return Origin("file", path=self.path)


def parse(content: FileContent) -> TomlFile:
    """The parsed file; ConfigurationError with one `syntax` problem when it is not TOML 1.0 within the limits."""
    text = _text(content)
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(content.path, *_place(str(error), text)) from None
    except (RecursionError, ValueError, OverflowError) as error:
        raise _syntax(content.path, f"cannot be read: {error}") from None
    if _depth(tree) > DEPTH_MAX:
        raise _syntax(content.path, f"is nested deeper than {DEPTH_MAX} levels")
    return TomlFile(content.path, tree, scan(text.replace("\r\n", "\n")))


def _text(content: FileContent) -> str:
    data = content.data
    if data.startswith(BYTE_ORDER_MARK):
        raise _syntax(content.path, "begins with a byte order mark; save the file without it", 1, 1)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise _syntax(content.path, "is not UTF-8", line, column) from None
    return text


def _place(message: str, text: str) -> tuple[str, int, int]:
    found = ERROR_PLACE.search(message)
    reason = ERROR_PLACE.sub("", message).removesuffix("(at end of document)").strip()
    reason = reason[:1].lower() + reason[1:]
    if found:
        return reason, int(found[1]), int(found[2])
    lines = text.splitlines() or [""]
    return f"{reason} at the end of the file", len(lines), len(lines[-1]) + 1


def _syntax(path: str, reason: str, line: int = 0, column: int = 0) -> ConfigurationError:
    return ConfigurationError(
        [Problem("syntax", "", reason, origin=Origin("file", path=path, line=line, column=column))]
    )


def _depth(tree: dict[str, Any]) -> int:
    """How many tables and arrays stand inside each other, the document itself not counted."""
    level: list[dict[str, Any] | list[Any]] = [tree]
    depth = -1
    while level:
        depth += 1
        level = [child for node in level for child in _children(node) if isinstance(child, dict | list)]
    return depth


def _children(node: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return node.values() if isinstance(node, dict) else node
