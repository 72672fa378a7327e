"""The result of loading: one frozen, typed, explained value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from photoncloud.config.origin import NOWHERE, Leaf, Origin

if TYPE_CHECKING:
    from photoncloud.config.marks import ConfigModel
    from photoncloud.config.schema import PhotonSettings


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
    files: tuple[str, ...] = ()

    def origin(self, key: str) -> Origin:
        """Where the value of a dotted key comes from; KeyError when there is no such leaf."""
        raise NotImplementedError

    def explain(self, key: str) -> str:
        """Value, origin, history, effect and type of a leaf, of all leaves below a prefix, or of a glob's matches."""
        raise NotImplementedError

    def leaves(self) -> Mapping[str, Leaf]:
        """Every effective leaf by its dotted key; secrets are `Secret` values."""
        raise NotImplementedError

    def document(self) -> dict[str, Any]:
        """The effective leaves without secrets as plain JSON data (last known good, `/config`)."""
        raise NotImplementedError


_ = (NOWHERE,)
if TYPE_CHECKING:
    _ConfigModel = ConfigModel
