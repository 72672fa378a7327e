"""Read back what `systemd.py` writes: relative path -> text in, graph out."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from photoncloud.deploy.core.addresses import SystemdAddresses, unit_name
from photoncloud.deploy.core.escaping import unit_words, variables
from photoncloud.deploy.core.graph import Graph, Node
from photoncloud.deploy.core.port_plan import PortPlan
from photoncloud.deploy.core.rendering import Rendering, RenderingBroken, ports_from_data, symbolised
from photoncloud.deploy.core.systemd import BIN_DIR, RESTART
from photoncloud.deploy.core.topology import Resources

Unit = Mapping[str, Mapping[str, list[str]]]

_POLICY = {text: policy for policy, text in RESTART.items()}


def read(files: Rendering, *, bin_dir: str = BIN_DIR) -> Graph:
    """The graph of a rendering of ours. Raises RenderingBroken."""
    try:
        target = next(parsed(text) for name, text in files.items() if name.endswith(".target"))
        own = json.loads(_word(target, "X-Photon", "X-Level"))
        numbers: dict[tuple[str, str], int] = {}
        nodes = [_node(name, files, bin_dir, numbers) for name in own["order"]]
    except (KeyError, TypeError, ValueError, StopIteration) as error:
        raise RenderingBroken(f"not units of ours: {type(error).__name__}: {error}") from error
    plan, version, host = PortPlan(numbers), str(own["version"]), str(own["host"])
    addresses = SystemdAddresses(plan, version, host) if host else SystemdAddresses(plan, version)
    return symbolised(str(own["level"]), nodes, addresses)


def parsed(text: str) -> dict[str, dict[str, list[str]]]:
    """Section -> key -> values in order; comments and empty lines are skipped. Raises ValueError."""
    sections: dict[str, dict[str, list[str]]] = {}
    current: dict[str, list[str]] | None = None
    for line in text.split("\n"):
        if not line or line.startswith(("#", ";")):
            continue
        if line.startswith("[") and line.endswith("]"):
            current = sections.setdefault(line[1:-1], {})
            continue
        key, equals, value = line.partition("=")
        if current is None or not equals:
            raise ValueError(f"not a line of a unit: {line!r}")
        current.setdefault(key, []).append(value)
    return sections


def _node(name: str, files: Rendering, bin_dir: str, numbers: dict[tuple[str, str], int]) -> Node:
    unit = parsed(files[unit_name(name)])
    service = unit["Service"]
    ports, here = ports_from_data(name, _own(unit, "ports"))
    numbers.update(here)
    program = unit_words(service["ExecStart"][0], is_command=True)
    environment = variables(files[f"{name}/env"].split("\n"))
    for line in service.get("Environment", []):
        variable, _, value = unit_words(line)[0].partition("=")
        environment[variable] = value
    return Node(
        name=name,
        program=(program[0].removeprefix(f"{bin_dir}/"), *program[1:]),
        environment=environment,
        config=tomllib.loads(files[f"{name}/config.toml"]),
        ports=ports,
        health=_own(unit, "health"),
        needs=_own(unit, "needs"),
        readiness=_own(unit, "readiness"),
        restart=_POLICY[service["Restart"][0]],
        start_timeout_sec=int(service["TimeoutStartSec"][0]),
        stop_timeout_sec=int(service["TimeoutStopSec"][0]),
        resources=_resources(service),
        capabilities=tuple(sorted(service["CapabilityBoundingSet"][0].split())),
        network=_own(unit, "network"),
        image=_own(unit, "image"),
        files=dict(_bind(line) for line in service.get("BindReadOnlyPaths", [])),
    )


def _resources(service: Mapping[str, list[str]]) -> Resources:
    memory, weight = service.get("MemoryMax"), service.get("CPUWeight")
    return Resources(
        memory_max_mb=int(memory[0].removesuffix("M")) if memory else None,
        cpu_weight=int(weight[0]) if weight else None,
        open_files_max=int(service["LimitNOFILE"][0]),
    )


def _own(unit: Unit, key: str) -> Any:
    return json.loads(_word(unit, "X-Photon", f"X-{key.capitalize()}"))


def _word(unit: Unit, section: str, key: str) -> str:
    return unit_words(unit[section][key][0])[0]


def _bind(line: str) -> tuple[str, str]:
    pair = unit_words(line)[0]
    parts = re.fullmatch(r"((?:[^\\:]|\\.)*):((?:[^\\:]|\\.)*)", pair, re.DOTALL)
    if parts is None:
        raise ValueError(f"not a pair of paths: {pair!r}")
    source, target = (re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) for part in parts.groups())
    return target, source
