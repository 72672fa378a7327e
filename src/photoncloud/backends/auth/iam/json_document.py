"""JSON as policies must be written: an object, no member twice, bounded depth and size, text that is valid Unicode."""

from __future__ import annotations

import json
from typing import Any, NoReturn

MAX_DEPTH = 16  # far deeper than any policy; bounds the work of everything that walks a document
MAX_CHARACTERS = 131_072  # the largest policy AWS takes is 20 KiB; this bounds parsing before sizes are checked


class DocumentError(ValueError):
    """The text is not an acceptable JSON object."""


def parse_json_object(text: str | bytes) -> dict[str, Any]:
    """The object; raises `DocumentError` and nothing else. `depth` counts nested objects and arrays."""
    if len(text) > MAX_CHARACTERS:
        raise DocumentError(f"more than {MAX_CHARACTERS} characters")
    try:
        decoded = text.decode() if isinstance(text, bytes) else text
        document = json.loads(decoded, object_pairs_hook=_unique_members, parse_constant=_refuse_constant)
    except RecursionError:
        raise DocumentError(f"nested deeper than {MAX_DEPTH}") from None
    except ValueError as problem:  # JSONDecodeError, UnicodeDecodeError and our own
        raise DocumentError(str(problem)) from None
    if not isinstance(document, dict):
        raise DocumentError("not a JSON object")
    _check_values(document, 1)
    return document


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise DocumentError("a member is given twice")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise DocumentError(f"{name} is not JSON")


def _check_values(value: Any, depth: int) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        _check_depth(depth)
        for name, member in value.items():
            _check_text(name)
            _check_values(member, depth + 1)
    elif isinstance(value, list):
        _check_depth(depth)
        for element in value:
            _check_values(element, depth + 1)


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise DocumentError(f"nested deeper than {MAX_DEPTH}")


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DocumentError("a string holds half a surrogate pair") from None
