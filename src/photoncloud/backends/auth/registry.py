"""Backend name -> adapter. An adapter's module, and with it its third-party library, is imported only when chosen."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable

from photoncloud.backends.auth.port import AuthBackend
from photoncloud.runtime.errors import PhotonError

ADAPTERS = {"local": "photoncloud.backends.auth.local:open_local"}

Opener = Callable[..., Awaitable[AuthBackend]]


def adapter(name: str) -> Opener:
    """The function that opens the adapter `name`; its arguments are the adapter's own.

    Raises PhotonError `unknown-backend`.
    """
    if name not in ADAPTERS:
        known = ", ".join(sorted(ADAPTERS))
        raise PhotonError("unknown-backend", "choose auth backend", name, "no such adapter", f"one of: {known}")
    module, function = ADAPTERS[name].split(":")
    opener: Opener = getattr(importlib.import_module(module), function)
    return opener
