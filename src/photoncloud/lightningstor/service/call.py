"""What the pipeline hands to a handler once a request was addressed, authenticated, authorised and admitted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from photoncloud.backends.auth.iam.chunk_signature import ChunkSignatureChain
from photoncloud.backends.auth.port import Principal
from photoncloud.lightningstor.core.access_conditions import AccessContext
from photoncloud.lightningstor.core.http_message import Reply, Request
from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.service.bucket_directory import Bucket


@dataclass(frozen=True, slots=True)
class Payload:
    """How the body was signed: the result of authentication that `body_intake` must enforce.

    `mode` is one of `hash` (compare with `sha256`), `unsigned`, `streaming-signed`, `streaming-signed-trailer`,
    `streaming-unsigned-trailer`. `chunk_signatures` is the chain of a signed streaming body, begun at the request's
    signature; it belongs to this one body.
    """

    mode: str
    sha256: bytes = b""
    sha256_text: str = ""
    chunk_signatures: ChunkSignatureChain | None = None


class Authorised:
    """Proof that the authoriser allowed this request. Only `service.authorisation` makes one (a test holds that).

    `context` holds the condition keys of the request, for further questions such as one per key of DeleteObjects.
    """

    __slots__ = ("context", "principal", "reason")

    def __init__(self, principal: Principal, reason: str, context: AccessContext) -> None:
        self.principal = principal
        self.reason = reason
        self.context = context


@dataclass(slots=True)
class Call:
    """One authorised operation. `now_ns` is drawn once a request; `query` holds decoded parameters, first wins."""

    request: Request
    operation: str
    authorised: Authorised
    bucket_name: str
    key: bytes
    """Decoded object key (UTF-8 bytes), empty for bucket and service operations."""
    query: dict[str, str]
    bucket: Bucket | None
    """The resolved bucket; None for service operations and CreateBucket of a new name."""
    payload: Payload
    now_ns: int
    source: Source | None = None
    """Parsed and authorised copy source, for CopyObject and UploadPartCopy."""
    notes: dict[str, object] = field(default_factory=dict)
    """Facts for the audit line and `explain`; never sent to the caller."""

    def header(self, name: str) -> str | None:
        """First value of a request field as latin-1 text, or None."""
        value = self.request.fields.get(name.encode("latin-1"))
        return None if value is None else value.decode("latin-1")


@dataclass(frozen=True, slots=True)
class Source:
    """A copy source that exists and that the caller may read."""

    bucket: Bucket
    key: bytes
    version_id: str
    """As named in the request; empty when the current version was meant."""
    record: ObjectRecord
    revision: int
    row_key: bytes
    """Index key of the row the record was read from, to be compared in the transaction."""


Handler = Callable[[Call], Awaitable[Reply]]
