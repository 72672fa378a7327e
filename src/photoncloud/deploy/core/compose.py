"""Render a topology as `compose.yaml` with one configuration file a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from photoncloud.deploy.core import toml_text, yaml_text
from photoncloud.deploy.core.addresses import LOOPBACK, STATE_ROOT, ComposeAddresses
from photoncloud.deploy.core.escaping import compose_text
from photoncloud.deploy.core.graph import IMAGE_USER
from photoncloud.deploy.core.port_plan import fixed
from photoncloud.deploy.core.reference import secrets_of
from photoncloud.deploy.core.rendering import HEADER, Rendering, Resolved, ports_as_data, resolved
from photoncloud.deploy.core.topology import Component, Topology

FILE = "compose.yaml"
RESTART = {"on-failure": "unless-stopped", "always": "always", "never": "no"}
CONDITION = {"healthy": "service_healthy", "started": "service_started"}
# cgroup v1 shares (1024 is one) against cgroup v2 weights (100 is one).
SHARES_PER_WEIGHT = 10.24

_HEALTH_CHECK = {
    "test": ["CMD", "photonctl", "check-connection", "--self"],
    "interval": "5s",
    "timeout": "3s",
    "retries": 12,
    "start_period": "20s",
}


def render(topology: Topology, version: str, *, image_prefix: str = "") -> Rendering:
    """Relative path -> text: `compose.yaml` and `config/<component>.toml`."""
    addresses = ComposeAddresses(fixed(topology), version)
    parts = [resolved(topology, component, addresses) for component in topology.components]
    reached = _reached_from_host(topology)
    services = {part.component.name: _service(part, version, image_prefix, reached) for part in parts}
    document: dict[str, Any] = {"name": f"photon-level{topology.name}", "services": services}
    document["volumes"] = {f"{component.name}-data": {} for component in topology.components}
    secrets = sorted({name for component in topology.components for name in secrets_of(component)})
    if secrets:
        document["secrets"] = {name: {"file": f"./secrets/{name}"} for name in secrets}
    document["x-photon"] = {"level": topology.name, "version": version}
    files = {FILE: HEADER + yaml_text.dumps(_escaped(document))}
    for part in parts:
        files[f"config/{part.component.name}.toml"] = HEADER + toml_text.dumps(part.config)
    return files


def _service(part: Resolved, version: str, image_prefix: str, reached: frozenset[tuple[str, str]]) -> dict[str, Any]:
    component = part.component
    service: dict[str, Any] = {"image": f"{image_prefix}{component.image}:{version}"}
    if component.program[:1] != (f"{component.name}-server",):
        service["entrypoint"] = list(component.program[:1])
    if component.program[1:]:
        service["command"] = list(component.program[1:])
    service["environment"] = dict(part.environment)
    service["volumes"] = _volumes(part)
    secrets = secrets_of(component)
    if secrets:
        user, group = IMAGE_USER.split(":")
        service["secrets"] = [
            {"source": name, "target": name, "uid": user, "gid": group, "mode": "0400"} for name in secrets
        ]
    if component.network == "host":
        service["network_mode"] = "host"
    elif published := _published(component, reached):
        service["ports"] = published
    if component.needs:
        service["depends_on"] = {name: {"condition": CONDITION[c]} for name, c in component.needs.items()}
    service |= _confinement(component)
    service["x-photon"] = _not_in_compose(component)
    return service


def _volumes(part: Resolved) -> list[dict[str, Any]]:
    name = part.component.name
    volumes: list[dict[str, Any]] = [
        {"type": "volume", "source": f"{name}-data", "target": f"{STATE_ROOT}/{name}"},
        {"type": "bind", "source": f"./config/{name}.toml", "target": f"/etc/{name}/config.toml", "read_only": True},
    ]
    for target, source in part.files.items():
        volumes.append({"type": "bind", "source": source, "target": target, "read_only": True})
    return volumes


def _published(component: Component, reached: frozenset[tuple[str, str]]) -> list[dict[str, Any]]:
    ports = []
    for port in component.ports:
        for_host = (component.name, port.name) in reached
        if not port.public and not for_host:
            continue
        for transport in port.transports:
            entry: dict[str, Any] = {"target": port.number, "published": str(port.number), "protocol": transport}
            if not port.public:
                entry["host_ip"] = LOOPBACK
            ports.append(entry)
    return ports


def _confinement(component: Component) -> dict[str, Any]:
    limits: dict[str, Any] = {
        "healthcheck": _HEALTH_CHECK,
        "restart": RESTART[component.restart],
        "init": True,
        "read_only": True,
        "tmpfs": ["/tmp", "/run"],
        "user": IMAGE_USER,
        "cap_drop": ["ALL"],
    }
    if component.capabilities:
        limits["cap_add"] = [name.removeprefix("CAP_") for name in sorted(component.capabilities)]
    limits["security_opt"] = ["no-new-privileges:true"]
    limits["stop_grace_period"] = f"{component.stop_timeout_sec}s"
    limits["ulimits"] = {"nofile": component.resources.open_files_max}
    if component.resources.memory_max_mb is not None:
        limits["mem_limit"] = f"{component.resources.memory_max_mb}m"
    if component.resources.cpu_weight is not None:
        limits["cpu_shares"] = round(component.resources.cpu_weight * SHARES_PER_WEIGHT)
    return limits


def _not_in_compose(component: Component) -> dict[str, Any]:
    """What compose has no word for, so that a reader gets the whole graph back."""
    return {
        "health": component.health,
        "ports": ports_as_data(component, fixed(Topology("", (component,)))),
        "readiness": component.readiness,
        "start_timeout_sec": component.start_timeout_sec,
    }


def _reached_from_host(topology: Topology) -> frozenset[tuple[str, str]]:
    """(component, port) that a service on the host's network refers to."""
    found = set()
    for component in topology.components:
        if component.network == "host":
            for text in _texts((component.env, component.config)):
                name, _, rest = text.removeprefix("@").partition(".")
                if text.startswith("@") and topology.component(name) is not None:
                    found.add((name, rest.partition(".")[0]))
    return frozenset(found)


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def _escaped(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _escaped(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_escaped(item) for item in value]
    return compose_text(value) if isinstance(value, str) else value
