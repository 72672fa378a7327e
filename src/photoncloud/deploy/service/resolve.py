"""From "level 2" to what exactly runs here: components, ports, addresses, and what was left out and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photoncloud.deploy.adapters import level_files
from photoncloud.deploy.adapters.level_files import LevelFile
from photoncloud.deploy.core.addresses import LocalAddresses
from photoncloud.deploy.core.inheritance import InheritanceBroken, flattened
from photoncloud.deploy.core.port_plan import PortPlan, PortsExhausted, plan_ports
from photoncloud.deploy.core.reference import ReferenceBroken
from photoncloud.deploy.core.run_plan import PlanBroken, RunPlan, build
from photoncloud.deploy.core.topology import Component, Topology
from photoncloud.deploy.core.topology_rules import problems
from photoncloud.deploy.core.topology_schema import Finding, parse
from photoncloud.deploy.errors import HostUnsuitable, LevelUnknown, TopologyInvalid
from photoncloud.deploy.service.overrides import narrowed, with_settings


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks to run. `level` "" is the highest that can run here; `file` is a topology of their own."""

    level: str = ""
    file: Path | None = None
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    port_offset: int = 0


@dataclass(frozen=True, slots=True)
class Host:
    """What this machine offers."""

    features: Collection[str]
    may_bind_low: bool
    has_program: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Resolution:
    topology: Topology
    ports: PortPlan
    plan: RunPlan
    left_out: tuple[tuple[str, str], ...]


def topology(request: Request) -> Topology:
    """The level as declared, with the request's changes. Raises LevelUnknown, TopologyInvalid, OverrideRefused."""
    source = _source(request)
    try:
        document = flattened(source.document, level_files.document_of)
    except InheritanceBroken as error:
        raise TopologyInvalid([f"{source.path}: {error}"]) from error
    document = with_settings(narrowed(document, request.only, request.without), request.settings)
    return _checked(document, source)


def resolve(
    request: Request, host: Host, data_dir: Path, version: str, keep: Mapping[tuple[str, str], int] | None = None
) -> Resolution:
    """Everything decided for this machine. Raises as `topology`, and HostUnsuitable.

    `keep`: the ports of an earlier run, which stay unless the request names an offset.
    """
    if not request.level and request.file is None:
        request = _with_level(request, highest_level(host))
    declared = topology(request)
    left_out = tuple((c.name, reason) for c in declared.components if (reason := missing(c, host)))
    refused = [f"{name}: {reason}" for name, reason in left_out if not _component(declared, name).optional]
    if refused:
        raise HostUnsuitable(f"level {declared.name} cannot run here: {'; '.join(refused)}", "leave it out: --without")
    gone = tuple(name for name, _ in left_out)
    if gone:
        declared = topology(_with_level(request, request.level, gone))
    try:
        kept = None if request.port_offset else keep
        ports = plan_ports(declared, offset=request.port_offset, may_bind_low=host.may_bind_low, keep=kept)
        data_dirs = {component.name: component.data for component in declared.components if component.data}
        plan = build(declared, LocalAddresses(ports, str(data_dir), version, data_dirs))
    except (PlanBroken, ReferenceBroken, PortsExhausted) as error:
        raise TopologyInvalid([str(error)]) from error
    return Resolution(declared, ports, plan, left_out)


def highest_level(host: Host) -> str:
    """The level with the highest number, then the most components, all of whose required ones can run here."""
    reasons = []
    for name in sorted(level_files.names(), key=_rank, reverse=True):
        declared = topology(Request(level=name))
        required = [component for component in declared.components if not component.optional]
        lacking = [f"{component.name}: {reason}" for component in required if (reason := missing(component, host))]
        if not lacking:
            return name
        reasons.append(f"level {name}: {'; '.join(lacking)}")
    raise HostUnsuitable(f"no level can run here ({'. '.join(reasons)})")


def missing(component: Component, host: Host) -> str:
    """Why a component cannot run here; "" when it can."""
    lacking = [feature for feature in component.requires_host if feature not in host.features]
    if lacking:
        return f"this machine lacks {', '.join(lacking)}"
    if not host.has_program(component.program[0]):
        return f'{component.program[0]} is not installed: pip install "photoncloud[{component.extra}]"'
    return ""


def _rank(name: str) -> tuple[int, int, int]:
    number = re.match(r"\d+", name)
    components = len(topology(Request(level=name)).components)
    return (int(number.group()) if number else -1, components, -len(name))


def _source(request: Request) -> LevelFile:
    if request.file is not None:
        return LevelFile(request.file)
    path = level_files.path_of(request.level)
    if path is None:
        raise LevelUnknown(f"there is no level {request.level!r} (there are: {', '.join(level_files.names())})")
    return LevelFile(path)


def _checked(document: Mapping[str, Any], source: LevelFile) -> Topology:
    parsed, found = parse(document)
    found = found if parsed is None else problems(parsed)
    if found or parsed is None:
        raise TopologyInvalid(_lines(found, source))
    return parsed


def _lines(found: Sequence[Finding], source: LevelFile) -> list[str]:
    return [source.line(finding) for finding in found]


def _component(declared: Topology, name: str) -> Component:
    return next(component for component in declared.components if component.name == name)


def _with_level(request: Request, level: str, without: tuple[str, ...] = ()) -> Request:
    return Request(
        level, request.file, request.only, (*request.without, *without), request.settings, request.port_offset
    )
