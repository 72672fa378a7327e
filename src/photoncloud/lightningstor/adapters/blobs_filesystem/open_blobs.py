"""Hot blobs: descriptors kept open, and which of their chunks were verified lately.

A blob in use or lately used stays open (bounded number), so that a repeated GET opens nothing. Verified chunks are
remembered per (blob, size, mtime, ctime) for VERIFIED_SEC: a file changed behind our back is a new key.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from photoncloud.lightningstor.core.blob_footer import Footer

MAX_IDLE_BLOBS = 256
"""Descriptors kept for blobs nobody reads; a small part of the usual limit of 1,024 a process."""
VERIFIED_SEC = 600
"""How long a verified chunk is believed: rot of a page that stays in the page cache is found after this."""

Identity = tuple[int, int, int]
"""Size, mtime and ctime in ns."""


def identity(descriptor: int) -> Identity:
    status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


@dataclass(slots=True)
class OpenBlob:
    """One open file and what is known of it. `users` counts readers; closed when dropped and unused."""

    blob: bytes
    descriptor: int
    identity: Identity
    footer: Footer
    users: int = 0
    is_dropped: bool = False
    _verified: dict[int, float] = field(default_factory=dict)

    def is_verified(self, chunk: int, now: float) -> bool:
        until = self._verified.get(chunk)
        return until is not None and now < until

    def mark_verified(self, chunk: int, now: float) -> None:
        self._verified[chunk] = now + VERIFIED_SEC

    def close_if_unused(self) -> None:
        if self.is_dropped and not self.users and self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class OpenBlobs:
    """The open blobs of a store, least recently used first. Used on the event loop only."""

    def __init__(self, monotonic: Callable[[], float], limit: int = MAX_IDLE_BLOBS) -> None:
        self.now = monotonic
        self._limit = limit
        self._blobs: OrderedDict[bytes, OpenBlob] = OrderedDict()

    def use(self, blob: bytes) -> OpenBlob | None:
        """The open blob with one more user, or None when it is not open or its file changed."""
        known = self._blobs.get(blob)
        if known is None:
            return None
        if identity(known.descriptor) != known.identity:
            self.drop(blob)
            return None
        self._blobs.move_to_end(blob)
        known.users += 1
        return known

    def add(self, opened: OpenBlob) -> OpenBlob:
        """Keep a freshly opened blob, with one user. A second opener of the same blob replaces the first."""
        self.drop(opened.blob)
        opened.users += 1
        self._blobs[opened.blob] = opened
        while len(self._blobs) > self._limit:
            self.drop(next(iter(self._blobs)))
        return opened

    def release(self, opened: OpenBlob) -> None:
        opened.users -= 1
        opened.close_if_unused()

    def drop(self, blob: bytes) -> None:
        """Forget a blob (deleted, quarantined, changed); its descriptor closes with the last reader."""
        known = self._blobs.pop(blob, None)
        if known is not None:
            known.is_dropped = True
            known.close_if_unused()

    def close(self) -> None:
        for blob in list(self._blobs):
            self.drop(blob)
