"""What the parts of a topology mean to each other: cycles, strangers, broken references, escapes, known secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from photoncloud.deploy.core.addresses import LocalAddresses
from photoncloud.deploy.core.port_plan import fixed
from photoncloud.deploy.core.reference import ReferenceBroken, Resolver
from photoncloud.deploy.core.start_order import cycle
from photoncloud.deploy.core.topology import Component, Topology
from photoncloud.deploy.core.topology_schema import Finding

# Published with the design and with half the internet: whoever can reach the listener can use them.
EXAMPLE_CREDENTIALS = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


def problems(topology: Topology) -> tuple[Finding, ...]:
    """Every reason against the topology as a whole; empty when it may be used."""
    found = [finding for component in topology.components for finding in _of_component(topology, component)]
    circle = cycle({component.name: component.needs for component in topology.components})
    if circle:
        found.append(Finding("cycle", ("components", circle[0], "needs"), f"needs form a cycle: {' -> '.join(circle)}"))
    return tuple(found)


def _of_component(topology: Topology, component: Component) -> Iterator[Finding]:
    path = ("components", component.name)
    for need in component.needs:
        if topology.component(need) is None:
            yield Finding("unknown-component", (*path, "needs", need), f"there is no component {need!r}")
    yield from _port_problems(component, path)
    yield from _reference_problems(topology, component, path)
    for target, source in component.files.items():
        if (not target.startswith("/") and not target.startswith("@data")) or ".." in target.split("/"):
            yield Finding("bad-path", (*path, "files", target), "a target is absolute, or below @data, without '..'")
        if ".." in source.split("/"):
            yield Finding("bad-path", (*path, "files", target), "a source may not climb out with '..'")
    if any(port.public for port in component.ports):
        yield from _credential_problems(component, path)


def _port_problems(component: Component, path: tuple[str, ...]) -> Iterator[Finding]:
    seen: dict[tuple[str, int], str] = {}
    for port in component.ports:
        for transport in port.transports:
            other = seen.setdefault((transport, port.number), port.name)
            if other != port.name:
                message = f"{transport} {port.number} is also {other}"
                yield Finding("duplicate-port", (*path, "ports", port.name), message)
    if component.health and component.port(component.health) is None:
        yield Finding("unknown-port", (*path, "health"), f"there is no port {component.health!r}")
    if component.readiness != "notify" and not any("tcp" in port.transports for port in component.ports):
        yield Finding("unknown-port", (*path, "readiness"), f"{component.readiness!r} needs a tcp port")
    if component.readiness == "health" and not component.health:
        yield Finding("unknown-port", (*path, "readiness"), "'health' needs a port that answers /health")


def _reference_problems(topology: Topology, component: Component, path: tuple[str, ...]) -> Iterator[Finding]:
    addresses = LocalAddresses(fixed(topology), "/data", "0", {})
    resolver = Resolver(topology, component, addresses)
    for part in ("env", "config", "files"):
        for key, value in _leaves(getattr(component, part), (*path, part)):
            try:
                resolver.resolve(value)
            except ReferenceBroken as broken:
                yield Finding("bad-reference", key, str(broken))


def _credential_problems(component: Component, path: tuple[str, ...]) -> Iterator[Finding]:
    for part in ("env", "config"):
        for key, value in _leaves(getattr(component, part), (*path, part)):
            if value in EXAMPLE_CREDENTIALS:
                message = "the example key of the documentation is known to everybody; every listener must be private"
                yield Finding("example-credentials", key, message)


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, (*path, str(key)))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item, path)
    else:
        yield path, value
