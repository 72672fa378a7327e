"""What a migration step is made of: edits of dotted keys that work on parsed tables and tomlkit documents alike."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol

KeyPath = tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One thing a step did: the key `old` became `new` (None = removed; the same = its value changed)."""

    old: KeyPath
    new: KeyPath | None
    description: str


class Operation(Protocol):
    """One edit. Running it on its own result does nothing."""

    def apply(self, document: MutableMapping[str, Any]) -> list[Change]: ...


@dataclass(frozen=True)
class Step:
    """The edits that lead to `version` from the version before."""

    version: str
    operations: tuple[Operation, ...]

    def apply(self, document: MutableMapping[str, Any]) -> list[Change]:
        """Edit the document in place; the changes made, in order."""
        return [change for operation in self.operations for change in operation.apply(document)]


@dataclass(frozen=True)
class Move:
    """A key gets another name or table. When both stand there with different values nothing is touched: the loader
    reports the conflict with both places.
    """

    old: str
    new: str

    def apply(self, document: MutableMapping[str, Any]) -> list[Change]:
        old, new = tuple(self.old.split(".")), tuple(self.new.split("."))
        source = find_table(document, old[:-1])
        if source is None or old[-1] not in source:
            return []
        target = find_table(document, new[:-1])
        value = item_of(source, old[-1])
        if target is not None and new[-1] in target:
            if plain_value(target[new[-1]]) != plain_value(value):
                return []
        else:
            del source[old[-1]]
            put(make_table(document, new[:-1]), new[-1], value)
            return [Change(old, new, f"{self.old} is now {self.new}")]
        del source[old[-1]]
        return [Change(old, new, f"{self.old} is now {self.new}")]


@dataclass(frozen=True)
class Respell:
    """A key's value gets its current spelling: `spellings` maps old text to new; `fold_case` compares without case."""

    key: str
    spellings: Mapping[str, str]

    def apply(self, document: MutableMapping[str, Any]) -> list[Change]:
        path = tuple(self.key.split("."))
        table = find_table(document, path[:-1])
        value = plain_value(table.get(path[-1])) if table is not None else None
        if table is None or not isinstance(value, str) or value not in self.spellings:
            return []
        table[path[-1]] = self.spellings[value]
        return [Change(path, path, f'{self.key}: "{value}" is now written "{self.spellings[value]}"')]


def item_of(table: Any, key: str) -> Any:
    """The value of a key, in a tomlkit document with its comment."""
    return table.item(key) if hasattr(table, "item") else table[key]


def put(table: Any, key: str, value: Any) -> None:
    """Set a key. A comment comes along, except into an inline table, which has no place for one."""
    table[key] = plain_value(value) if type(table).__name__ == "InlineTable" else value


def find_table(document: Any, path: KeyPath) -> Any:
    """The table at a path, or None."""
    node = document
    for segment in path:
        node = node.get(segment) if isinstance(node, Mapping) else None
    return node if isinstance(node, MutableMapping) else None


def make_table(document: Any, path: KeyPath) -> Any:
    """The table at a path, made when it is not there."""
    node = document
    for segment in path:
        if segment not in node:
            node[segment] = _new_table(document)
        node = node[segment]
    return node


def _new_table(document: Any) -> Any:
    if type(document) is dict:
        return {}
    import tomlkit

    return tomlkit.table()


def plain_value(value: Any) -> Any:
    """A tomlkit item as the value it holds; other values as they are."""
    return value.unwrap() if hasattr(value, "unwrap") else value
