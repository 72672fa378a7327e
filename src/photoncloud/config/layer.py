"""One source's leaves with their origins, and the ordered merge of several.

`read_tree` walks parsed tables along the schema: unknown keys, second names, entries with an identity and texts that
mean nothing become problems here, each with the place of its key. `merge` is associative in layer order.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from photoncloud.config.coercion import Refused, fit
from photoncloud.config.leaf import Item, Path, dotted, unflatten
from photoncloud.config.origin import Leaf, Origin
from photoncloud.config.problem import Code, Problem
from photoncloud.config.resolved import Note
from photoncloud.config.suggestion import nearest
from photoncloud.config.tree import LeafNode, Schema, TableNode, second_name_target
from photoncloud.config.value_types import UrlRule

RawPath = tuple[Any, ...]


@dataclass
class Layer:
    """What one source contributes. `tables` remembers where tables and entries begin; `place` finds inner positions."""

    leaves: dict[Path, Leaf] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    tables: dict[Path, Origin] = field(default_factory=dict)
    place: Callable[[RawPath], Origin] | None = None
    notes: list[Note] = field(default_factory=list)
    written_as: dict[Path, str | RawPath] = field(default_factory=dict)

    def put(self, path: Path, value: Any, origin: Origin, name: str | RawPath) -> None:
        """Set a leaf under the name (or raw path) that was written; a second name with another value: `conflict`."""
        earlier = self.leaves.get(path)
        if earlier is None:
            self.leaves[path] = Leaf(value, origin)
            self.written_as[path] = name
        elif earlier.value != value:
            first, second = (_written(one) for one in (self.written_as[path], name))
            detail = f"{first} and {second} are two names of {dotted(path)}"
            self.problems.append(
                Problem("conflict", dotted(path), f"{detail} and are set to different values", "", origin)
            )

    def note_rewrite(self, node: LeafNode, path: Path, text: Any, origin: Origin) -> None:
        """Say once that a URL's scheme was read as another one."""
        rule = node.type.rule
        if isinstance(rule, UrlRule) and isinstance(text, str) and rule.is_rewritten(text):
            fields = {"key": dotted(path), "value": rule.normalise(text), "origin": origin.describe()}
            self.notes.append(Note("warning", "endpoint_scheme_normalised", fields))

    def refuse(self, code: Code, key: str, message: str, origin: Origin, suggestion: str = "") -> None:
        self.problems.append(Problem(code, key, with_suggestion(message, suggestion), suggestion, origin))


def _written(name: str | RawPath) -> str:
    return name if isinstance(name, str) else ".".join(str(part) for part in name)


def with_suggestion(message: str, suggestion: str) -> str:
    return f'{message}; did you mean "{suggestion}"?' if suggestion else message


def refused(error: Refused, path: Path, origin: Origin) -> Problem:
    """The problem of a value that does not fit; a wrong mode has a code and a wording of its own."""
    if dotted(path) == "photon.mode" and error.code == "bad-value":
        word, _, names = error.message.partition(" is not one of ")
        hint = f'; did you mean "{error.suggestion}"?' if error.suggestion else ""
        return Problem("unknown-mode", "photon.mode", f"{word} is not a mode{hint} ({names})", error.suggestion, origin)
    engines = path[:2] == ("photon", "standalone") and error.code == "bad-value"
    code: Code = "unsupported-backend" if engines else error.code
    message = with_suggestion(f"{dotted(path)}: {error.message}", error.suggestion)
    return Problem(code, dotted(path), message, error.suggestion, origin)


def read_tree(tree: Mapping[str, Any], schema: Schema, place: Callable[[RawPath], Origin]) -> Layer:
    """The layer of parsed tables; `place` says where a raw path (keys and indices) stands."""
    layer = Layer(place=place)
    _TreeReader(schema, layer, place).table(schema.root, tree, (), ())
    return layer


