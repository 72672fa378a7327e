"""Components of the levels of this installation. Imports little: container health checks ask every few seconds."""

from __future__ import annotations

from photoncloud.deploy.adapters import level_files
from photoncloud.deploy.core.inheritance import flattened
from photoncloud.deploy.core.topology import Component
from photoncloud.deploy.core.topology_schema import parse


def declared() -> dict[str, Component]:
    """Every component of the levels of this installation, by name."""
    found: dict[str, Component] = {}
    for name in level_files.names():
        document = level_files.document_of(name)
        topology, _ = parse(flattened(document or {}, level_files.document_of))
        for component in topology.components if topology else ():
            found.setdefault(component.name, component)
    return found


def default_health_address(component: Component) -> str:
    """Where it answers /health when nothing else is known; "" for a program without."""
    port = component.port(component.health) if component.health else None
    return f"127.0.0.1:{port.number}" if port else ""
