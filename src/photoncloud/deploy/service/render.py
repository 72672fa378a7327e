"""Render a level into a folder, and compare a folder with what would be rendered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from photoncloud import __version__
from photoncloud.deploy.core import compose, env_file, systemd
from photoncloud.deploy.core.addresses import LocalAddresses
from photoncloud.deploy.core.port_plan import plan_ports
from photoncloud.deploy.core.reference import ReferenceBroken
from photoncloud.deploy.core.rendering import Rendering
from photoncloud.deploy.core.topology import Topology
from photoncloud.deploy.errors import TopologyInvalid

FORMATS = ("compose", "systemd", "env")
# Where a rendered `env` deployment keeps its data unless told otherwise.
ENV_DATA_DIR = "/var/lib/photoncloud"


@dataclass(frozen=True, slots=True)
class Options:
    image_prefix: str = ""
    bin_dir: str = systemd.BIN_DIR
    host: str = ""
    data_dir: str = ENV_DATA_DIR
    port_offset: int = 0


def rendered(topology: Topology, form: str, options: Options = Options()) -> Rendering:
    """Relative path -> text. Raises TopologyInvalid."""
    try:
        if form == "compose":
            return compose.render(topology, __version__, image_prefix=options.image_prefix)
        ports = plan_ports(topology, offset=options.port_offset)
        if form == "systemd":
            return systemd.render(topology, ports, __version__, bin_dir=options.bin_dir, host=options.host)
        data_dirs = {component.name: component.data for component in topology.components if component.data}
        return env_file.render(topology, LocalAddresses(ports, options.data_dir, __version__, data_dirs))
    except (ReferenceBroken, ValueError) as error:
        raise TopologyInvalid([str(error)]) from error


def write(rendering: Rendering, folder: Path) -> list[Path]:
    """Write every file below `folder`; files that are already right are not touched."""
    written = []
    for name, text in sorted(rendering.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)
        written.append(path)
    return written


def stale(rendering: Rendering, folder: Path) -> list[str]:
    """Names whose file is missing or different."""
    return [name for name, text in sorted(rendering.items()) if _text(folder / name) != text]


def _text(path: Path) -> str | None:
    try:
        return path.read_text()
    except OSError:
        return None
