"""What the local supervisor runs: every reference resolved, every port decided.

The plan is data (`as_data`, `from_data`), written to `run/plan.json` and compared with the next one by
`difference.py`. It holds paths of secrets, never their contents.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from photoncloud.deploy.core import toml_text
from photoncloud.deploy.core.addresses import LocalAddresses
from photoncloud.deploy.core.process_event import Spec
from photoncloud.deploy.core.reference import secrets_of
from photoncloud.deploy.core.rendering import HEADER, resolved
from photoncloud.deploy.core.restart_policy import SECOND_NS
from photoncloud.deploy.core.topology import Component, Resources, Topology

PLAN_VERSION = 1


class PlanBroken(ValueError):
    """A stored plan cannot be understood, or a topology cannot run on this machine as it is."""


@dataclass(frozen=True, slots=True)
class Listener:
    """`transport` is tcp or udp; `is_public` says whether other machines are meant to reach it one day."""

    port: str
    transport: str
    address: str


@dataclass(frozen=True, slots=True)
class Program:
    """One component, ready to be started."""

    name: str
    extra: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    config_path: str
    config: Mapping[str, Any]
    data_dir: str
    log_path: str
    listeners: tuple[Listener, ...]
    health_address: str
    needs: Mapping[str, str]
    readiness: str
    restart: str
    start_timeout_sec: int
    stop_timeout_sec: int
    resources: Resources
    files: Mapping[str, str]
    secrets: tuple[str, ...]

    @property
    def config_text(self) -> str:
        return HEADER + toml_text.dumps(self.config)

    @property
    def tcp_address(self) -> str:
        """Where a `tcp` readiness connects: the first tcp listener, "" without one."""
        return next((listener.address for listener in self.listeners if listener.transport == "tcp"), "")

    def spec(self) -> Spec:
        return Spec(
            name=self.name,
            needs=self.needs,
            readiness=self.readiness,
            has_health=bool(self.health_address),
            has_watchdog=self.readiness == "notify",
            start_timeout_ns=self.start_timeout_sec * SECOND_NS,
            stop_timeout_ns=self.stop_timeout_sec * SECOND_NS,
            restart=self.restart,
        )


@dataclass(frozen=True, slots=True)
class RunPlan:
    level: str
    version: str
    data_dir: str
    programs: tuple[Program, ...]
    # (component, port) -> number, so that the next `up` keeps it
    assigned: tuple[tuple[str, str, int], ...] = ()

    def program(self, name: str) -> Program | None:
        return next((program for program in self.programs if program.name == name), None)

    @property
    def ports(self) -> dict[tuple[str, str], int]:
        return {(component, port): number for component, port, number in self.assigned}


def build(topology: Topology, addresses: LocalAddresses) -> RunPlan:
    """The plan of a topology on this machine. Raises PlanBroken, ReferenceBroken."""
    programs = tuple(_program(topology, component, addresses) for component in topology.components)
    assigned = tuple((name, port, number) for (name, port), number in addresses.plan.assigned.items())
    return RunPlan(topology.name, addresses.version, addresses.data_dir, programs, assigned)


def _program(topology: Topology, component: Component, addresses: LocalAddresses) -> Program:
    part = resolved(topology, component, addresses)
    data = addresses.data(component)
    outside = [target for target in part.files if not target.startswith(data + "/")]
    if outside:
        raise PlanBroken(
            f"{component.name}: file {outside[0]} lies outside its data directory; write @data/… to run here"
        )
    config_path = f"{addresses.data_dir}/config/{component.name}.toml"
    return Program(
        name=component.name,
        extra=component.extra,
        argv=component.program,
        environment={**part.environment, "PHOTON_CONFIG": config_path},
        config_path=config_path,
        config=part.config,
        data_dir=data,
        log_path=component.logs or f"{addresses.data_dir}/log/{component.name}.log",
        listeners=tuple(
            Listener(port.name, transport, addresses.listen(component, port.name))
            for port in component.ports
            for transport in port.transports
        ),
        health_address=addresses.listen(component, component.health) if component.health else "",
        needs=dict(component.needs),
        readiness=component.readiness,
        restart=component.restart,
        start_timeout_sec=component.start_timeout_sec,
        stop_timeout_sec=component.stop_timeout_sec,
        resources=component.resources,
        files=part.files,
        secrets=secrets_of(component),
    )


def as_data(plan: RunPlan) -> dict[str, Any]:
    return {"plan_version": PLAN_VERSION, **asdict(plan)}


def from_data(data: Any) -> RunPlan:
    """Inverse of `as_data`. Raises PlanBroken."""
    try:
        if data["plan_version"] != PLAN_VERSION:
            raise PlanBroken(f"plan version {data['plan_version']} is not {PLAN_VERSION}")
        programs = tuple(_program_from(item) for item in data["programs"])
        assigned = tuple((str(c), str(p), int(n)) for c, p, n in data["assigned"])
        return RunPlan(str(data["level"]), str(data["version"]), str(data["data_dir"]), programs, assigned)
    except (KeyError, TypeError) as error:
        raise PlanBroken(f"not a plan: {type(error).__name__}: {error}") from error


def _program_from(item: Mapping[str, Any]) -> Program:
    return Program(
        **{
            **item,
            "argv": tuple(item["argv"]),
            "listeners": tuple(Listener(**listener) for listener in item["listeners"]),
            "resources": Resources(**item["resources"]),
            "secrets": tuple(item["secrets"]),
        }
    )


def fingerprint(plan: RunPlan) -> str:
    """SHA-256 of the plan, to see whether two are the same."""
    return hashlib.sha256(json.dumps(as_data(plan), sort_keys=True).encode()).hexdigest()
