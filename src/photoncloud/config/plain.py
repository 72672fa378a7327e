"""A leaf's value as plain JSON data; secrets become the mask, and an empty secret is no secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from photoncloud.config.secret import MASK, Secret


def plain(value: Any) -> Any:
    """Tuples become lists, secrets the mask, whatever JSON has no word for becomes its text."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Secret):
        return MASK if value else ""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "model_dump"):
        return plain(value.model_dump())
    return str(value)


def contains_secret(value: Any) -> bool:
    """True when a secret that is not empty is the value or stands inside it."""
    if isinstance(value, Secret):
        return bool(value)
    if isinstance(value, Mapping):
        return any(contains_secret(item) for item in value.values())
    return isinstance(value, list | tuple) and any(contains_secret(item) for item in value)


def masked(value: Any, is_secret: bool) -> Any:
    """`plain`, with the whole value masked when its leaf is secret and set."""
    if not is_secret or not value:
        return plain(value)
    if isinstance(value, list | tuple):
        return [MASK for _item in value]
    return {str(key): MASK for key in value} if isinstance(value, Mapping) else MASK
