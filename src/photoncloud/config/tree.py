"""The schema of one component as a tree of tables and leaves, built once from its models and its declaration.

The loader walks layers along it, suggestions and exports read it. `[standalone.*]` and `[integrated.*]` are the same
node. `photon.standalone` comes from the `Declaration`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic.fields import FieldInfo

from photoncloud.config.capability_names import LOCAL, accepted_engines
from photoncloud.config.declaration import CAPABILITIES, Declaration
from photoncloud.config.leaf import Path, dotted, path_of
from photoncloud.config.leaf_type import LeafType, leaf_type, table_model, unit_of
from photoncloud.config.marks import NO_MARKS, ConfigModel, Marks, marks_of, summary_of
from photoncloud.config.origin import DEFAULT, Leaf
from photoncloud.config.schema import SECOND_NAMES, PhotonSettings

# Settings classes of one process: its own, plus those a test suite or a documentation run walks through.
SCHEMAS_REMEMBERED_MAX = 64
# Kinds whose values a file already holds in the form the leaf keeps.
PLAIN_TYPES: Mapping[str, type] = {"bool": bool, "int": int, "float": float, "text": str}


@dataclass(frozen=True)
class LeafNode:
    """One leaf: its type, marks, unit suffix ("" = none), default (None = unset) and sentence.

    `entry` is the table of one entry when the leaf is an array of tables. `plain_type`: a value of exactly this type
    needs no fitting.
    """

    type: LeafType
    marks: Marks = NO_MARKS
    unit: str = ""
    default: Any = None
    required: bool = False
    description: str = ""
    constraints: tuple[Any, ...] = ()
    entry: TableNode | None = None
    plain_type: object = None

    @property
    def identity(self) -> str:
        """The field that tells the entries of an array of tables apart; "" when nothing does."""
        return self.marks.merge_identity if self.entry else ""

    @property
    def is_secret(self) -> bool:
        """True when the whole value must never be shown."""
        return self.marks.secret or self.type.has_secret

    @property
    def holds_secret(self) -> bool:
        """True when the value is secret, or an entry of an array of tables has a secret in it."""
        return self.is_secret or (
            self.entry is not None and any(leaf.holds_secret for _, leaf in leaves_below(self.entry))
        )


@dataclass(frozen=True)
class TableNode:
    """One table. `optional`: absent means None, so its defaults are nobody's business until it is written."""

    children: Mapping[str, TableNode | LeafNode]
    model: type[ConfigModel] | None = None
    description: str = ""
    optional: bool = False


Node = TableNode | LeafNode


@dataclass(frozen=True)
class Schema:
    """Everything the loader knows about one component before it reads anything.

    `flat_names`: flat variable → leaf, the canonical name of each leaf before its aliases. `defaults`: lowest layer.
    `leaves`: every leaf that is not inside an entry of an array, in schema order.
    """

    component: str
    declaration: Declaration
    model: type[ConfigModel]
    root: TableNode
    second_names: Mapping[str, str]
    flat_names: Mapping[str, Path] = field(repr=False)
    defaults: Mapping[Path, Leaf] = field(repr=False)
    leaves: Mapping[Path, LeafNode] = field(repr=False)

    def find(self, path: Path) -> Node | None:
        """The node of a path (items stand for any entry), or None."""
        known = self.leaves.get(path)
        if known is not None:
            return known
        node: Node = self.root
        for segment in path:
            table = node if isinstance(node, TableNode) else node.entry
            if table is None:
                return None
            if isinstance(node, LeafNode) and node.identity and type(segment) is not str:
                continue
            child = table.children.get(segment)
            if child is None:
                return None
            node = child
        return node

    def leaf(self, path: Path) -> LeafNode:
        """The leaf node of a path; KeyError when there is none."""
        node = self.find(path)
        if not isinstance(node, LeafNode):
            raise KeyError(dotted(path))
        return node

    def leaf_or_second_name(self, path: Path) -> LeafNode:
        """The leaf node of a path, or of the leaf a second name below `integrated` stands for; KeyError otherwise."""
        known = self.leaves.get(path)
        if known is not None:
            return known
        target = second_name_target(self, path)
        return self.leaf(path if target is None else target)

    def is_secret(self, path: Path) -> bool:
        """True when the value of a path must never be shown."""
        return self.leaf_or_second_name(path).is_secret


def second_name_target(schema: Schema, path: Path) -> Path | None:
    """The leaf a second name stands for; `integrated.x` is the twin of a second name `standalone.x`."""
    key = dotted(("standalone", *path[1:]) if path[:1] == ("integrated",) else path)
    target = schema.second_names.get(key)
    return None if target is None else path_of(target)


