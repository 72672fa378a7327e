"""The one value three renderings share.

`graph` makes it from a topology; each reader makes it from what its renderer wrote; a test demands that they are
equal. References stay symbolic, defaults are filled in, nothing depends on where it runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from photoncloud.deploy.core.topology import Component, Port, Resources, Topology

# Fixed number of our images and of shared folders; above every range Debian hands out by itself.
IMAGE_USER = "64017:64017"


@dataclass(frozen=True, slots=True)
class Node:
    """A component as every rendering carries it. Mappings are compared as values; their order has no meaning."""

    name: str
    program: tuple[str, ...]
    environment: Mapping[str, str]
    config: Mapping[str, Any]
    ports: tuple[Port, ...]
    health: str
    needs: Mapping[str, str]
    readiness: str
    restart: str
    start_timeout_sec: int
    stop_timeout_sec: int
    resources: Resources
    capabilities: tuple[str, ...]
    network: str
    image: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Graph:
    level: str
    nodes: tuple[Node, ...]

    def as_json(self) -> dict[str, Any]:
        return {"level": self.level, "components": [asdict(node) for node in self.nodes]}


def graph(topology: Topology, version: str) -> Graph:
    """The normal form: literals equal to the version become `@version`, `mode` becomes `PHOTON_MODE`."""
    return Graph(topology.name, tuple(_node(component, version) for component in topology.components))


def _node(component: Component, version: str) -> Node:
    return Node(
        name=component.name,
        program=component.program,
        environment={**_normal(component.env, version), "PHOTON_MODE": component.mode},
        config=_normal(component.config, version),
        ports=tuple(sorted(component.ports, key=lambda port: port.name)),
        health=component.health,
        needs=dict(component.needs),
        readiness=component.readiness,
        restart=component.restart,
        start_timeout_sec=component.start_timeout_sec,
        stop_timeout_sec=component.stop_timeout_sec,
        resources=component.resources,
        capabilities=tuple(sorted(component.capabilities)),
        network=component.network,
        image=component.image,
        files=_normal(component.files, version),
    )


def _normal(value: Any, version: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _normal(item, version) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_normal(item, version) for item in value]
    return "@version" if value == version and isinstance(value, str) else value


def topology_of(value: Graph) -> Topology:
    """A topology that gives this graph again; `optional`, `extra` and host demands are not part of a rendering."""
    return Topology(value.level, tuple(_component(node) for node in value.nodes))


def _component(node: Node) -> Component:
    environment = dict(node.environment)
    mode = environment.pop("PHOTON_MODE")
    return Component(
        name=node.name,
        program=node.program,
        extra=node.name,
        mode=mode,
        ports=node.ports,
        health=node.health,
        env=environment,
        config=node.config,
        needs=node.needs,
        readiness=node.readiness,
        start_timeout_sec=node.start_timeout_sec,
        stop_timeout_sec=node.stop_timeout_sec,
        restart=node.restart,
        resources=node.resources,
        capabilities=node.capabilities,
        network=node.network,
        image=node.image,
        files=node.files,
    )
