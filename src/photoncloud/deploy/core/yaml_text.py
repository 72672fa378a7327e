"""Write nested values as block YAML: strings quoted unless plainly a word, byte-identical for equal values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from photoncloud.deploy.core.escaping import yaml_text

# Words that no YAML version reads as anything but a string.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")
_NOT_PLAIN = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})


def dumps(document: Mapping[str, Any]) -> str:
    """YAML 1.2 text of mappings, lists, strings, whole numbers and booleans."""
    return "\n".join(_mapping(document, 0)) + "\n"


def dumps_any(value: Any) -> str:
    """The same for a document that may also be a list or hold fractions and nulls."""
    if isinstance(value, Mapping) and value:
        return dumps(value)
    if isinstance(value, (list, tuple)) and value:
        return "\n".join(line for element in value for line in _element(element, 0)) + "\n"
    return _scalar(value) + "\n"


def _mapping(value: Mapping[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for key, item in value.items():
        yield from _entry(f"{indent}{_scalar(key)}:", item, depth)


def _entry(head: str, item: Any, depth: int) -> Iterator[str]:
    if isinstance(item, Mapping) and item:
        yield head
        yield from _mapping(item, depth + 1)
    elif isinstance(item, (list, tuple)) and item:
        yield head
        for element in item:
            yield from _element(element, depth + 1)
    else:
        yield f"{head} {_scalar(item)}"


def _element(element: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(element, Mapping) and element:
        lines = list(_mapping(element, depth + 1))
    elif isinstance(element, (list, tuple)) and element:
        lines = [line for item in element for line in _element(item, depth + 1)]
    else:
        lines = [_scalar(element)]
    yield f"{indent}- {lines[0].lstrip()}"
    yield from lines[1:]


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (Mapping, list, tuple)):
        return "{}" if isinstance(value, Mapping) else "[]"
    text = str(value)
    return text if _PLAIN.match(text) and text.lower() not in _NOT_PLAIN else yaml_text(text)
