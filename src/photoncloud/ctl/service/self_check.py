"""`check-connection --self`: is the component of this container well? The health check of our images.

Runs every few seconds in every container, so it does without the command-line library.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from photoncloud.ctl.adapters.endpoint import parse
from photoncloud.ctl.core import layer_verdict
from photoncloud.ctl.errors import CommandFailed, UsageWrong
from photoncloud.ctl.service import connection
from photoncloud.ctl.service.connection import Options
from photoncloud.ctl.service.declared import declared, default_health_address


def run(environ: Mapping[str, str]) -> int:
    """Print the layers, give the status of the first that fails."""
    try:
        endpoint = parse(own_address(environ))
    except CommandFailed as error:
        print(f"photonctl: {error}", file=sys.stderr)
        return error.exit_status
    kind, results = connection.examine(endpoint, Options(samples=1))
    print("\n".join(connection.lines(endpoint, kind, results)))
    return layer_verdict.exit_status(results)


def own_address(environ: Mapping[str, str]) -> str:
    """Where the component of this container answers: variable, configuration file, default. Raises UsageWrong."""
    name = environ.get("PHOTON_COMPONENT", "")
    if not name:
        raise UsageWrong("--self needs PHOTON_COMPONENT")
    config = environ.get("PHOTON_CONFIG") or f"/etc/{name}/config.toml"
    address = environ.get("PHOTON__OPS__ADDR") or _configured(config) or _default(name)
    if not address:
        raise UsageWrong(f"--self: the health address of {name!r} is not known")
    host, _, port = address.rpartition(":")
    # Listening on every address means answering on loopback.
    return f"{'127.0.0.1' if host in ('', '0.0.0.0', '[::]') else host}:{port}"


def _configured(path: str) -> str:
    try:
        document = tomllib.loads(Path(path).read_text())
        return str(document["photon"]["ops"]["addr"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _default(name: str) -> str:
    known = declared().get(name)
    return default_health_address(known) if known else ""
