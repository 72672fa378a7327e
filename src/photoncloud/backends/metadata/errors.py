"""Errors of the metadata port. Each class has a stable `code`; a code never changes its meaning.

`RevisionMismatch` says "you lost a race, nothing changed"; `BackendUnavailable` says "the outcome may be unknown".
They are never mixed up: the first is answered by planning again, the second by reading again before any retry.
"""

from __future__ import annotations


class MetadataError(Exception):
    """Anything a metadata store raises on purpose. `code` is stable, `hint` tells an operator what helps."""

    code = "metadata.error"
    hint = ""


class RevisionMismatch(MetadataError):
    """A racing write lost: `key` was at mod_revision `actual` (0 = absent), not `expected`. Nothing changed."""

    code = "metadata.revision_mismatch"

    def __init__(self, key: bytes, expected: int, actual: int) -> None:
        super().__init__(f"{key!r} is at revision {actual}, expected {expected}")
        self.key = key
        self.expected = expected
        self.actual = actual


class BackendUnavailable(MetadataError):
    """The store cannot answer. With `maybe_applied` the write may have happened: read again before retrying."""

    code = "metadata.unavailable"

    def __init__(self, reason: str, *, maybe_applied: bool, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.maybe_applied = maybe_applied
        self.hint = hint


class Compacted(MetadataError):
    """History before `compact_revision` is gone: start again from a scan."""

    code = "metadata.compacted"

    def __init__(self, compact_revision: int) -> None:
        super().__init__(f"history before revision {compact_revision} is gone")
        self.compact_revision = compact_revision


class FutureRevision(MetadataError):
    """A read asked for a revision that does not exist yet."""

    code = "metadata.future_revision"

    def __init__(self, revision: int, current: int) -> None:
        super().__init__(f"revision {revision} is in the future, the store is at {current}")
        self.revision = revision
        self.current = current


class PermissionDenied(MetadataError):
    """The store refused this caller for this range."""

    code = "metadata.permission_denied"


class LimitExceeded(MetadataError):
    """The call is larger than `store.limits`; nothing was sent."""

    code = "metadata.limit_exceeded"

    def __init__(self, what: str, actual: int, limit: int) -> None:
        super().__init__(f"{what}: {actual} is over the limit {limit}")
        self.what = what
        self.actual = actual
        self.limit = limit


class InvalidRequest(MetadataError, ValueError):
    """The call makes no sense (empty key, one key put twice in a transaction): a mistake of the caller."""

    code = "metadata.invalid_request"


class LeaseNotFound(MetadataError):
    """The lease never existed, expired or was revoked. Nothing changed."""

    code = "metadata.lease_not_found"

    def __init__(self, lease: int) -> None:
        super().__init__(f"lease {lease} does not exist")
        self.lease = lease


class Unsupported(MetadataError):
    """The adapter lacks `capability` (compare `store.capabilities`)."""

    code = "metadata.unsupported"

    def __init__(self, capability: str, adapter: str) -> None:
        super().__init__(f"the {adapter} metadata backend has no {capability}")
        self.capability = capability
        self.adapter = adapter
