"""Values written as TOML."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")
SHORT_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def toml_key(name: str) -> str:
    """A key, bare when TOML allows it."""
    return str(name) if BARE_KEY.match(name) else toml_string(name)


def toml_header(path: tuple[str, ...]) -> str:
    return ".".join(toml_key(segment) for segment in path)


def toml_value(value: Any) -> str:
    """Plain JSON data as one line of TOML; None has no spelling and is a TypeError."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, str):
        return toml_string(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    if isinstance(value, Mapping):
        pairs = (f"{toml_key(key)} = {toml_value(item)}" for key, item in value.items() if item is not None)
        inner = ", ".join(pairs)
        return f"{{ {inner} }}" if inner else "{}"
    raise TypeError(f"{type(value).__name__} has no spelling in TOML")


def toml_string(text: str) -> str:
    return '"' + "".join(SHORT_ESCAPES.get(c) or _character(c) for c in text) + '"'


def _character(c: str) -> str:
    code = ord(c)
    if code >= 0x20 and code != 0x7F:
        return c
    return f"\\u{code:04X}"


def _float(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = repr(value)
    return text if any(c in text for c in ".e") else f"{text}.0"
