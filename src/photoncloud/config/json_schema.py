"""JSON Schema 2020-12 of a component's TOML: the shape the loader accepts, with our marks as `x-` keywords."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import TypeAdapter

from photoncloud.config.coercion import DURATION_UNITS, LIST_ITEMS_MAX, SIZE_UNITS
from photoncloud.config.leaf import Path, dotted, path_of
from photoncloud.config.leaf_type import DURATIONS, LeafType
from photoncloud.config.plain import masked
from photoncloud.config.secret import MASK
from photoncloud.config.tree import LeafNode, Schema, TableNode
from photoncloud.config.value_types import AddressRule, UrlRule

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ADDRESS_PATTERN = r"unix:/.*|\[[0-9A-Fa-f:.]+\]:\d{1,5}|[^\s:/@\[\]?#]*:\d{1,5}"


def json_schema(schema: Schema) -> dict[str, Any]:
    """The whole document; `$defs` holds the component's table once, for `[standalone]` and `[integrated]`."""
    writer = _Writer(schema)
    photon = writer.table(_table(schema.root, "photon"), ("photon",))
    own = writer.table(_table(schema.root, "standalone"), ("standalone",))
    twin = writer.table(_table(schema.root, "standalone"), ("integrated",))
    return {
        "$schema": DIALECT,
        "$id": f"urn:photoncloud:config:{schema.component}",
        "title": f"Configuration of {schema.component}",
        "type": "object",
        "additionalProperties": False,
        "properties": {"photon": photon, "standalone": own, "integrated": twin},
        "$defs": writer.definitions,
    }


def _table(root: TableNode, name: str) -> TableNode:
    node = root.children[name]
    assert isinstance(node, TableNode)
    return node


class _Writer:
    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.definitions: dict[str, Any] = {}

    def table(self, node: TableNode, path: Path) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        for name, child in node.children.items():
            here = (*path, name)
            properties[name] = self.table(child, here) if isinstance(child, TableNode) else self.leaf(child)
        properties |= self.second_names(path)
        document = {
            "type": "object",
            "description": node.description,
            "additionalProperties": False,
            "properties": properties,
        }
        return {key: value for key, value in document.items() if value != ""}

    def second_names(self, path: Path) -> Mapping[str, Any]:
        """The second names that stand in this table; entries of arrays (no path) have none."""
        if not path:
            return {}
        table = "standalone" if path[0] == "integrated" else path[0]
        prefix = dotted((table, *path[1:])) + "."
        found = {}
        for key, target in self.schema.second_names.items():
            name = key.removeprefix(prefix)
            if key.startswith(prefix) and "." not in name:
                leaf = self.leaf(self.schema.leaf(path_of(target)))
                found[name] = {**leaf, "description": f"Second name of {target}.", "x-second-name-of": target}
        return found

    def leaf(self, node: LeafNode) -> dict[str, Any]:
        document = self.entries(node, node.entry) if node.entry is not None else self.value(node)
        if node.description:
            document["description"] = node.description
        default = masked(node.default, node.is_secret)
        if default is not None and node.entry is None:
            document["default"] = default
        document |= marks_json(node)
        return document

    def entries(self, node: LeafNode, entry: TableNode) -> dict[str, Any]:
        items = self.table(entry, ())
        required = [name for name, child in entry.children.items() if isinstance(child, LeafNode) and child.required]
        if node.identity and node.identity not in required:
            required.append(node.identity)
        if required:
            # Files may give a part of an entry that another file completes; only the identity is needed in each.
            items["required"] = [node.identity] if node.identity else required
        return {"type": "array", "items": items, "maxItems": LIST_ITEMS_MAX}

    def value(self, node: LeafNode) -> dict[str, Any]:
        kind = node.type
        if kind.kind == "map" and kind.item is not None and kind.item.kind == "secret":
            return {"type": "object", "additionalProperties": secret_json()}
        if kind.kind == "list" and kind.item is not None:
            items = self.scalar(kind.item, node)
            document = {**self.from_pydantic(node), "items": items} if not kind.has_secret else {"items": items}
            document |= {"type": "array", "maxItems": document.get("maxItems", LIST_ITEMS_MAX)}
            return {"anyOf": [document, items]} if node.marks.single else document
        return self.scalar(kind, node)

    def scalar(self, kind: LeafType, node: LeafNode) -> dict[str, Any]:
        """One value of a type; `node` gives its unit and spellings."""
        if kind.has_secret or node.marks.secret:
            return secret_json()
        if kind.kind == "choice":
            return choice_json(kind, node)
        if kind.rule is not None:
            return {"type": "string", "pattern": rule_pattern(kind.rule)}
        document = self.from_pydantic(node) if kind is node.type else self.described(kind.annotation)
        if node.unit and kind.kind in ("int", "float"):
            return {"anyOf": [document, {"type": "string", "pattern": quantity_pattern(node.unit)}]}
        return document

    def from_pydantic(self, node: LeafNode) -> dict[str, Any]:
        constraints = tuple(item for item in node.constraints if item is not node.marks)
        annotation = Annotated[(node.type.annotation, *constraints)] if constraints else node.type.annotation
        return self.described(annotation)

    def described(self, annotation: Any) -> dict[str, Any]:
        """pydantic's own schema of an annotation, without the null of unset values; definitions go to the root."""
        document: dict[str, Any] = TypeAdapter(annotation).json_schema()
        self.definitions |= document.pop("$defs", {})
        options = [option for option in document.get("anyOf", ()) if option != {"type": "null"}]
        if len(options) == 1:
            document.pop("anyOf")
            document |= options[0]
        return document