@lru_cache(maxsize=SCHEMAS_REMEMBERED_MAX)
def schema_of(model: type[ConfigModel]) -> Schema:
    """The schema of a component's `Settings` class. Pure, remembered because the class never changes."""
    declaration: Declaration = model.declaration  # type: ignore[attr-defined]
    own = table_node(model)
    photon = table_node(PhotonSettings)
    children = dict(photon.children)
    children["standalone"] = _engine_table(declaration)
    root = TableNode(
        {
            "photon": TableNode(children, PhotonSettings, "Common to all components."),
            "standalone": own,
            "integrated": own,
        }
    )
    second_names = {**SECOND_NAMES, **declaration.second_names}
    leaves = dict(leaves_below(root))
    flat = {name: path for path, leaf in leaves.items() if path[0] != "integrated" for name in leaf.marks.env}
    defaults = {path: Leaf(value, DEFAULT) for path, value in _all_defaults(root, declaration).items()}
    return Schema(declaration.component, declaration, model, root, second_names, flat, defaults, leaves)


def _all_defaults(root: TableNode, declaration: Declaration) -> dict[Path, Any]:
    """The lowest layer: the models' defaults, and those that depend on the component."""
    computed: dict[Path, Any] = {
        # Made of the host name, which is not known here.
        ("photon", "component_id"): None,
        ("photon", "ops", "addr"): declaration.ops_addr,
        ("photon", "state_dir"): declaration.state_dir or f"/var/lib/{declaration.component}/state",
    }
    found: dict[Path, Any] = {}
    for table in ("photon", "standalone"):
        found |= default_leaves(root.children[table], (table,))
    return found | computed


def table_node(model: type[ConfigModel], description: str = "", optional: bool = False) -> TableNode:
    """The node of a model and of everything below it."""
    children = {name: _field_node(name, info) for name, info in model.model_fields.items()}
    return TableNode(children, model, description or summary_of(model), optional)


def _field_node(name: str, info: FieldInfo) -> Node:
    marks = marks_of(info)
    model = table_model(info.annotation)
    if model is not None:
        return table_node(model, info.description or "", optional=info.default is None)
    kind = leaf_type(info.annotation, info.metadata)
    required = info.is_required()
    default = None if required else info.get_default(call_default_factory=True)
    entry = table_node(kind.model) if kind.model is not None else None
    unit = unit_of(name, marks.unit) if _is_number(kind) else ""
    description, constraints = info.description or "", tuple(info.metadata)
    plain_type = None if marks.secret or marks.relative_to_file or kind.rule else PLAIN_TYPES.get(kind.kind)
    return LeafNode(kind, marks, unit, default, required, description, constraints, entry, plain_type)


def _is_number(kind: LeafType) -> bool:
    return kind.kind in ("int", "float") or (kind.item is not None and kind.item.kind in ("int", "float"))


def _engine_table(declaration: Declaration) -> TableNode:
    """`[photon.standalone]`: a leaf for each capability and each declared engine, and `config_source`."""
    children: dict[str, Node] = {}
    for capability in CAPABILITIES:
        names = accepted_engines(declaration, capability)
        default = declaration.capabilities[capability][0] if capability in declaration.capabilities else None
        children[f"{capability}_backend"] = _engine_leaf(names, default, f"Local engine of {capability}.")
    for leaf, names in declaration.standalone_backends.items():
        engine = leaf.removesuffix("_backend").replace("_", " ")
        accepted = tuple(dict.fromkeys((*names, LOCAL)))
        children[leaf] = _engine_leaf(accepted, None, f"Engine of {engine}; {names[0]} unless the backends decide.")
    children["config_source"] = _engine_leaf(("file",), "file", "Where settings come from.")
    return TableNode(children, None, "Local engines.")


def _engine_leaf(names: tuple[str, ...], default: str | None, description: str) -> LeafNode:
    kind = LeafType("choice", choices=names, nullable=default is None, annotation=str)
    return LeafNode(kind, Marks(), "", default, False, description)


def leaves_below(node: Node, path: Path = ()) -> Iterator[tuple[Path, LeafNode]]:
    """Every leaf below a node in schema order; an array of tables is one leaf."""
    if isinstance(node, LeafNode):
        yield path, node
        return
    for name, child in node.children.items():
        yield from leaves_below(child, (*path, name))


def default_leaves(node: Node, path: Path) -> dict[Path, Any]:
    """The defaults below a node. Optional tables, required keys and arrays with default entries have none."""
    if isinstance(node, LeafNode):
        has_none = node.required or (node.entry is not None and node.default)
        return {} if has_none else {path: node.default}
    if node.optional:
        return {}
    result: dict[Path, Any] = {}
    for name, child in node.children.items():
        result |= default_leaves(child, (*path, name))
    return result


def own_key(key: str) -> Path:
    """The path of a key a declaration names relative to `standalone`; `photon.` keys are absolute."""
    path = path_of(key)
    return path if path[0] in ("photon", "standalone", "integrated") else ("standalone", *path)
