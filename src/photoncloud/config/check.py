"""Types and limits of a layer's leaves, judged by the component's models, each error placed where its key stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from photoncloud.config.coercion import shown
from photoncloud.config.layer import Layer, with_suggestion
from photoncloud.config.leaf import Item, Path, dotted, unflatten
from photoncloud.config.marks import ConfigModel
from photoncloud.config.origin import NOWHERE, Leaf, Origin
from photoncloud.config.problem import Code, Problem
from photoncloud.config.schema import PhotonSettings
from photoncloud.config.suggestion import nearest
from photoncloud.config.tree import LeafNode, Node, Schema, second_name_target

# pydantic's error type → problem code; types that are not here speak about the type of the value.
ERROR_CODES: Mapping[str, Code] = {
    "missing": "missing-key",
    "extra_forbidden": "unknown-key",
    "literal_error": "bad-value",
    "enum": "bad-value",
    "string_pattern_mismatch": "bad-value",
    "value_error": "bad-value",
    "assertion_error": "bad-value",
    "bad_value": "bad-value",
    "multiple_of": "bad-value",
    "finite_number": "out-of-range",
    "greater_than": "out-of-range",
    "greater_than_equal": "out-of-range",
    "less_than": "out-of-range",
    "less_than_equal": "out-of-range",
    "too_long": "out-of-range",
    "too_short": "out-of-range",
    "string_too_long": "out-of-range",
    "string_too_short": "out-of-range",
}


def check_layer(layer: Layer, schema: Schema) -> list[Problem]:
    """Wrong types and limits in one layer, whether or not a higher layer overrides the value.

    Absent required keys are no problem of a single layer. `[integrated.*]` is checked against the same models.
    """
    problems: list[Problem] = []
    for table in ("photon", "standalone", "integrated"):
        values = {
            path[1:]: leaf.value for path, leaf in layer.leaves.items() if path[0] == table and is_own(path, schema)
        }
        if values:
            problems += _layer_errors(layer, schema, table, values)
    twins = {
        target[1:]: (path, layer.leaves[path])
        for path in layer.leaves
        if path[0] == "integrated" and (target := second_name_target(schema, path)) is not None
    }
    for target, (path, leaf) in twins.items():
        for error in errors_of(PhotonSettings, unflatten({target: leaf.value})):
            problems.append(problem_of(error, path, leaf.origin, schema.leaf(("photon", *target))))
    return problems


def is_own(path: Path, schema: Schema) -> bool:
    """False for what the models do not hold: engines (checked by name already) and twins of second names."""
    if path[:2] == ("photon", "standalone"):
        return False
    return path[0] != "integrated" or path in schema.leaves or second_name_target(schema, path) is None


def _layer_errors(layer: Layer, schema: Schema, table: str, values: Mapping[Path, Any]) -> Iterator[Problem]:
    model = PhotonSettings if table == "photon" else schema.model
    tree = unflatten(values)
    for error in errors_of(model, tree):
        if error["type"] == "missing":
            continue
        path = path_at(schema.root.children[table], tree, error["loc"])
        full = (table, *path)
        origin = origin_at(layer, full, (table, *error["loc"]))
        node = schema.find(full)
        yield problem_of(error, full, origin, node if isinstance(node, LeafNode) else None)


def errors_of(model: type[ConfigModel], tree: Mapping[str, Any]) -> list[Any]:
    """pydantic's errors for a tree; empty when it is accepted."""
    try:
        model.model_validate(tree)
    except ValidationError as error:
        return list(error.errors(include_url=False))
    return []


def problem_of(error: Any, path: Path, origin: Origin, node: LeafNode | None) -> Problem:
    """One pydantic error as a problem of ours; the value of a secret is not shown."""
    code = ERROR_CODES.get(error["type"], "wrong-type")
    key = dotted(path)
    if code == "missing-key":
        return Problem(code, key, f"{key} is required", origin=origin)
    reason = error["msg"].removeprefix("Input ").removeprefix("Value error, ")
    reason = reason[:1].lower() + reason[1:]
    value = error.get("input")
    suggestion = ""
    if error["type"] == "literal_error" and isinstance(value, str) and node is not None:
        suggestion = nearest(value, [str(choice) for choice in node.type.choices])
    got = "" if node is None or node.is_secret or isinstance(value, dict | tuple) else f", not {literal(value)}"
    return Problem(code, key, with_suggestion(f"{key} {reason}{got}", suggestion), suggestion, origin)


def literal(value: Any) -> str:
    """A refused value as problems show it: texts in quotes, booleans as TOML writes them."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else shown(value)


def path_at(node: Node, tree: Any, location: tuple[Any, ...]) -> Path:
    """pydantic's location in a tree as a path of ours: the index of a named entry becomes its identity."""
    path: Path = ()
    current: Node | None = node
    for part in location:
        if isinstance(part, int):
            tree = tree[part] if isinstance(tree, tuple) and part < len(tree) else None
            identity = current.identity if isinstance(current, LeafNode) else ""
            path = (*path, Item(tree[identity] if identity and tree else str(part)))
        else:
            tree = tree.get(part) if isinstance(tree, Mapping) else None
            table = current.entry if isinstance(current, LeafNode) else current
            current = table.children.get(part) if table is not None else None
            path = (*path, part)
    return path


def origin_at(layer: Layer, path: Path, raw: tuple[Any, ...]) -> Origin:
    """The finest known place of a path in a layer: its own leaf, else the raw place, else a leaf around it."""
    leaf = layer.leaves.get(path)
    if leaf is not None:
        return leaf.origin
    if layer.place is not None:
        return layer.place(raw)
    return nearest_origin(layer.leaves, layer.tables, path)


def nearest_origin(leaves: Mapping[Path, Leaf], tables: Mapping[Path, Origin], path: Path) -> Origin:
    """The origin of the longest prefix of a path that stands somewhere."""
    for length in range(len(path), 0, -1):
        if path[:length] in leaves:
            return leaves[path[:length]].origin
        if path[:length] in tables:
            return tables[path[:length]]
    return NOWHERE
