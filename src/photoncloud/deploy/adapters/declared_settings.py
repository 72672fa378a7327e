"""The loader of photon-config for a component that is not installed here: common settings only.

What every component has in common (`[photon]`, modes, endpoints, `PHOTON_*` and the aliases) is checked; tables and
variables of the component's own cannot be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from photoncloud.config import ConfigModel, Declaration, load


def load_common(component: str, environ: Mapping[str, str]) -> None:
    """Raises ConfigurationError with every problem of these variables."""

    class Settings(ConfigModel):
        """No table of its own."""

        declaration: ClassVar[Declaration] = Declaration(
            component=component,
            ops_addr="127.0.0.1:0",
            capabilities={
                "metadata": ("file",),
                "auth": ("local",),
                "events": ("none",),
                "registry": ("none",),
                "config": ("file",),
                "network": ("host",),
                "telemetry": ("local",),
            },
        )

    own_prefix = component.upper().replace("-", "_") + "__"
    common = {name: value for name, value in environ.items() if not name.startswith(own_prefix)}
    load(component, Settings, ["--config-only"], common)
