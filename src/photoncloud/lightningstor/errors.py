"""The one exception of S3 semantics. Code → status, message and field names stand in `core.error_table`."""

from __future__ import annotations


class S3Error(Exception):
    """A refusal in the protocol's own words.

    `code` is a key of `core.error_table`; `message` replaces the table's text where S3 has several texts for one
    code; `fields` are the extra elements of the XML document in order (element name → text); `headers` are extra
    reply headers such as `Allow` or `x-amz-delete-marker`; `close` asks the connection to end after the reply.
    """

    def __init__(
        self,
        code: str,
        message: str | None = None,
        *,
        fields: dict[str, str] | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        close: bool = False,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.fields = fields or {}
        self.headers = headers
        self.close = close


class StoreDamaged(Exception):
    """Bytes on disk are not what was written (checksum, truncated file, undecodable record). Never served as good.

    `what` names the blob, row or file; `where` the path or key, for the operator, never for the caller.
    """

    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{what} at {where}")
        self.what = what
        self.where = where


class CommitLost(Exception):
    """A compare of an index transaction failed: somebody else changed the row first. Plan again."""


class IndexUnavailable(Exception):
    """The index cannot answer. `maybe_applied` tells whether a commit's outcome is unknown."""

    def __init__(self, reason: str, *, maybe_applied: bool) -> None:
        super().__init__(reason)
        self.maybe_applied = maybe_applied


class OutOfSpace(Exception):
    """The file system of the data or the index has no room (ENOSPC, EDQUOT, or below `storage.min_free_bytes`)."""


class EventsUnavailable(Exception):
    """The events backend does not take events now; they stay in the outbox."""


class EventRefused(Exception):
    """The events backend will never take this event: it breaks a rule of the bus."""
