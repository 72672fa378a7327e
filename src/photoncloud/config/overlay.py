"""`[integrated.*]` laid over `[standalone.*]`, leaf by leaf, whatever layers the two came from."""

from __future__ import annotations

from collections.abc import Mapping

from photoncloud.config.leaf import Path
from photoncloud.config.origin import Leaf
from photoncloud.config.tree import LeafNode, Schema, second_name_target


def overlay(merged: Mapping[Path, Leaf], schema: Schema) -> dict[Path, Leaf]:
    """The effective leaves when something is integrated; arrays of tables are replaced whole. Idempotent in values."""
    laid = {path: leaf for path, leaf in merged.items() if path[0] == "integrated"}
    replaced = {array for path in laid if (array := _array_of(("standalone", *path[1:]), schema)) is not None}
    result = {path: leaf for path, leaf in merged.items() if not _is_below(path, replaced)}
    for path, leaf in laid.items():
        target = second_name_target(schema, path) or ("standalone", *path[1:])
        lower = result.get(target)
        result[target] = leaf if lower is None else leaf.over(lower)
    return result


def _array_of(path: Path, schema: Schema) -> Path | None:
    """The outermost array of tables on a path."""
    for length in range(1, len(path) + 1):
        node = schema.find(path[:length])
        if isinstance(node, LeafNode):
            return path[:length] if node.entry is not None else None
    return None


def _is_below(path: Path, tables: set[Path]) -> bool:
    return any(path[: len(table)] == table for table in tables)
