"""HTTP messages as values: what a connection hands to the service, and what it sends back.

Field names are lower-case bytes; values are bytes with surrounding blanks removed, in order of arrival.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

Headers = tuple[tuple[bytes, bytes], ...]


class IncomingBody(Protocol):
    """The request's body, pulled by whoever consumes it. Nothing is read ahead beyond the connection's buffers."""

    length: int | None
    """Bytes announced by Content-Length, or None for chunked transfer encoding. 0 when there is no body."""

    async def read(self) -> bytes | memoryview:
        """The next piece, at most 256 KiB, empty at the end. The first call answers `Expect: 100-continue`.

        A memoryview is valid until the next call. Raises S3Error RequestTimeout when no byte came for the idle
        limit, IncompleteBody when the peer closed early, InvalidRequest for broken chunked coding.
        """
        ...

    async def read_all(self, limit: int) -> bytes:
        """Everything, when it is at most `limit` bytes; raises S3Error EntityTooLarge beyond."""
        ...


@dataclass(slots=True)
class Request:
    """One request head with the facts of its connection."""

    method: str
    target: bytes
    """Raw request target as sent (absolute form already reduced to origin form), not decoded."""
    headers: Headers
    fields: dict[bytes, bytes]
    """First value of each field, for look-ups; repeated fields stand in `headers`."""
    body: IncomingBody
    peer: str
    """IP address of the client, after trusted proxies were taken into account."""
    secure: bool
    """TLS on this connection, or a trusted proxy says so."""
    request_id: str
    """16 of [0-9A-Z]."""
    received_ns: int
    """Wall clock when the head was complete."""
    has_transfer_encoding: bool = False
    tls_version: str = ""
    local_port: int = 0


@dataclass(frozen=True, slots=True)
class FileSlice:
    """A run of bytes of an open file to be sent as the body, or a part of it (sendfile when possible)."""

    fileno: int
    offset: int
    length: int


@dataclass(slots=True)
class Reply:
    """Status, fields and body. `Date`, `Server`, ids, `Content-Length` and `Connection` are added by the writer.

    `body` is bytes, or an async iterator of bytes-like pieces and FileSlices with `length` set (None: chunked
    transfer coding). A piece must not change once it was yielded. The writer always closes the iterator, also when
    the client vanished, so a generator releases what it holds in its `finally`.
    """

    status: int = 200
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes | AsyncIterator[bytes | memoryview | FileSlice] = b""
    length: int | None = None
    close: bool = False
