"""photon-config: files, variables and flags become one frozen, typed, explained value.

The names below are imported on first use, so that `--version` of a server pays for nothing.

    load(component, Settings, argv, environ)      -> Resolved, or ConfigurationError with every problem (exit 78)
    command_line.serve_arguments(...)             the command line of every server, -> Resolved or an exit status
    reload.plan(old, new)                         what a reload changes and what needs a restart
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from photoncloud.config.declaration import Capability, Context, Declaration, ExampleCredentials, Flag
    from photoncloud.config.loading import load
    from photoncloud.config.marks import ConfigModel, setting, table
    from photoncloud.config.origin import Leaf, Origin
    from photoncloud.config.problem import ConfigurationError, Problem, UsageError
    from photoncloud.config.resolved import Endpoints, Note, Resolved
    from photoncloud.config.secret import Secret
    from photoncloud.config.value_types import (
        Address,
        OptionalAddress,
        RpcUrl,
        SocketAddress,
        Url,
        parse_address,
    )

_HOMES = {
    "declaration": ("Capability", "Context", "Declaration", "ExampleCredentials", "Flag"),
    "loading": ("load",),
    "marks": ("ConfigModel", "setting", "table"),
    "origin": ("Leaf", "Origin"),
    "problem": ("ConfigurationError", "Problem", "UsageError"),
    "resolved": ("Endpoints", "Note", "Resolved"),
    "secret": ("Secret",),
    "value_types": ("Address", "OptionalAddress", "RpcUrl", "SocketAddress", "Url", "parse_address"),
}

__all__ = [
    "Address",
    "Capability",
    "ConfigModel",
    "ConfigurationError",
    "Context",
    "Declaration",
    "Endpoints",
    "ExampleCredentials",
    "Flag",
    "Leaf",
    "Note",
    "OptionalAddress",
    "Origin",
    "Problem",
    "Resolved",
    "RpcUrl",
    "Secret",
    "SocketAddress",
    "Url",
    "UsageError",
    "load",
    "parse_address",
    "setting",
    "table",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            value = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
