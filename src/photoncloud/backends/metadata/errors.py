"""Errors of the metadata port. Each class has a stable `code`; a code never changes its meaning.

`RevisionMismatch` says "you lost a race, nothing changed"; `BackendUnavailable` says "the outcome may be unknown".
They are never mixed up: the first is answered by planning again, the second by reading again before any retry.
"""

from __future__ import annotations

from photoncloud.runtime.errors import PhotonError


class MetadataError(PhotonError):
    """Anything a metadata store raises on purpose."""


class RevisionMismatch(MetadataError):
    """A racing write lost: `key` was at mod_revision `actual` (0 = absent), not `expected`. Nothing changed."""

    def __init__(self, key: bytes, expected: int, actual: int) -> None:
        super().__init__(
            "revision-mismatch", "write", repr(key), f"it is at revision {actual}, expected was {expected}"
        )
        self.key = key
        self.expected = expected
        self.actual = actual


class BackendUnavailable(MetadataError):
    """The store cannot answer. With `maybe_applied` the write may have happened: read again before retrying."""

    def __init__(self, reason: str, *, maybe_applied: bool, hint: str = "") -> None:
        super().__init__("metadata-unavailable", "use metadata store", "", reason, hint)
        self.reason = reason
        self.maybe_applied = maybe_applied


class OutOfSpace(MetadataError):
    """The disk or the quota is full: nothing was written; reads work and deletes still may."""

    def __init__(self, where: str) -> None:
        super().__init__("metadata-out-of-space", "write", where, "no space left", "delete data or enlarge the volume")


class Compacted(MetadataError):
    """History before `compact_revision` is gone: start again from a scan."""

    def __init__(self, compact_revision: int) -> None:
        super().__init__("metadata-compacted", "read history", "", f"revisions before {compact_revision} are gone")
        self.compact_revision = compact_revision


class FutureRevision(MetadataError):
    """A read asked for a revision that does not exist yet."""

    def __init__(self, revision: int, current: int) -> None:
        super().__init__(
            "metadata-future-revision", "read", "", f"revision {revision} asked, the store is at {current}"
        )
        self.revision = revision
        self.current = current


class PermissionDenied(MetadataError):
    """The store refused this caller for this range."""

    def __init__(self, what: str) -> None:
        super().__init__("metadata-permission-denied", "use metadata store", what, "permission denied")


class LimitExceeded(MetadataError):
    """The call is larger than `store.limits`; nothing was sent."""

    def __init__(self, what: str, actual: int, limit: int) -> None:
        super().__init__("metadata-limit-exceeded", "check request", what, f"{actual} is over the limit {limit}")
        self.what = what
        self.actual = actual
        self.limit = limit


class InvalidRequest(MetadataError, ValueError):
    """The call makes no sense (empty key, one key put twice in a transaction): a mistake of the caller."""

    def __init__(self, reason: str) -> None:
        super().__init__("metadata-invalid-request", "check request", "", reason)


class LeaseNotFound(MetadataError):
    """The lease never existed, expired or was revoked. Nothing changed."""

    def __init__(self, lease: int) -> None:
        super().__init__("metadata-lease-not-found", "use lease", str(lease), "it does not exist")
        self.lease = lease


class Unsupported(MetadataError):
    """The adapter lacks `capability` (compare `store.capabilities`)."""

    def __init__(self, capability: str, adapter: str) -> None:
        super().__init__("metadata-unsupported", "use metadata store", adapter, f"it has no {capability}")
        self.capability = capability
        self.adapter = adapter
