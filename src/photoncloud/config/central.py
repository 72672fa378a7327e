"""Settings handed out by a control plane: one more layer, under the same validation, with an origin of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from photoncloud.config.layer import Layer, read_tree
from photoncloud.config.leaf import Path, dotted
from photoncloud.config.origin import Origin
from photoncloud.config.problem import Problem
from photoncloud.config.tree import LeafNode, Schema

# What makes a process itself: a control plane that could set these could take the process over or cut it off.
PROTECTED = (
    ("photon", "mode"),
    ("photon", "component_id"),
    ("photon", "cluster_id"),
    ("photon", "state_dir"),
    ("photon", "tls"),
    ("photon", "integrated"),
    ("photon", "hybrid"),
)


@dataclass(frozen=True)
class CentralConfig:
    """One object of the control plane: its name and revision, and the nested tables it sets."""

    name: str
    revision: int
    tree: Mapping[str, Any]


def read_central(central: CentralConfig, schema: Schema) -> Layer:
    """Its layer; protected leaves and secrets in it are problems, so that the whole layer is refused."""
    origin = Origin("central", f"{central.name}@{central.revision}")
    layer = read_tree(central.tree, schema, lambda _raw: origin)
    for path in layer.leaves:
        node = schema.find(path)
        is_secret = isinstance(node, LeafNode) and node.is_secret
        if is_secret or _is_protected(path):
            message = f"{dotted(path)} may not be set by the control plane"
            layer.problems.append(Problem("bad-value", dotted(path), message, origin=origin))
    return layer


def _is_protected(path: Path) -> bool:
    engine = path[:2] == ("photon", "standalone")
    return engine or any(path[: len(prefix)] == prefix for prefix in PROTECTED)
