"""Errors of the events port; codes are stable."""

from __future__ import annotations

from photoncloud.runtime.errors import PhotonError


class EventsError(PhotonError):
    """Anything the bus raises on purpose."""


class BackendUnavailable(EventsError):
    """The bus did not answer. With `maybe_applied` publish again with the same id: it is stored at most once."""

    def __init__(self, reason: str, *, maybe_applied: bool) -> None:
        super().__init__("events-unavailable", "use event bus", "", reason)
        self.maybe_applied = maybe_applied


class InvalidEvent(EventsError, ValueError):
    """The envelope, subject or pattern breaks a rule: a mistake of the producer."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__("events-invalid", "check event", what, reason)


class LimitExceeded(EventsError):
    """The event is larger than the bus takes; nothing was sent."""

    def __init__(self, what: str, actual: int, limit: int) -> None:
        super().__init__("events-limit-exceeded", "publish", what, f"{actual} is over the limit {limit}")
        self.actual = actual
        self.limit = limit


class PermissionDenied(EventsError):
    """This component may not publish or subscribe here."""

    def __init__(self, what: str) -> None:
        super().__init__("events-permission-denied", "use event bus", what, "permission denied")


class Unsupported(EventsError):
    """The adapter lacks `capability`."""

    def __init__(self, capability: str, adapter: str) -> None:
        super().__init__("events-unsupported", "use event bus", adapter, f"it has no {capability}")
        self.capability = capability
