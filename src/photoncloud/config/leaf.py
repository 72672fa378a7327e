"""Dotted paths of leaves: how they are written, and the way between a flat map of leaves and nested tables.

A path is a tuple of segments. An entry of an array of tables that is told apart by an identity has the segment
`Item("web-lb")`, written `loadbalancers[web-lb]`; every other segment is a plain key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Path = tuple[str, ...]


class Item(str):
    """The segment of one entry of an array of tables; its text is the entry's identity."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Item) and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(("item", str(self)))


def dotted(path: Iterable[str]) -> str:
    """`("standalone", "loadbalancers", Item("web"), "port")` → `standalone.loadbalancers[web].port`."""
    text = ""
    for segment in path:
        if isinstance(segment, Item):
            text += f"[{segment}]"
        else:
            text += f".{segment}" if text else segment
    return text


def path_of(key: str) -> Path:
    """The path of a dotted key without items; the way back of `dotted` for keys a person types."""
    return tuple(key.split("."))


def unflatten(leaves: Mapping[Path, Any]) -> dict[str, Any]:
    """Nested tables of a flat map. Entries of one array keep the order in which their first leaf appears.

    A leaf that stands at an array's own path (an empty list) gives way to entries.
    """
    root: dict[str, Any] = {}
    for path, value in leaves.items():
        node: dict[Any, Any] = root
        for segment in path[:-1]:
            child = node.get(segment)
            if not isinstance(child, dict):
                child = node[segment] = {}
            node = child
        node.setdefault(path[-1], value)
    return {key: _lists(value) for key, value in root.items()}


def _lists(node: Any) -> Any:
    if not isinstance(node, dict) or not node:
        return node
    if all(isinstance(key, Item) for key in node):
        return tuple(_lists(value) for value in node.values())
    return {key: _lists(value) for key, value in node.items()}
