"""Backend name -> adapter of the registry port; an adapter's module is imported only when chosen."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable

from photoncloud.backends.registry.port import Registry
from photoncloud.runtime.errors import PhotonError

ADAPTERS = {"none": "photoncloud.backends.registry.none:open_none"}

Opener = Callable[..., Awaitable[Registry]]


def adapter(name: str) -> Opener:
    """The function that opens the adapter `name`. Raises PhotonError `unknown-backend`."""
    if name not in ADAPTERS:
        known = ", ".join(sorted(ADAPTERS))
        raise PhotonError("unknown-backend", "choose registry backend", name, "no such adapter", f"one of: {known}")
    module, function = ADAPTERS[name].split(":")
    opener: Opener = getattr(importlib.import_module(module), function)
    return opener
