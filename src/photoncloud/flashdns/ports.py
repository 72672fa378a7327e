"""What flashdns needs from the outside, in its own words.

Adapters implement these over files, the shared metadata port, chainfire, sockets, processes. Errors are
`FlashdnsError` with the codes named here; nothing else crosses a port. Unless said otherwise a call may be repeated.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from photoncloud.flashdns.core.change_set import ChangeSet
from photoncloud.flashdns.core.dnskey import Role, ZoneKey
from photoncloud.flashdns.core.secondary import SecondaryState
from photoncloud.flashdns.core.signing import SignTask


@dataclass(frozen=True, slots=True)
class SourceText:
    """One master file as read at once: the text (Latin-1) and what tells that it changed."""

    file: str
    text: str
    digest: bytes


class ZoneSource(Protocol):
    """Where the text of file zones comes from."""

    async def read(self, file: str) -> SourceText:
        """A file that did not change while it was read. Raises `zone_file_missing`, `zone_file_unreadable`."""
        ...

    def include(self, path: str, including: str) -> tuple[str, str]:
        """The reader handed to the parser (`core.master_file.Include`): resolves and confines. Runs in the builder."""
        ...

    async def discover(self) -> Sequence[str]:
        """The `*.zone` files of the zone folder, sorted."""
        ...

    def changes(self) -> AsyncIterator[frozenset[str]]:
        """Files that may have changed, at once where the system tells, else at every poll. Never ends by itself."""
        ...


class ImageStore(Protocol):
    """Compiled images where workers can map them."""

    async def put(self, apex: bytes, revision: int, image: bytes) -> str:
        """Write and rename one image; its path. Raises `disk_full`."""
        ...

    async def publish(self, entries: Sequence[tuple[str, bytes, str]]) -> int:
        """Replace the directory file by (view, apex, path) entries; its epoch, which only grows."""
        ...

    async def collect(self, epoch: int) -> None:
        """Remove images no directory from `epoch` on names."""
        ...


class ZoneJournal(Protocol):
    """Change sets, served serials and timers. What a call acknowledged survives power loss."""

    async def append(self, apex: bytes, change: ChangeSet) -> None:
        """Add the newest change and trim to the configured size. Raises `disk_full`, `journal_gap`."""
        ...

    async def changes(self, apex: bytes, from_serial: int) -> Sequence[ChangeSet]:
        """The unbroken chain from `from_serial` to now, oldest first; empty when it is not covered."""
        ...

    async def set_served_serial(self, apex: bytes, serial: int) -> None:
        """Before publishing a version."""
        ...

    async def served_serial(self, apex: bytes) -> int | None: ...

    async def set_secondary(self, apex: bytes, state: SecondaryState) -> None: ...

    async def secondary(self, apex: bytes) -> SecondaryState | None: ...

    async def forget(self, apex: bytes) -> None:
        """Drop everything about a zone that is no longer configured."""
        ...


class KeyStore(Protocol):
    """Signing keys of zones; private halves never leave it."""

    async def keys(self, apex: bytes) -> Sequence[ZoneKey]:
        """Active keys, the oldest first."""
        ...

    async def generate(self, apex: bytes, role: Role, algorithm: int) -> ZoneKey:
        """Make and keep a key whose tag is unused in the zone. Not idempotent. Raises `disk_full`."""
        ...


class Signer(Protocol):
    """Makes signatures; slow, so it runs off the event loop."""

    async def sign(self, apex: bytes, tasks: Sequence[SignTask]) -> Sequence[bytes]:
        """One signature for each task in order, in the wire form of its algorithm. Raises `no_active_key`."""
        ...


class TransferClient(Protocol):
    """Questions to primaries. Bounds on time and idleness are the adapter's; on octets, `core.transfer_in`'s."""

    async def ask(self, primary: str, query: bytes) -> bytes:
        """One reply by UDP, by TCP when truncated. Raises `primary_unreachable`."""
        ...

    def transfer(self, primary: str, query: bytes) -> AsyncIterator[bytes]:
        """Messages of a transfer by TCP until the caller stops. Raises `primary_unreachable`."""
        ...


class Forwarder(Protocol):
    """Recursion for clients inside a VPC."""

    async def forward(self, query: bytes) -> bytes:
        """The reply of the resolver to a question with its own port and ID. Raises `forwarder_unreachable`."""
        ...


class WorkerPool(Protocol):
    """The processes that answer."""

    async def start(self) -> None: ...

    async def published(self, epoch: int) -> None:
        """Tell every worker of a new directory; returns when all have it or were replaced."""
        ...

    async def stop(self, grace_sec: float) -> None: ...
