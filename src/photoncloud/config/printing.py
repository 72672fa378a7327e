"""The effective configuration as a document that loads again: TOML with an origin comment a leaf, or JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from photoncloud.config.environment import variables_of
from photoncloud.config.leaf import Item, Path, dotted
from photoncloud.config.origin import Leaf
from photoncloud.config.plain import masked
from photoncloud.config.problem import printable
from photoncloud.config.resolved import Resolved
from photoncloud.config.toml_text import toml_header, toml_key, toml_value
from photoncloud.config.tree import Schema

COMMENT_COLUMN = 60


def as_toml(resolved: Resolved) -> str:
    """Every effective leaf as TOML. Secrets are `"***"`, which the loader refuses: supply them again."""
    lines = [
        f"# {resolved.component}: mode {resolved.mode} ({printable(resolved.mode_reason)}), stage {resolved.stage}",
        f"# backends: {' '.join(f'{name}={backend}' for name, backend in resolved.backends.items()) or 'none'}",
    ]
    root = _nest(resolved.effective)
    for name, node in root.items():
        lines += _table(node, (name,), (name,), f"[{toml_key(name)}]", resolved.schema)
    return "\n".join(lines) + "\n"


def _nest(leaves: Mapping[Path, Leaf]) -> dict[str, Any]:
    """Nested dicts of leaves; entries of arrays stay under their `Item` segments."""
    root: dict[str, Any] = {}
    for path, leaf in leaves.items():
        node = root
        for segment in path[:-1]:
            child = node.get(segment)
            if not isinstance(child, dict):
                child = node[segment] = {}
            node = child
        node.setdefault(path[-1], leaf)
    return root


def _table(node: Mapping[str, Any], header: Path, path: Path, opening: str, schema: Schema) -> list[str]:
    """The lines of one table: its own leaves, then the tables below. `header` is the path without items."""
    own = [_line(name, child, (*path, name), schema) for name, child in node.items() if isinstance(child, Leaf)]
    lines = ["", opening, *own] if own or isinstance(path[-1], Item) else []
    for name, child in node.items():
        if isinstance(child, Leaf):
            continue
        here = (*header, name)
        if any(isinstance(key, Item) for key in child):
            for item, entry in child.items():
                lines += _table(entry, here, (*path, name, item), f"[[{toml_header(here)}]]", schema)
        else:
            lines += _table(child, here, (*path, name), f"[{toml_header(here)}]", schema)
    return lines


def _line(name: str, leaf: Leaf, path: Path, schema: Schema) -> str:
    value = masked(leaf.value, schema.is_secret(path))
    text = f"# {toml_key(name)} is not set" if value is None else f"{toml_key(name)} = {toml_value(value)}"
    return f"{text:<{COMMENT_COLUMN}}  # {printable(leaf.origin.describe())}"


def as_json(resolved: Resolved) -> dict[str, Any]:
    """Everything `photonctl config show`, `explain` and `diff` need, as plain data without secrets."""
    return {
        "component": resolved.component,
        "mode": resolved.mode,
        "mode_reason": resolved.mode_reason,
        "stage": resolved.stage,
        "backends": dict(resolved.backends),
        "engines": dict(resolved.engines),
        "hash": resolved.hash,
        "files": list(resolved.files),
        "leaves": [leaf_json(path, leaf, resolved.schema) for path, leaf in resolved.effective.items()],
        "notes": [{"level": n.level, "event": n.event, "fields": dict(n.fields)} for n in resolved.notes],
    }


def leaf_json(path: Path, leaf: Leaf, schema: Schema) -> dict[str, Any]:
    """One leaf with its whole history: `overridden` runs from the highest lower layer to the default."""
    node = schema.leaf_or_second_name(path)
    secret = node.is_secret
    return {
        "key": dotted(path),
        "value": masked(leaf.value, secret),
        "origin": leaf.origin.as_json(),
        "overridden": [
            {"value": masked(value, secret), "origin": origin.as_json()} for value, origin in leaf.overridden
        ],
        "type": node.type.describe(),
        "unit": node.unit.removeprefix("_"),
        "reload": node.marks.reload,
        "secret": secret,
        "variables": list(variables_of(path, schema)),
        "description": node.description,
    }
