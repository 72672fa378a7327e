"""Render a topology as systemd units, with their configuration and variable files.

Only keys of systemd 252 (Debian 12) are written: later ones produce warnings there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from photoncloud.deploy.core import toml_text
from photoncloud.deploy.core.addresses import SystemdAddresses, unit_name
from photoncloud.deploy.core.escaping import unit_word, variable_line
from photoncloud.deploy.core.graph import IMAGE_USER
from photoncloud.deploy.core.port_plan import PortPlan
from photoncloud.deploy.core.reference import secrets_of
from photoncloud.deploy.core.rendering import HEADER, Rendering, Resolved, ports_as_data, resolved
from photoncloud.deploy.core.restart_policy import HOPELESS_STATUSES
from photoncloud.deploy.core.topology import Component, Topology

BIN_DIR = "/opt/photoncloud/bin"
CONFIG_ROOT = "/etc/photon"
TYPE = {"notify": "notify", "health": "exec", "tcp": "exec"}
RESTART = {"on-failure": "on-failure", "always": "always", "never": "no"}

_HARDENING = """\
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
ProcSubset=pid
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
NoNewPrivileges=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
UMask=0077
RemoveIPC=yes"""


def render(topology: Topology, plan: PortPlan, version: str, *, bin_dir: str = BIN_DIR, host: str = "") -> Rendering:
    """Relative path -> text: units, `<component>/config.toml`, `<component>/env`, sysusers.d and tmpfiles.d."""
    addresses = SystemdAddresses(plan, version, host) if host else SystemdAddresses(plan, version)
    files: dict[str, str] = {}
    for component in topology.components:
        part = resolved(topology, component, addresses)
        files[unit_name(component.name)] = HEADER + _unit(part, plan, topology.name, bin_dir)
        files[f"{component.name}/config.toml"] = HEADER + toml_text.dumps(part.config)
        files[f"{component.name}/env"] = HEADER + _variable_file(part)
    files[f"photon-level{topology.name}.target"] = HEADER + _target(topology, version, host)
    user = IMAGE_USER.partition(":")[0]
    files["sysusers.d/photon.conf"] = HEADER + f'u photon {user} "PhotonCloud" /var/lib/photon -\n'
    files["tmpfiles.d/photon.conf"] = HEADER + _folders(topology)
    return files


def _unit(part: Resolved, plan: PortPlan, level: str, bin_dir: str) -> str:
    sections = {
        "Unit": _unit_section(part.component),
        "Service": _service_section(part, bin_dir),
        "Install": iter([f"WantedBy=photon-level{level}.target"]),
        "X-Photon": _photon_section(part.component, plan),
    }
    return "\n".join(f"[{name}]\n" + "\n".join(lines) + "\n" for name, lines in sections.items())


def _unit_section(component: Component) -> Iterator[str]:
    yield f"Description=PhotonCloud {component.name}"
    yield "After=network-online.target"
    yield "Wants=network-online.target"
    if component.needs:
        # Never Requires=: a component tolerates the absence of what it needs.
        units = " ".join(unit_name(name) for name in component.needs)
        yield f"After={units}"
        yield f"Wants={units}"


def _service_section(part: Resolved, bin_dir: str) -> Iterator[str]:
    component = part.component
    program = component.program[0] if component.program[0].startswith("/") else f"{bin_dir}/{component.program[0]}"
    yield f"Type={TYPE[component.readiness]}"
    if component.readiness == "notify":
        yield "NotifyAccess=main"
        yield "WatchdogSec=30"
    words = [unit_word(word, is_command=True) for word in (program, *component.program[1:])]
    yield f"ExecStart={' '.join(words)}"
    yield "ExecReload=kill -HUP $MAINPID"
    yield f"EnvironmentFile={CONFIG_ROOT}/{component.name}/env"
    for name, value in part.environment.items():
        if _is_multi_line(value):
            yield f"Environment={unit_word(f'{name}={value}')}"
    yield f"Restart={RESTART[component.restart]}"
    yield "RestartSec=1"
    yield f"RestartPreventExitStatus={' '.join(str(status) for status in sorted(HOPELESS_STATUSES))}"
    yield f"TimeoutStartSec={component.start_timeout_sec}"
    yield f"TimeoutStopSec={component.stop_timeout_sec}"
    yield "KillMode=mixed"
    yield from _folders_and_files(part)
    yield from _limits(component)
    yield _HARDENING
    yield from _privileges(component)


def _folders_and_files(part: Resolved) -> Iterator[str]:
    name = part.component.name
    yield "DynamicUser=yes"
    yield f"StateDirectory={name}"
    yield "StateDirectoryMode=0700"
    yield f"RuntimeDirectory=photon/{name}"
    yield f"ConfigurationDirectory=photon/{name}"
    for secret in secrets_of(part.component):
        yield f"LoadCredential={secret}:{CONFIG_ROOT}/secrets/{secret}"
    for target, source in part.files.items():
        yield f"BindReadOnlyPaths={unit_word(f'{_colon(source)}:{_colon(target)}')}"


def _limits(component: Component) -> Iterator[str]:
    yield f"LimitNOFILE={component.resources.open_files_max}"
    if component.resources.memory_max_mb is not None:
        yield f"MemoryMax={component.resources.memory_max_mb}M"
    if component.resources.cpu_weight is not None:
        yield f"CPUWeight={component.resources.cpu_weight}"


def _privileges(component: Component) -> Iterator[str]:
    names = " ".join(sorted(component.capabilities))
    yield f"CapabilityBoundingSet={names}"
    if names:
        yield f"AmbientCapabilities={names}"
    families = "AF_INET AF_INET6 AF_UNIX"
    if "CAP_NET_ADMIN" in component.capabilities:
        # Links, routes and rules are set over netlink; virtual addresses are announced over packet sockets.
        families += " AF_NETLINK AF_PACKET"
    yield f"RestrictAddressFamilies={families}"
    if "CAP_BPF" in component.capabilities:
        # @privileged contains it; the capability alone would not be enough.
        yield "SystemCallFilter=bpf"


def _photon_section(component: Component, plan: PortPlan) -> Iterator[str]:
    """What units have no key for; systemd ignores sections whose name begins with X-."""
    own = {
        "health": component.health,
        "image": component.image,
        "needs": dict(component.needs),
        "network": component.network,
        "ports": ports_as_data(component, plan),
        "readiness": component.readiness,
    }
    for key, value in own.items():
        yield f"X-{key.capitalize()}={unit_word(json.dumps(value, sort_keys=True))}"


def _target(topology: Topology, version: str, host: str) -> str:
    units = " ".join(unit_name(name) for name in topology.names)
    own = json.dumps({"host": host, "level": topology.name, "order": list(topology.names), "version": version})
    return (
        f"[Unit]\nDescription=PhotonCloud level {topology.name}\nWants={units}\n\n"
        f"[Install]\nWantedBy=multi-user.target\n\n[X-Photon]\nX-Level={unit_word(own)}\n"
    )


def _folders(topology: Topology) -> str:
    lines = [f"d {CONFIG_ROOT} 0755 root root -", f"d {CONFIG_ROOT}/secrets 0700 root root -"]
    lines += [f"d {CONFIG_ROOT}/{name} 0755 root root -" for name in topology.names]
    return "\n".join(lines) + "\n"


def _variable_file(part: Resolved) -> str:
    plain = {name: value for name, value in part.environment.items() if not _is_multi_line(value)}
    return "".join(variable_line(name, value) + "\n" for name, value in plain.items())


def _is_multi_line(value: str) -> bool:
    return "\n" in value or "\r" in value


def _colon(path: str) -> str:
    """Paths in `source:target` pairs: a colon of their own is escaped."""
    return path.replace("\\", "\\\\").replace(":", "\\:")
