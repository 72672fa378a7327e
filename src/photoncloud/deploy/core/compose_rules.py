"""Rules for compose files we did not write, and what of ours they would start.

`examine` works on the parsed document. The JSON Schema and the configuration loader of each service are asked by
`service/check.py`, which knows files and programs.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from photoncloud.deploy.core.start_order import cycle

_SERVICE_NAME = re.compile(r"[A-Za-z0-9._-]+\Z")
_OUR_IMAGE = re.compile(r"(?:.*/)?photoncloud/([a-z][a-z0-9-]*)(?:[:@].*)?\Z")


@dataclass(frozen=True, slots=True)
class Finding:
    """`is_error`: compose or our programs would refuse it; otherwise advice."""

    is_error: bool
    where: str
    message: str

    def __str__(self) -> str:
        return f"{'error' if self.is_error else 'advice'}: {self.where}: {self.message}"


@dataclass(frozen=True, slots=True)
class OurService:
    """A service that runs one of our images. `mounts` maps a container path to the host path as written."""

    service: str
    component: str
    environment: Mapping[str, str]
    arguments: tuple[str, ...]
    mounts: Mapping[str, str]


def examine(document: Any) -> tuple[tuple[Finding, ...], tuple[OurService, ...]]:
    """Findings in reading order, and our services among those the file declares."""
    services = document.get("services") if isinstance(document, Mapping) else None
    if not isinstance(services, Mapping) or not services:
        return (Finding(True, "services", "a compose file declares at least one service"),), ()
    found = [finding for name, service in services.items() for finding in _service(str(name), service, services)]
    if "version" in document:
        found.append(Finding(False, "version", "obsolete: compose ignores it"))
    needs = {str(name): _needs(service) for name, service in services.items()}
    circle = cycle(needs)
    if circle:
        found.append(Finding(True, f"services.{circle[0]}", f"depends_on forms a cycle: {' -> '.join(circle)}"))
    ours = tuple(service for name, value in services.items() if (service := _ours(str(name), value)) is not None)
    return tuple(found), ours


def _service(name: str, service: Any, services: Mapping[str, Any]) -> Iterator[Finding]:
    where = f"services.{name}"
    if not _SERVICE_NAME.match(name):
        yield Finding(True, where, "a service's name is letters, digits, '.', '_' and '-'")
    if not isinstance(service, Mapping):
        yield Finding(True, where, "expected a mapping")
        return
    if not service.get("image") and not service.get("build"):
        yield Finding(True, where, "neither image nor build")
    image = str(service.get("image", ""))
    if image.endswith(":latest") or (image and ":" not in image.rpartition("/")[2] and "@" not in image):
        yield Finding(False, f"{where}.image", f"{image!r} names no version")
    for need in _needs(service):
        if need not in services:
            yield Finding(True, f"{where}.depends_on", f"there is no service {need!r}")
    if isinstance(service.get("depends_on"), (list, tuple)):
        yield Finding(False, f"{where}.depends_on", "a bare list waits for the start only, not for health")
    if service.get("network_mode") == "host":
        yield from _host_network(where, service, services)


def _host_network(where: str, service: Mapping[str, Any], services: Mapping[str, Any]) -> Iterator[Finding]:
    if service.get("ports"):
        yield Finding(True, f"{where}.ports", "a service on the host's network publishes no ports")
    for name, value in _environment(service).items():
        for other in services:
            if re.search(rf"//{re.escape(str(other))}(?=[:/]|\Z)", value):
                message = f"{name} names service {other!r}, which the host's network cannot resolve"
                yield Finding(True, f"{where}.environment", message)


def _needs(service: Any) -> tuple[str, ...]:
    needs = service.get("depends_on", ()) if isinstance(service, Mapping) else ()
    return tuple(str(need) for need in needs) if isinstance(needs, (Mapping, list, tuple)) else ()


def _ours(name: str, service: Any) -> OurService | None:
    match = _OUR_IMAGE.match(str(service.get("image", ""))) if isinstance(service, Mapping) else None
    if match is None:
        return None
    command = service.get("command") or ()
    arguments = shlex.split(command) if isinstance(command, str) else [str(word) for word in command]
    return OurService(name, match.group(1), _environment(service), tuple(arguments), _mounts(service))


def _environment(service: Mapping[str, Any]) -> dict[str, str]:
    declared = service.get("environment") or {}
    if isinstance(declared, Mapping):
        return {str(key): "" if value is None else str(value) for key, value in declared.items()}
    pairs = (str(item).partition("=") for item in declared)
    return {key: value for key, _, value in pairs}


def _mounts(service: Mapping[str, Any]) -> dict[str, str]:
    """Only paths of the host (long form `bind`, or a short form that begins with `.`, `/` or `~`)."""
    mounts = {}
    for volume in service.get("volumes") or ():
        if isinstance(volume, Mapping):
            if volume.get("type") == "bind":
                mounts[str(volume.get("target", ""))] = str(volume.get("source", ""))
        elif str(volume)[:1] in "./~" and ":" in str(volume):
            source, target = str(volume).split(":")[:2]
            mounts[target] = source
    return mounts
