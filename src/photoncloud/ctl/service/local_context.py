"""`photonctl up` leaves the context `local`: the server of this machine, its token and its authority."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from photoncloud.ctl import settings
from photoncloud.ctl.settings import Context


def write(data_dir: Path, environ: Mapping[str, str]) -> None:
    """Write or refresh the context; other contexts and the chosen one stay as they are."""
    known = settings.load_file(environ)
    secrets = data_dir / "secrets"
    local = replace(
        known.contexts.get("local", Context()), token_file=str(secrets / "admin-token"), ca_file=str(secrets / "ca.pem")
    )
    if known.contexts.get("local") != local:
        settings.save(replace(known, contexts={**known.contexts, "local": local}), environ)