class _TreeReader:
    def __init__(self, schema: Schema, layer: Layer, place: Callable[[RawPath], Origin]) -> None:
        self.schema = schema
        self.layer = layer
        self.place = place

    def table(self, node: TableNode, tree: Mapping[str, Any], raw: RawPath, path: Path) -> None:
        for key, value in tree.items():
            child = node.children.get(key)
            if child is None:
                self.other_name(node, key, value, (*raw, key), (*path, key))
            elif isinstance(child, LeafNode):
                self.leaf(child, value, (*raw, key), (*path, key))
            elif isinstance(value, dict):
                self.layer.tables[(*path, key)] = self.place((*raw, key))
                self.table(child, value, (*raw, key), (*path, key))
            else:
                self.wrong_type((*path, key), "a table", (*raw, key))

    def other_name(self, node: TableNode, key: str, value: Any, raw: RawPath, path: Path) -> None:
        target = second_name_target(self.schema, path)
        if target is None:
            self.layer.problems.append(unknown_key(self.schema, node, path, self.place(raw)))
            return
        stored = path if path[0] == "integrated" else target
        self.leaf(self.schema.leaf(target), value, raw, stored)

    def leaf(self, node: LeafNode, value: Any, raw: RawPath, path: Path) -> None:
        if node.entry is not None:
            self.entries(node, node.entry, value, raw, path)
            return
        origin = self.place(raw)
        if node.marks.relative_to_file:
            value = beside_file(value, origin)
        try:
            self.layer.put(path, fit(value, node), origin, raw)
            if node.type.rule is not None:
                self.layer.note_rewrite(node, path, value, origin)
        except Refused as error:
            self.layer.problems.append(refused(error, path, self.place((*raw, *error.at))))

    def entries(self, node: LeafNode, entry: TableNode, value: Any, raw: RawPath, path: Path) -> None:
        if not isinstance(value, list) or not all(isinstance(element, dict) for element in value):
            self.wrong_type(path, "an array of tables", raw)
        elif not node.identity or not value:
            self.layer.put(path, self.whole_entries(entry, value, raw, path), self.place(raw), dotted(path))
        else:
            for index, element in enumerate(value):
                self.named_entry(node, entry, element, (*raw, index), path)

    def whole_entries(self, entry: TableNode, value: list[Any], raw: RawPath, path: Path) -> tuple[Any, ...]:
        """The entries of an array without identity: checked and fitted, kept as one value."""
        result = []
        for index, element in enumerate(value):
            inner = Layer(place=self.place, problems=self.layer.problems)
            here = (*path, Item(str(index)))
            _TreeReader(self.schema, inner, self.place).table(entry, element, (*raw, index), here)
            values = {found[len(here) :]: leaf.value for found, leaf in inner.leaves.items()}
            result.append(unflatten(values))
        return tuple(result)

    def named_entry(self, node: LeafNode, entry: TableNode, element: Any, raw: RawPath, path: Path) -> None:
        identity = element.get(node.identity)
        origin = self.place(raw)
        if identity is None:
            message = f"an entry of {dotted(path)} has no {node.identity}"
            self.layer.refuse("missing-key", f"{dotted(path)}.{node.identity}", message, origin)
        elif not isinstance(identity, str):
            self.wrong_type((*path, node.identity), "a string", (*raw, node.identity))
        elif (*path, Item(identity)) in self.layer.tables:
            message = f'two entries of {dotted(path)} have the {node.identity} "{identity}"'
            self.layer.refuse("conflict", dotted((*path, Item(identity))), message, origin)
        else:
            self.layer.tables[(*path, Item(identity))] = origin
            self.table(entry, element, raw, (*path, Item(identity)))

    def wrong_type(self, path: Path, expected: str, raw: RawPath) -> None:
        self.layer.refuse("wrong-type", dotted(path), f"{dotted(path)} should be {expected}", self.place(raw))


def beside_file(value: Any, origin: Origin) -> Any:
    """A relative path (or list of paths) as seen from the folder of the file that holds the key."""
    if isinstance(value, list):
        return [beside_file(item, origin) for item in value]
    if not isinstance(value, str) or not value or origin.kind != "file":
        return value
    return posixpath.join(posixpath.dirname(origin.path), value)


def unknown_key(schema: Schema, node: TableNode, path: Path, origin: Origin) -> Problem:
    """The problem of a key the table does not have, with the nearest sibling or the table where the key belongs."""
    key = dotted(path)
    instead = schema.declaration.removed_keys.get(key)
    if instead is not None:
        return Problem("unknown-key", key, f'"{key}" was removed; {instead}', origin=origin)
    near = nearest(path[-1], node.children)
    if near:
        return Problem("unknown-key", key, with_suggestion(f'unknown key "{key}"', near), near, origin)
    elsewhere = [found for found in schema.leaves if found[-1] == path[-1] and found[0] != "integrated"]
    if elsewhere:
        home = dotted(elsewhere[0][:-1])
        return Problem("unknown-key", key, f'unknown key "{key}"; it belongs in [{home}]', dotted(elsewhere[0]), origin)
    near = nearest(path[-1], sorted({found[-1] for found in schema.leaves}))
    return Problem("unknown-key", key, with_suggestion(f'unknown key "{key}"', near), near, origin)


def merge(layers: Iterable[Mapping[Path, Leaf]]) -> dict[Path, Leaf]:
    """Lay layers over each other, lowest first; each leaf remembers what it overrode."""
    result: dict[Path, Leaf] = {}
    for leaves in layers:
        for path, leaf in leaves.items():
            lower = result.get(path)
            result[path] = leaf if lower is None else leaf.over(lower)
    return result
