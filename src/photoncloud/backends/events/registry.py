"""Backend name -> adapter of the events port; an adapter's module is imported only when chosen."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable

from photoncloud.backends.events.port import EventBus
from photoncloud.runtime.errors import PhotonError

ADAPTERS = {
    "memory": "photoncloud.backends.events.memory:open_memory",
    "none": "photoncloud.backends.events.none:open_none",
}

Opener = Callable[..., Awaitable[EventBus]]


def adapter(name: str) -> Opener:
    """The function that opens the adapter `name`. Raises PhotonError `unknown-backend`."""
    if name not in ADAPTERS:
        known = ", ".join(sorted(ADAPTERS))
        raise PhotonError("unknown-backend", "choose events backend", name, "no such adapter", f"one of: {known}")
    module, function = ADAPTERS[name].split(":")
    opener: Opener = getattr(importlib.import_module(module), function)
    return opener
