"""The model of a level: which components, what each needs, listens on, stores and may do.

A topology is a value. It names no machine, no address and no folder: those come in when it is rendered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LOWEST_UNPRIVILEGED_PORT = 1024
HIGHEST_PORT = 65535

READINESS = ("notify", "health", "tcp")
CONDITIONS = ("healthy", "started")
RESTARTS = ("on-failure", "always", "never")
NETWORKS = ("internal", "host")
PROTOCOLS = ("tcp", "udp", "tcp+udp")
CAPABILITIES = ("CAP_NET_BIND_SERVICE", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_BPF", "CAP_PERFMON")
HOST_FEATURES = ("ebpf", "ipvs", "netns", "nftables", "root", "postgresql", "etcd", "unbound")

START_TIMEOUT_SEC = 60
# Grace of the runtime (30 s) plus five: the component gives up before the supervisor does.
STOP_TIMEOUT_SEC = 35
OPEN_FILES_MAX = 65536


@dataclass(frozen=True, slots=True)
class Port:
    """A listener. `public = False` stays on loopback or on the internal network."""

    name: str
    number: int
    protocol: str = "tcp"
    public: bool = False

    @property
    def transports(self) -> tuple[str, ...]:
        return tuple(self.protocol.split("+"))


@dataclass(frozen=True, slots=True)
class Resources:
    memory_max_mb: int | None = None
    cpu_weight: int | None = None
    open_files_max: int = OPEN_FILES_MAX


@dataclass(frozen=True, slots=True)
class Component:
    """One program of a level.

    `health` names the port that answers `GET /health` ("" when the program has none). `env` values, leaves of
    `config` and sources of `files` may be references (`reference.py`). `needs` maps a component to `healthy` or
    `started`.
    """

    name: str
    program: tuple[str, ...]
    extra: str
    mode: str = "standalone"
    ports: tuple[Port, ...] = ()
    health: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    data: str = ""
    logs: str = ""
    needs: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False
    requires_host: tuple[str, ...] = ()
    readiness: str = "notify"
    start_timeout_sec: int = START_TIMEOUT_SEC
    stop_timeout_sec: int = STOP_TIMEOUT_SEC
    restart: str = "on-failure"
    resources: Resources = Resources()
    capabilities: tuple[str, ...] = ()
    network: str = "internal"
    image: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    def port(self, name: str) -> Port | None:
        return next((port for port in self.ports if port.name == name), None)


@dataclass(frozen=True, slots=True)
class Topology:
    """A level: `components` in the order they were declared, parents of `extends` first."""

    name: str
    components: tuple[Component, ...]
    extends: str = ""

    def component(self, name: str) -> Component | None:
        return next((component for component in self.components if component.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(component.name for component in self.components)