def secret_json() -> dict[str, Any]:
    return {"type": "string", "writeOnly": True, "not": {"const": MASK}}


def choice_json(kind: LeafType, node: LeafNode) -> dict[str, Any]:
    """The spellings of a choice; without case they are a pattern."""
    names = [*kind.choices, *(accepted for accepted, _meant in node.marks.synonyms)]
    if not node.marks.fold_case:
        return {"enum": names}
    return {
        "type": "string",
        "pattern": rf"^\s*({'|'.join(_any_case(str(name)) for name in names)})\s*$",
        "examples": names,
    }


def _any_case(word: str) -> str:
    return "".join(f"[{c.upper()}{c}]" if c.isalpha() else re.escape(c) for c in word.lower())


def rule_pattern(rule: AddressRule | UrlRule) -> str:
    """A pattern for the shape of addresses and URLs; the loader checks them closer."""
    if isinstance(rule, AddressRule):
        body = ADDRESS_PATTERN
    else:
        schemes = "|".join((*rule.schemes, *(scheme for scheme, _new in rule.rewrite)))
        body = rf"({schemes})://[^\s@?#/]+{'(/[^@?#]*)?' if rule.path else '/?'}"
    return rf"^\s*({body}){'?' if rule.empty else ''}\s*$"


def quantity_pattern(unit: str) -> str:
    """`1h30m`, `256MiB` or a bare number in quotes."""
    is_duration = unit in DURATIONS
    names = "|".join(sorted(DURATION_UNITS if is_duration else SIZE_UNITS, key=len, reverse=True))
    quantity = rf"\d+(\.\d+)?\s*({names})"
    return rf"^\s*([+-]?\d+(\.\d+)?|{f'({quantity})+' if is_duration else quantity})\s*$"


def marks_json(node: LeafNode) -> dict[str, Any]:
    """What `setting` said about a leaf, as `x-` keywords."""
    merge = "by " + node.identity if node.identity else "replace"
    marks = {
        "x-type": node.type.describe(),
        "x-unit": node.unit.removeprefix("_"),
        "x-reload": node.marks.reload,
        "x-secret": node.is_secret,
        "x-merge": merge,
        "x-env": list(node.marks.env),
        "x-since": node.marks.since,
    }
    return {key: value for key, value in marks.items() if value not in ("", [], False)}
