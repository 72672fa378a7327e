"""Render a topology for this machine without a service manager: variables, configuration and a description.

`<component>.env` (shell and systemd syntax), `<component>.toml`, and `level.json` with everything else a person or a
foreign supervisor needs: program, needs, readiness, ports, limits. The local supervisor starts exactly this.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from photoncloud.deploy.core import toml_text
from photoncloud.deploy.core.addresses import LocalAddresses
from photoncloud.deploy.core.escaping import variable_line, variables
from photoncloud.deploy.core.graph import Graph, Node
from photoncloud.deploy.core.port_plan import PortPlan
from photoncloud.deploy.core.rendering import (
    HEADER,
    Rendering,
    RenderingBroken,
    ports_as_data,
    ports_from_data,
    resolved,
    symbolised,
)
from photoncloud.deploy.core.topology import Component, Resources, Topology

FILE = "level.json"


def render(topology: Topology, addresses: LocalAddresses) -> Rendering:
    """Relative path -> text, for the data directory the addresses name."""
    files: dict[str, str] = {}
    described: dict[str, Any] = {}
    for component in topology.components:
        part = resolved(topology, component, addresses)
        name = component.name
        plain = {key: value for key, value in part.environment.items() if not _is_multi_line(value)}
        files[f"{name}.env"] = HEADER + "".join(variable_line(key, value) + "\n" for key, value in plain.items())
        files[f"{name}.toml"] = HEADER + toml_text.dumps(part.config)
        other = {key: value for key, value in part.environment.items() if _is_multi_line(value)}
        described[name] = _described(component, addresses.plan, other, part.files)
    document = {
        "level": topology.name,
        "version": addresses.version,
        "data_dir": addresses.data_dir,
        "data_dirs": dict(addresses.data_dirs),
        "order": list(topology.names),
        "components": described,
    }
    files[FILE] = json.dumps(document, indent=2, sort_keys=True) + "\n"
    return files


def read(files: Rendering) -> Graph:
    """The graph of a rendering of ours. Raises RenderingBroken."""
    try:
        document = json.loads(files[FILE])
        numbers: dict[tuple[str, str], int] = {}
        nodes = [_node(name, document["components"][name], files, numbers) for name in document["order"]]
        addresses = LocalAddresses(
            PortPlan(numbers), document["data_dir"], str(document["version"]), document["data_dirs"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RenderingBroken(f"not a rendering of ours: {type(error).__name__}: {error}") from error
    return symbolised(str(document["level"]), nodes, addresses)


def _described(
    component: Component, plan: PortPlan, multi_line: Mapping[str, str], files: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "program": list(component.program),
        "environment": dict(multi_line),
        "ports": ports_as_data(component, plan),
        "health": component.health,
        "needs": dict(component.needs),
        "readiness": component.readiness,
        "restart": component.restart,
        "start_timeout_sec": component.start_timeout_sec,
        "stop_timeout_sec": component.stop_timeout_sec,
        "resources": asdict(component.resources),
        "capabilities": sorted(component.capabilities),
        "network": component.network,
        "image": component.image,
        "files": dict(files),
    }


def _node(name: str, data: Mapping[str, Any], files: Rendering, numbers: dict[tuple[str, str], int]) -> Node:
    ports, here = ports_from_data(name, data["ports"])
    numbers.update(here)
    return Node(
        name=name,
        program=tuple(data["program"]),
        environment={**variables(files[f"{name}.env"].split("\n")), **data["environment"]},
        config=tomllib.loads(files[f"{name}.toml"]),
        ports=ports,
        health=data["health"],
        needs=data["needs"],
        readiness=data["readiness"],
        restart=data["restart"],
        start_timeout_sec=data["start_timeout_sec"],
        stop_timeout_sec=data["stop_timeout_sec"],
        resources=Resources(**data["resources"]),
        capabilities=tuple(data["capabilities"]),
        network=data["network"],
        image=data["image"],
        files=data["files"],
    )


def _is_multi_line(value: str) -> bool:
    return "\n" in value or "\r" in value
