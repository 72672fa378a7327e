"""Errors of the registry port; codes are stable."""

from __future__ import annotations

from photoncloud.runtime.errors import PhotonError


class RegistryError(PhotonError):
    """Anything the registry raises on purpose."""


class InvalidMember(RegistryError, ValueError):
    """A name or field that may not be registered: a mistake of the caller."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__("registry-invalid", "register", what, reason)


class Fenced(RegistryError):
    """Another process took over this component_id; this one goes on serving and does not fight back."""

    def __init__(self, component_id: str, instance: str) -> None:
        super().__init__("registry-fenced", "register", component_id, f"component_id in use by {instance}")
        self.instance = instance


class BackendUnavailable(RegistryError):
    """The registry cannot answer; readers keep their last list, marked stale."""

    def __init__(self, reason: str) -> None:
        super().__init__("registry-unavailable", "use registry", "", reason)
