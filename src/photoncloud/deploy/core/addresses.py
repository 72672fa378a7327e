"""The three answers to "where is it?": this machine, containers, systemd units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from photoncloud.deploy.core.port_plan import PortPlan
from photoncloud.deploy.core.topology import Component

LOOPBACK = "127.0.0.1"
EVERY_ADDRESS = "0.0.0.0"

# Fixed places inside our images and units.
STATE_ROOT = "/var/lib"
CONTAINER_SECRETS = "/run/secrets"
UNIT_CREDENTIALS = "/run/credentials"


def unit_name(component: str) -> str:
    return f"photon-{component}.service"


@dataclass(frozen=True, slots=True)
class LocalAddresses:
    """One machine, no containers: everything on loopback, under one data directory."""

    plan: PortPlan
    data_dir: str
    version: str
    data_dirs: Mapping[str, str]

    def listen(self, component: Component, port: str) -> str:
        return f"{LOOPBACK}:{self.plan.number(component.name, port)}"

    def reach(self, source: Component, target: Component, port: str) -> str:
        return self.listen(target, port)

    def data(self, component: Component) -> str:
        return self.data_dirs.get(component.name) or f"{self.data_dir}/{component.name}"

    def secret(self, component: Component, name: str) -> str:
        return f"{self.data_dir}/secrets/{name}"


@dataclass(frozen=True, slots=True)
class ComposeAddresses:
    """Containers. A service on the host's network cannot use service names, nor be found by one: both sides meet on
    loopback, where the other's port is published."""

    plan: PortPlan
    version: str

    def listen(self, component: Component, port: str) -> str:
        found = component.port(port)
        is_private_on_host = component.network == "host" and (found is None or not found.public)
        host = LOOPBACK if is_private_on_host else EVERY_ADDRESS
        return f"{host}:{self.plan.number(component.name, port)}"

    def reach(self, source: Component, target: Component, port: str) -> str:
        over_host = "host" in (source.network, target.network)
        return f"{LOOPBACK if over_host else target.name}:{self.plan.number(target.name, port)}"

    def data(self, component: Component) -> str:
        return f"{STATE_ROOT}/{component.name}"

    def secret(self, component: Component, name: str) -> str:
        return f"{CONTAINER_SECRETS}/{name}"


@dataclass(frozen=True, slots=True)
class SystemdAddresses:
    """Units on one host: public listeners on every address, the others on loopback."""

    plan: PortPlan
    version: str
    host: str = LOOPBACK

    def listen(self, component: Component, port: str) -> str:
        found = component.port(port)
        host = EVERY_ADDRESS if found is not None and found.public else LOOPBACK
        return f"{host}:{self.plan.number(component.name, port)}"

    def reach(self, source: Component, target: Component, port: str) -> str:
        return f"{self.host}:{self.plan.number(target.name, port)}"

    def data(self, component: Component) -> str:
        return f"{STATE_ROOT}/{component.name}"

    def secret(self, component: Component, name: str) -> str:
        return f"{UNIT_CREDENTIALS}/{unit_name(component.name)}/{name}"
