"""Every key that exists, in the three forms people and programs want: JSON Schema, commented TOML, Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import ClassVar

from photoncloud.config.declaration import Declaration
from photoncloud.config.environment import variables_of
from photoncloud.config.json_schema import json_schema
from photoncloud.config.leaf import Path, dotted
from photoncloud.config.marks import ConfigModel
from photoncloud.config.plain import masked
from photoncloud.config.toml_text import toml_header, toml_key, toml_value
from photoncloud.config.tree import LeafNode, Schema, TableNode, schema_of

MARKDOWN_NOTICE = "<!-- Generated from the settings models; edit those, then regenerate. -->\n"


class NoSettings(ConfigModel):
    """The settings of no component: what is left is the part that all components share."""

    declaration: ClassVar[Declaration] = Declaration("COMPONENT", "", summary="Settings that every component shares")


def export(model: type[ConfigModel], format_name: str) -> str:
    """The schema of a component as `json`, `toml` or `markdown`."""
    schema = schema_of(model)
    if format_name == "json":
        return json.dumps(json_schema(schema), ensure_ascii=False, indent=2) + "\n"
    return {"toml": example_toml, "markdown": markdown}[format_name](schema)


def reference() -> dict[str, str]:
    """The committed reference of the common part: file name → text."""
    shared = NoSettings
    return {
        "configuration-photon.md": export(shared, "markdown"),
        "configuration-photon.schema.json": export(shared, "json"),
        "configuration-photon.toml": export(shared, "toml"),
    }


def example_toml(schema: Schema) -> str:
    """A commented file with every key at its default. It loads as it is: keys without a default are comments."""
    lines = [f"# Every setting of {schema.component}, at its default."]
    for name in ("photon", "standalone"):
        node = schema.root.children[name]
        assert isinstance(node, TableNode)
        lines += _toml_table(node, (name,), schema)
    lines += [
        "",
        "# [integrated.*] has the same keys as [standalone.*] and is laid over it when something is integrated.",
    ]
    return "\n".join(lines) + "\n"


def _toml_table(node: TableNode, path: Path, schema: Schema) -> Iterator[str]:
    own = [
        (name, child) for name, child in node.children.items() if isinstance(child, LeafNode) and child.entry is None
    ]
    off = "# " if node.optional else ""
    if own or node.optional:
        yield from ("", f"# {node.description}", f"{off}[{toml_header(path)}]")
    for name, leaf in own:
        yield from _toml_leaf(name, leaf, (*path, name), schema, off)
    for name, child in node.children.items():
        if isinstance(child, TableNode):
            inner = _toml_table(child, (*path, name), schema)
            yield from (
                (f"# {line}" if line and not line.startswith("#") else line for line in inner) if off else inner
            )
        elif child.entry is not None:
            yield from _toml_entries(child, child.entry, (*path, name))


def _toml_leaf(name: str, leaf: LeafNode, path: Path, schema: Schema, off: str) -> Iterator[str]:
    yield f"# {leaf.description} {leaf_summary(leaf)}".replace("#  ", "# ")
    default = schema.defaults[path].value if path in schema.defaults else leaf.default
    value = masked(default, leaf.is_secret)
    if value is None:
        yield f"# {toml_key(name)} ="
    else:
        yield f"{off}{toml_key(name)} = {toml_value(value)}"


def _toml_entries(leaf: LeafNode, entry: TableNode, path: Path) -> Iterator[str]:
    """An array of tables has no default to show: its keys are comments."""
    yield from ("", f"# {leaf.description or entry.description}", f"# [[{toml_header(path)}]]")
    for name, child in entry.children.items():
        if isinstance(child, LeafNode) and child.entry is None:
            value = masked(child.default, child.is_secret)
            shown = f" {toml_value(value)}" if value is not None else ""
            yield f"# {toml_key(name)} ={shown}  # {child.description} {leaf_summary(child)}".rstrip()


def leaf_summary(leaf: LeafNode) -> str:
    """Type, unit and reload mark in brackets."""
    parts = [leaf.type.describe()]
    if leaf.unit:
        parts.append(leaf.unit.removeprefix("_"))
    if leaf.marks.reload:
        parts.append("reload")
    return f"({', '.join(parts)})"


def markdown(schema: Schema) -> str:
    """A reference page: one table of keys for each table of the file, and the variables."""
    title = schema.declaration.summary or f"Configuration of {schema.component}"
    lines = [MARKDOWN_NOTICE, f"# {title}", ""]
    lines.append(
        "R: may change on reload. Times are in the unit of the key's name and also accept `30s`, `1h30m`, `7d`."
    )
    for path, node in _tables(schema):
        rows = [(name, child) for name, child in node.children.items() if isinstance(child, LeafNode)]
        if rows:
            lines += ["", f"## `[{dotted(path)}]`", "", node.description, ""]
            lines += ["| key | type | default | R | meaning |", "|---|---|---|---|---|"]
            lines += [_markdown_row(name, leaf, (*path, name), schema) for name, leaf in rows]
    lines += ["", "## Variables", "", "| variable | key |", "|---|---|"]
    lines += [f"| `{name}` | `{dotted(path)}` |" for name, path in schema.flat_names.items()]
    lines += ["", "Every other key is set by its path: `PHOTON__A__B` sets `photon.a.b`, "]
    lines[-1] += f"`{schema.declaration.variable_prefix}STANDALONE__A__B` sets `standalone.a.b`."
    if schema.second_names:
        lines += ["", "## Second names", "", "| name | key |", "|---|---|"]
        lines += [f"| `{name}` | `{target}` |" for name, target in schema.second_names.items()]
    return "\n".join(lines) + "\n"


def _tables(schema: Schema) -> Iterator[tuple[Path, TableNode]]:
    pending: list[tuple[Path, TableNode]] = []
    for name in ("standalone", "photon"):
        node = schema.root.children[name]
        assert isinstance(node, TableNode)
        pending.append(((name,), node))
    while pending:
        path, node = pending.pop()
        yield path, node
        for name, child in reversed(list(node.children.items())):
            if isinstance(child, TableNode):
                pending.append(((*path, name), child))
            elif child.entry is not None:
                pending.append(((*path, f"{name}[]"), child.entry))


def _markdown_row(name: str, leaf: LeafNode, path: Path, schema: Schema) -> str:
    default = schema.defaults[path].value if path in schema.defaults else leaf.default
    value = masked(default, leaf.is_secret)
    shown = (
        "required" if leaf.required else "–" if value is None or leaf.entry is not None else f"`{toml_value(value)}`"
    )
    kind = leaf.type.describe().replace("|", "\\|")
    mark = "R" if leaf.marks.reload else "–"
    names = leaf.marks.env or (variables_of(path, schema)[:1] if leaf.is_secret else ())
    meaning = leaf.description + (f" Variables: {', '.join(f'`{n}`' for n in names)}." if names else "")
    return f"| `{name}` | {kind} | {shown} | {mark} | {meaning.replace('<', '&lt;')} |"
