"""The installation on this machine, and what its supervisor says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from photoncloud.deploy import bootstrap


def data_dir(given: Path | None, environ: Mapping[str, str]) -> Path:
    """The installation meant: flag, PHOTONCTL_DATA_DIR, the user's own."""
    variable = environ.get("PHOTONCTL_DATA_DIR")
    return (given or (Path(variable) if variable else bootstrap.default_data_dir(environ))).absolute()


def local_status(environ: Mapping[str, str], given: Path | None = None) -> dict[str, Any] | None:
    """The local supervisor's answer to `status`, None when none runs."""
    return bootstrap.status(data_dir(given, environ))
