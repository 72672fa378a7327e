"""The result of loading: one frozen, typed, explained value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from photoncloud.config.leaf import Path, dotted
from photoncloud.config.origin import Leaf, Origin
from photoncloud.config.plain import plain

if TYPE_CHECKING:
    from photoncloud.config.assembly import Material
    from photoncloud.config.schema import PhotonSettings
    from photoncloud.config.tree import Schema


@dataclass(frozen=True)
class Note:
    """A line the process logs once its logging stands: level, event name, fields."""

    level: str
    event: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Endpoints:
    """Where the integrated services are, after hybrid mode's own endpoints were applied; "" and () = not known."""

    chainfire: tuple[str, ...] = ()
    auth: str = ""
    event_bus: str = ""
    control_plane: str = ""
    network: str = ""
    telemetry: str = ""


@dataclass(frozen=True)
class Resolved:
    """Everything a process needs to know about its configuration.

    `settings` is the component's own model, the overlay of `[integrated.*]` applied. `mode`, `mode_reason`, `stage`
    and `backends` (capability → backend) are for `/health` and the log only. `engines`: leaf of `[photon.standalone]`
    that is no capability (`storage_backend`) → engine. `hash`: SHA-256 of the effective leaves without secrets.
    `notes`: lines to log. `files`: what was read, lowest first.

    `merged` and `effective` are the leaves before and after mode and overlay; `material` lets a reload assemble again.
    """

    component: str
    photon: PhotonSettings
    settings: Any
    mode: str
    mode_reason: str
    stage: str
    backends: Mapping[str, str]
    engines: Mapping[str, str]
    integrated: Endpoints
    hash: str
    notes: tuple[Note, ...]
    files: tuple[str, ...]
    schema: Schema = field(repr=False)
    merged: Mapping[Path, Leaf] = field(repr=False)
    effective: Mapping[Path, Leaf] = field(repr=False)
    material: Material = field(repr=False)

    def origin(self, key: str) -> Origin:
        """Where the value of a dotted key comes from; KeyError when there is no such leaf."""
        return self.leaves()[key].origin

    def explain(self, key: str) -> str:
        """Value, origin, history, effect and type of a leaf, of all leaves below a prefix, or of a glob's matches.

        KeyError when nothing matches.
        """
        from photoncloud.config.explain import explain_text

        return explain_text(self, key)

    def leaves(self) -> Mapping[str, Leaf]:
        """Every effective leaf by its dotted key, in schema order; secrets are `Secret` values."""
        return MappingProxyType({dotted(path): leaf for path, leaf in self.effective.items()})

    def document(self) -> dict[str, Any]:
        """The effective leaves without secrets as plain JSON data, by dotted key (last known good, `/config`)."""
        return {
            dotted(path): plain(leaf.value)
            for path, leaf in self.effective.items()
            if leaf.value is not None and not self.schema.is_secret(path)
        }

    def hashed(self) -> Resolved:
        """This value with `hash` computed: SHA-256 over the canonical JSON of `document()`."""
        text = json.dumps(self.document(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return replace(self, hash=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
