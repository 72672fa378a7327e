"""What a reload may change and what has to wait for a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from photoncloud.config.assembly import assemble
from photoncloud.config.leaf import Path, dotted
from photoncloud.config.origin import Leaf
from photoncloud.config.resolved import Resolved
from photoncloud.config.tree import LeafNode, Schema, second_name_target


@dataclass(frozen=True)
class ReloadPlan:
    """`changed`: keys whose values change now; `restart_required`: keys that differ and keep their old value.

    `effective` is what the process runs with afterwards: the new values of reloadable leaves, the old ones of all
    others, the old mode and the old backends.
    """

    changed: tuple[str, ...]
    restart_required: tuple[str, ...]
    effective: Resolved


def plan(old: Resolved, new: Resolved) -> ReloadPlan:
    """Compare what runs with what was just loaded. ConfigurationError when the mixture breaks a rule across fields."""
    material = replace(new.material, decision=old.material.decision)
    effective = assemble(_mixture(old.merged, new.merged, old.schema), material)
    changed = _differences(old.effective, effective.effective)
    waiting = set(_differences(effective.effective, new.effective))
    if effective.mode != new.mode:
        waiting.add("photon.mode")
    return ReloadPlan(changed, tuple(sorted(waiting)), effective)


def is_reloadable(path: Path, schema: Schema) -> bool:
    """Whether a leaf may change while the process runs; entries of an array of tables follow the array's mark."""
    for length in range(1, len(path) + 1):
        node = schema.find(path[:length])
        if isinstance(node, LeafNode):
            return node.marks.reload
    target = second_name_target(schema, path)
    return target is not None and schema.leaf(target).marks.reload


def _mixture(old: Mapping[Path, Leaf], new: Mapping[Path, Leaf], schema: Schema) -> dict[Path, Leaf]:
    """New reloadable leaves between old fixed ones, in the old order where it exists."""
    mixed: dict[Path, Leaf] = {}
    for path in dict.fromkeys((*old, *new)):
        source = new if is_reloadable(path, schema) else old
        if path in source:
            mixed[path] = source[path]
    return mixed


def _differences(before: Mapping[Path, Leaf], after: Mapping[Path, Leaf]) -> tuple[str, ...]:
    paths = dict.fromkeys((*before, *after))
    return tuple(sorted(dotted(path) for path in paths if _value(before, path) != _value(after, path)))


def _value(leaves: Mapping[Path, Leaf], path: Path) -> Any:
    """The value of a leaf; an absent leaf equals an unset one."""
    leaf = leaves.get(path)
    return None if leaf is None else leaf.value
