"""Read back what `compose.py` writes.

Takes the parsed document (a mapping) and the other files of the rendering; gives the graph. A file that is not ours is
refused with `RenderingBroken`; foreign files are checked by `compose_rules.py` instead.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from photoncloud.deploy.core.addresses import STATE_ROOT, ComposeAddresses
from photoncloud.deploy.core.compose import CONDITION, RESTART, SHARES_PER_WEIGHT
from photoncloud.deploy.core.escaping import un_compose_text
from photoncloud.deploy.core.graph import Graph, Node
from photoncloud.deploy.core.port_plan import PortPlan
from photoncloud.deploy.core.rendering import Rendering, RenderingBroken, ports_from_data, symbolised
from photoncloud.deploy.core.topology import Resources

_POLICY = {text: policy for policy, text in RESTART.items()}
_NEED = {text: need for need, text in CONDITION.items()}


def read(document: Mapping[str, Any], files: Rendering, *, image_prefix: str = "") -> Graph:
    """The graph of a rendering of ours. Raises RenderingBroken."""
    try:
        plain = _unescaped(document)
        own = plain["x-photon"]
        version = str(own["version"])
        numbers: dict[tuple[str, str], int] = {}
        nodes = [
            _node(name, service, files, version, image_prefix, numbers) for name, service in plain["services"].items()
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RenderingBroken(f"not a compose file of ours: {type(error).__name__}: {error}") from error
    return symbolised(str(own["level"]), nodes, ComposeAddresses(PortPlan(numbers), version))


def _node(
    name: str,
    service: Mapping[str, Any],
    files: Rendering,
    version: str,
    image_prefix: str,
    numbers: dict[tuple[str, str], int],
) -> Node:
    own = service["x-photon"]
    ports, here = ports_from_data(name, own["ports"])
    numbers.update(here)
    image, _, tag = str(service["image"]).rpartition(":")
    if tag != version or not image.startswith(image_prefix):
        raise ValueError(f"{name}: image {service['image']!r} has another version or prefix")
    return Node(
        name=name,
        program=(*service.get("entrypoint", [f"{name}-server"]), *service.get("command", [])),
        environment=dict(service["environment"]),
        config=tomllib.loads(files[f"config/{name}.toml"]),
        ports=ports,
        health=str(own["health"]),
        needs={other: _NEED[entry["condition"]] for other, entry in service.get("depends_on", {}).items()},
        readiness=str(own["readiness"]),
        restart=_POLICY[service["restart"]],
        start_timeout_sec=int(own["start_timeout_sec"]),
        stop_timeout_sec=int(str(service["stop_grace_period"]).removesuffix("s")),
        resources=_resources(service),
        capabilities=tuple(sorted(f"CAP_{short}" for short in service.get("cap_add", []))),
        network="host" if service.get("network_mode") == "host" else "internal",
        image=image.removeprefix(image_prefix),
        files=_files(name, service["volumes"]),
    )


def _files(name: str, volumes: list[Mapping[str, Any]]) -> dict[str, str]:
    usual = (f"{STATE_ROOT}/{name}", f"/etc/{name}/config.toml")
    return {str(v["target"]): str(v["source"]) for v in volumes if v["target"] not in usual}


def _resources(service: Mapping[str, Any]) -> Resources:
    memory, shares = service.get("mem_limit"), service.get("cpu_shares")
    return Resources(
        memory_max_mb=None if memory is None else int(str(memory).removesuffix("m")),
        cpu_weight=None if shares is None else round(int(shares) / SHARES_PER_WEIGHT),
        open_files_max=int(service["ulimits"]["nofile"]),
    )


def _unescaped(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _unescaped(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_unescaped(item) for item in value]
    return un_compose_text(value) if isinstance(value, str) else value
