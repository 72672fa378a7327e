"""Backend name -> adapter. An adapter's module, and with it its third-party library, is imported only when chosen."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable

from photoncloud.backends.metadata.port import MetadataStore
from photoncloud.runtime.errors import PhotonError

ADAPTERS = {
    "memory": "photoncloud.backends.metadata.memory:open_memory",
    "rocksdb": "photoncloud.backends.metadata.rocksdb:open_rocksdb",
    "sqlite": "photoncloud.backends.metadata.sqlite:open_sqlite",
}
EXTRAS = {"rocksdb": "lightningstor", "sqlite": "sqlite"}

Opener = Callable[..., Awaitable[MetadataStore]]


def adapter(name: str) -> Opener:
    """The function that opens the adapter `name`; its keyword arguments are the adapter's own.

    Raises PhotonError `unknown-backend`, or `missing-extra` with the pip line when its library is not installed.
    """
    if name not in ADAPTERS:
        known = ", ".join(sorted(ADAPTERS))
        raise PhotonError("unknown-backend", "choose metadata backend", name, "no such adapter", f"one of: {known}")
    module, function = ADAPTERS[name].split(":")
    try:
        opener: Opener = getattr(importlib.import_module(module), function)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("photoncloud"):
            raise
        hint = f'pip install "photoncloud[{EXTRAS.get(name, name)}]"'
        raise PhotonError("missing-extra", "load metadata backend", name, error, hint) from error
    return opener
