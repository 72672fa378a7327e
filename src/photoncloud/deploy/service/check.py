"""Check rendered or foreign deployments: three renderings are one graph; every service of ours would start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from photoncloud import __version__
from photoncloud.config import ConfigurationError
from photoncloud.deploy.adapters import schema_file, server_command, yaml_file
from photoncloud.deploy.adapters.declared_settings import load_common
from photoncloud.deploy.core import compose, compose_reader, compose_rules, env_file, systemd_reader
from photoncloud.deploy.core.compose_rules import OurService
from photoncloud.deploy.core.graph import Graph, graph
from photoncloud.deploy.core.rendering import Rendering, RenderingBroken
from photoncloud.deploy.core.topology import Topology
from photoncloud.deploy.errors import RenderingUnreadable
from photoncloud.deploy.service.render import FORMATS, Options, rendered

UNIT_FILES_MAX = 2000


@dataclass(frozen=True, slots=True)
class Report:
    """`problems` make it invalid, `differences` make it another deployment, `notes` are advice."""

    problems: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def exit_status(self) -> int:
        """78 invalid, 2 different, 0 equal and valid."""
        return 78 if self.problems else 2 if self.differences else 0


def level(topology: Topology) -> Report:
    """Whether the three renderings of a topology are one graph."""
    wanted = graph(topology, __version__)
    differences: list[str] = []
    for form in FORMATS:
        try:
            found = read(rendered(topology, form, Options()), form)
        except RenderingBroken as error:
            return Report(problems=(f"{form}: {error}",))
        differences += [f"{form}: {line}" for line in compare(wanted, found)]
    return Report(differences=tuple(differences))


def units(folder: Path, topology: Topology | None) -> Report:
    """Units rendered by us: readable, and equal to `topology` when one is given."""
    paths = [path for path in folder.rglob("*") if path.is_file()][:UNIT_FILES_MAX]
    files = {str(path.relative_to(folder)): path.read_text() for path in paths}
    try:
        found = systemd_reader.read(files)
    except RenderingBroken as error:
        return Report(problems=(str(error),))
    return Report(differences=tuple(compare(graph(topology, __version__), found)) if topology else ())


def compose_file(path: Path, schema: Path | None = None) -> Report:
    """A compose file of anybody: shape, references, and the configuration loader for each service of ours."""
    try:
        document = yaml_file.parse(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise RenderingUnreadable(f"{path}: {error}") from error
    problems = [f"schema: {line}" for line in schema_file.errors(document, schema)] if schema else []
    found, services = compose_rules.examine(document)
    problems += [str(finding) for finding in found if finding.is_error]
    notes = [str(finding) for finding in found if not finding.is_error]
    for service in services:
        lines, note = _would_start(service, path.parent)
        problems += [f"services.{service.service}: {line}" for line in lines]
        notes += [f"services.{service.service}: {note}"] if note else []
    return Report(tuple(problems), (), tuple(notes))


def read(files: Rendering, form: str) -> Graph:
    """The graph of a rendering of ours. Raises RenderingBroken."""
    if form == "compose":
        return compose_reader.read(yaml_file.parse(files[compose.FILE]), files)
    return systemd_reader.read(files) if form == "systemd" else env_file.read(files)


def compare(wanted: Graph, found: Graph) -> list[str]:
    """One line a difference, component and field by name; [] when equal."""
    lines = [] if wanted.level == found.level else [f"level {found.level!r} instead of {wanted.level!r}"]
    known = {node.name: node for node in found.nodes}
    for node in wanted.nodes:
        other = known.pop(node.name, None)
        if other is None:
            lines.append(f"{node.name}: missing")
            continue
        for key in node.__slots__:
            if getattr(node, key) != getattr(other, key):
                lines.append(f"{node.name}.{key}: {getattr(other, key)!r} instead of {getattr(node, key)!r}")
    return [*lines, *(f"{name}: not part of the level" for name in known)]


def _would_start(service: OurService, folder: Path) -> tuple[list[str], str]:
    """(problems, note): the loader's own answer for this service's environment and mounted configuration."""
    mounted = service.mounts.get(f"/etc/{service.component}/config.toml")
    config = (folder / mounted).resolve() if mounted else None
    if config is not None and not config.is_file():
        return [f"{mounted} is mounted as its configuration and is no file"], ""
    if server_command.path_of(service.component) is None:
        return _common_problems(service), f"{service.component}-server is not installed: only common settings checked"
    arguments = ["--check-config", "--config-only", *(["--config", str(config)] if config else [])]
    flags = [word for word in service.arguments if word.startswith("-")]
    environ = {**_surroundings(), **service.environment}
    answer = server_command.ask(service.component, [*arguments, *flags], environ, folder)
    lines = [line for line in answer.error.splitlines() if line]
    is_broken = lines[:1] == ["Traceback (most recent call last):"]
    return ([] if answer.status == 0 else lines[-1:] if is_broken else lines), ""


def _common_problems(service: OurService) -> list[str]:
    try:
        load_common(service.component, service.environment)
    except ConfigurationError as error:
        return [problem.render() for problem in error.problems]
    return []


def _surroundings() -> Mapping[str, str]:
    return {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
