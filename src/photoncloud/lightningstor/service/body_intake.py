"""Reading a request's body: framing, digests, where the bytes go, and every promise of §4.4 kept or refused.

`intake` gives a `StoredBody` or raises, and then nothing of the body is left on disk, whether the digests were wrong,
the client vanished or the request was cancelled. `document` reads a small body (XML, JSON) under the same rules.
Headers are judged before the first byte is read, so a refusal comes before `100 Continue`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from photoncloud.backends.auth.iam.errors import SigV4Error
from photoncloud.lightningstor.core.checksum import DEFAULT_ALGORITHM
from photoncloud.lightningstor.core.chunked import (
    ChunkedDecoder,
    ChunkEnd,
    Event,
    TrailersEnd,
)
from photoncloud.lightningstor.core.digest_rules import (
    DIGEST_REQUIRED,
    Demands,
    Promise,
    read_demands,
    verify,
    wanted,
)
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.ports import ChunkDigester
from photoncloud.lightningstor.service.body_sink import BodySink, BodyStores, Piece, StoredBody
from photoncloud.lightningstor.service.call import Call
from photoncloud.lightningstor.service.sealed_body import BodyKey

MAX_OBJECT_BYTES = 5 << 30
"""S3's limit of a single PUT or part."""
MAX_LENGTH_DIGITS = 20
"""More digits than any length has: longer numbers are not decimal lengths but attacks on the parser."""
WRONG_LENGTH = "You did not provide the number of bytes specified by the Content-Length HTTP header"
NO_ALGORITHMS: frozenset[str] = frozenset()


def demands_of(call: Call) -> Demands:
    """What the headers promise; raises the S3Errors of precedence 2 and 3. For callers that must know before."""
    return read_demands(call.request.fields, call.request.headers, call.payload.mode)


class BodyIntake:
    """Reads bodies into the stores it was given."""

    def __init__(self, stores: BodyStores) -> None:
        self._stores = stores

    async def intake(
        self,
        call: Call,
        *,
        length_limit: int = MAX_OBJECT_BYTES,
        required_algorithms: frozenset[str] = NO_ALGORITHMS,
        encryption: BodyKey | None = None,
        demands: Demands | None = None,
    ) -> StoredBody:
        """The verified body of an object or part.

        `required_algorithms` are computed even when the client promised none; the first decides the checksum kept.
        Raises S3Error as §4.4 and §4.5 say (EntityTooLarge above `length_limit`), OutOfSpace, StoreDamaged.
        """
        if demands is None:
            demands = demands_of(call)
        promise = _promise(call)
        length = _announced_length(call, length_limit)
        _judge_presigned_streaming(call, length)
        algorithms = wanted(demands, promise) | required_algorithms
        sink = BodySink(
            self._stores,
            algorithms,
            key=encryption,
            known_length=length,
            memory_limit=self._stores.inline_max_bytes,
        )
        try:
            trailers = await _fill(call, demands, sink, length, self._stores)
            digests = await sink.finish()
            verify(demands, promise, digests, trailers)
        except BaseException:
            await asyncio.shield(sink.discard())
            raise
        algorithm = demands.algorithm or next(iter(required_algorithms), DEFAULT_ALGORITHM)
        return sink.stored(digests, algorithm)

    async def document(
        self,
        call: Call,
        *,
        limit: int,
        requires_digest: bool = False,
        ignores_checksum: bool = False,
    ) -> bytes:
        """A small body whole, verified. `ignores_checksum`: the checksum header speaks of something else (Complete)."""
        demands = demands_of(call)
        if requires_digest and not demands.has_digest:
            raise S3Error("InvalidRequest", DIGEST_REQUIRED)
        if ignores_checksum and demands.trailer is None:
            demands = Demands(demands.content_md5, demands.content_md5_text)
        promise = _promise(call)
        length = _announced_length(call, limit, is_required=False)
        _judge_presigned_streaming(call, length)
        sink = BodySink(self._stores, wanted(demands, promise), key=None, known_length=length, memory_limit=limit)
        trailers = await _fill(call, demands, sink, length, self._stores)
        content = sink.content()
        digests = self._stores.hashes.digest_now(wanted(demands, promise), content)
        verify(demands, promise, digests, trailers, is_document=True)
        return content

    async def store(
        self,
        pieces: AsyncIterator[Piece],
        *,
        length: int | None,
        algorithms: frozenset[str] = NO_ALGORITHMS,
        encryption: BodyKey | None = None,
    ) -> StoredBody:
        """Bytes that did not come as this request's own body: a form's file, a copy that must be encrypted anew.

        A piece may be reused after the next one was asked for. Raises what `pieces` raises, OutOfSpace, StoreDamaged.
        """
        sink = BodySink(
            self._stores,
            algorithms,
            key=encryption,
            known_length=length,
            memory_limit=self._stores.inline_max_bytes,
        )
        try:
            async for piece in pieces:
                await sink.take([piece])
            digests = await sink.finish()
        except BaseException:
            await asyncio.shield(sink.discard())
            raise
        return sink.stored(digests, next(iter(algorithms), DEFAULT_ALGORITHM))


def _promise(call: Call) -> Promise | None:
    payload = call.payload
    return Promise(payload.sha256, payload.sha256_text) if _is_hashed(call) else None


def _is_hashed(call: Call) -> bool:
    return call.payload.mode.startswith("hash")


def _is_streaming(call: Call) -> bool:
    return call.payload.mode.startswith("streaming-")


def _decimal(text: bytes | None) -> int | None:
    if text is None or not text.isdigit() or len(text) > MAX_LENGTH_DIGITS:
        return None
    return int(text)


def _announced_length(call: Call, limit: int, *, is_required: bool = True) -> int:
    """Bytes of the decoded body as announced (§4.1, §4.5). Raises MissingContentLength, EntityTooLarge, …"""
    request = call.request
    length: int | None
    if _is_streaming(call):
        length = _decimal(request.fields.get(b"x-amz-decoded-content-length"))
    elif request.has_transfer_encoding:
        raise S3Error("NotImplemented", fields={"Header": "Transfer-Encoding"})
    elif is_required and b"content-length" not in request.fields:
        length = None
    else:
        length = request.body.length
    if length is None:
        raise S3Error("MissingContentLength")
    if length > limit:
        raise S3Error("EntityTooLarge", fields={"ProposedSize": str(length), "MaxSizeAllowed": str(limit)})
    return length


def _judge_presigned_streaming(call: Call, length: int) -> None:
    """A streaming keyword in a presigned request has no meaning, but its decoded length is compared (§4.3)."""
    if not _is_hashed(call) or not call.payload.sha256_text.startswith("STREAMING-"):
        return
    decoded = _decimal(call.request.fields.get(b"x-amz-decoded-content-length"))
    if decoded is None:
        raise S3Error("MissingContentLength")
    if decoded != length:
        raise _wrong_length(decoded, length)


def _wrong_length(expected: int, provided: int) -> S3Error:
    counts = {"NumberBytesExpected": str(expected), "NumberBytesProvided": str(provided)}
    return S3Error("IncompleteBody", WRONG_LENGTH, fields=counts)


async def _fill(call: Call, demands: Demands, sink: BodySink, length: int, stores: BodyStores) -> dict[str, str]:
    """Read the body to its end into the sink; the trailers of a streaming one."""
    if _is_streaming(call):
        return await _StreamReader(call, demands, sink, length, stores.hashes.chunk_digester()).run()
    body = call.request.body
    while piece := await body.read():
        await sink.take([piece])
    if sink.size != length:
        raise _wrong_length(length, sink.size)
    return {}


class _StreamReader:
    """Decodes one aws-chunked body: data to the sink, each signature checked before anything after it counts."""

    def __init__(self, call: Call, demands: Demands, sink: BodySink, length: int, digester: ChunkDigester) -> None:
        self._body = call.request.body
        self._chain = call.payload.chunk_signatures
        is_unsigned = call.payload.mode.startswith("streaming-unsigned")
        if self._chain is None and not is_unsigned:
            raise RuntimeError("a signed stream was handed over without its signature chain")
        self._decoder = ChunkedDecoder(call.payload.mode, demands.trailer)
        self._sink = sink
        self._length = length
        self._digester = digester
        self._trailers: dict[str, str] = {}

    async def run(self) -> dict[str, str]:
        while buffer := await self._body.read():
            await self._handle(self._decoder.feed(buffer))
            while self._decoder.has_more:
                await asyncio.sleep(0)
                await self._handle(self._decoder.more())
        await self._handle(self._decoder.finish())
        if self._decoder.received != self._length:
            raise _wrong_length(self._length, self._decoder.received)
        return self._trailers

    async def _handle(self, events: Sequence[Event]) -> None:
        """Keep the data and follow the signatures of one buffer, both at once; then what ends the stream."""
        signed = self._digester.update(_signed_parts(events)) if self._chain is not None else None
        pieces = self._within_length([event for event in events if isinstance(event, memoryview)])
        if pieces:
            await self._sink.take(pieces)
        if signed is not None:
            self._verify_chunks(events, await signed)
        for event in events:
            if isinstance(event, TrailersEnd):
                self._verify_trailers(event)
            elif isinstance(event, S3Error):
                raise event

    def _within_length(self, pieces: list[memoryview]) -> list[memoryview]:
        """Data beyond the announced length is counted, not kept."""
        room = self._length - self._sink.size
        kept = []
        for piece in pieces:
            if len(piece) > room:
                piece = piece[:room]
            room -= len(piece)
            if piece:
                kept.append(piece)
        return kept

    def _verify_chunks(self, events: Sequence[Event], digests: list[bytes]) -> None:
        assert self._chain is not None
        ends = [event for event in events if isinstance(event, ChunkEnd)]
        try:
            for end, digest in zip(ends, digests, strict=True):
                self._chain.verify_chunk(end.signature, digest.hex().encode("ascii"))
        except SigV4Error as error:
            raise _spoken(error) from error

    def _verify_trailers(self, end: TrailersEnd) -> None:
        if self._chain is not None and end.signature:
            try:
                self._chain.verify_trailer(end.signature, end.canonical)
            except SigV4Error as error:
                raise _spoken(error) from error
        self._trailers = end.values


def _signed_parts(events: Sequence[Event]) -> list[Piece | None]:
    """Data of the chunks in order, None where a chunk ends."""
    return [
        event if isinstance(event, memoryview) else None
        for event in events
        if isinstance(event, (memoryview, ChunkEnd))
    ]


def _spoken(error: SigV4Error) -> S3Error:
    return S3Error(error.code, error.message, fields=dict(error.fields))
