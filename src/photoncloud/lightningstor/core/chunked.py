"""The aws-chunked decoder (§4.5): pure, takes buffers split anywhere, yields data, chunk and trailer events.

Grammar of a chunk: `size-hex *WSP [";" *WSP "chunk-signature" *WSP "=" *WSP 64hex *WSP] CRLF data CRLF`; the first
chunk of size 0 ends the data; then come trailer lines up to a blank line or the end of the body.

The decoder does not hash and knows no key: the caller compares the signature of each `ChunkEnd` and of `TrailersEnd`
before it looks at the next event, so an error and a wrong signature are reported in the order of the stream, however
the stream was split. A refusal is therefore an event too (the last one), not an exception.
"""

from __future__ import annotations

from dataclasses import dataclass

from photoncloud.lightningstor.errors import S3Error

MAX_SIZE_LINE_BYTES = 256
"""A signed size line is about 85 bytes; more is an extension flood."""
MAX_SIZE_DIGITS = 16
MAX_CHUNK_BYTES = 5 << 30
"""The largest single PUT."""
MIN_SIGNED_CHUNK_BYTES = 8192
"""Every signed chunk with data but the last must have at least this much (S3's rule)."""
MAX_EVENTS_AT_ONCE = 256
"""A buffer full of tiny chunks is decoded in steps of about a millisecond, so that others get their turn."""
MAX_TRAILER_LINES = 8
MAX_TRAILER_BYTES = 4096
SHORT_CHUNK = "Only the last chunk is allowed to have a size less than 8192 bytes"
UNEXPECTED_END = "The request body terminated unexpectedly"
TRAILER_SIGNATURE = "x-amz-trailer-signature"

_HEX_DIGITS = b"0123456789abcdefABCDEF"
_BLANKS = b" \t"


@dataclass(frozen=True, slots=True)
class ChunkEnd:
    """A chunk is complete. `number` counts from 1; `size` 0 is the last; `signature` as sent, b"" when unsigned.

    A size line whose first extension is not `chunk-signature` carries that extension's text as its signature, which
    can never verify.
    """

    number: int
    size: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class TrailersEnd:
    """The trailers are complete. `canonical` is what their signature covers; `signature` b"" when unsigned."""

    canonical: bytes
    signature: bytes
    values: dict[str, str]


Event = memoryview | ChunkEnd | TrailersEnd | S3Error

_SIZE_LINE, _DATA, _DATA_END, _TRAILERS, _IGNORED, _FAILED = range(6)


def incomplete() -> S3Error:
    """The error of every broken framing."""
    return S3Error("IncompleteBody", UNEXPECTED_END)


class ChunkedDecoder:
    """Decodes one streaming body.

    `framing` is a streaming mode of `service.call.Payload`; `trailer` the one declared trailer field, or None.
    """

    __slots__ = (
        "_chunk_left",
        "_chunk_number",
        "_chunk_signature",
        "_chunk_size",
        "_is_signed",
        "_is_trailer_signed",
        "_partial",
        "_position",
        "_short_chunk",
        "_state",
        "_trailer",
        "_trailer_bytes",
        "_trailer_lines",
        "_trailer_signature",
        "_trailer_values",
        "_view",
        "received",
    )

    def __init__(self, framing: str, trailer: str | None) -> None:
        self._is_signed = framing in ("streaming-signed", "streaming-signed-trailer")
        self._is_trailer_signed = framing == "streaming-signed-trailer"
        self._trailer = trailer
        self._state = _SIZE_LINE
        self._view = memoryview(b"")
        self._position = 0
        self._partial = b""
        self._chunk_number = 0
        self._chunk_size = 0
        self._chunk_left = 0
        self._chunk_signature = b""
        self._short_chunk = -1
        self._trailer_lines: list[bytes] = []
        self._trailer_bytes = 0
        self._trailer_signature = b""
        self._trailer_values: dict[str, str] = {}
        self.received = 0
        """Decoded bytes so far."""

    def feed(self, buffer: bytes | memoryview) -> list[Event]:
        """Events of the next buffer, or the first of them: go on with `more` while `has_more`.

        Data events are views into the buffer, valid as long as it is.
        """
        self._view = memoryview(buffer)
        self._position = 0
        return self.more()

    @property
    def has_more(self) -> bool:
        """The last buffer has events that were not given out yet."""
        return self._position < len(self._view) and self._state not in (_IGNORED, _FAILED)

    def more(self) -> list[Event]:
        """The next events of the last buffer."""
        view, position = self._view, self._position
        events: list[Event] = []
        end = len(view)
        try:
            while position < end and len(events) < MAX_EVENTS_AT_ONCE:
                state = self._state
                if state == _DATA:
                    position = self._take_data(view, position, events)
                elif state == _SIZE_LINE:
                    position = self._take_size_line(view, position, events)
                elif state == _DATA_END:
                    position = self._take_data_end(view, position, events)
                elif state == _TRAILERS:
                    position = self._take_trailer(view, position, events)
                else:
                    break
        except S3Error as error:
            self._state = _FAILED
            events.append(error)
        self._position = position
        return events

    def finish(self) -> list[Event]:
        """Events of the end of the body."""
        if self._state in (_IGNORED, _FAILED):
            return []
        events: list[Event] = []
        try:
            if self._state != _TRAILERS or self._partial:
                raise incomplete()
            self._end_trailers(events, is_blank_line=False)
        except S3Error as error:
            self._state = _FAILED
            events.append(error)
        return events

    def _take_line(self, view: memoryview, position: int, limit: int) -> tuple[bytes | None, int]:
        """The next line without CRLF and the position after it, or None when more bytes are needed."""
        partial = self._partial
        window = partial + bytes(view[position : position + limit + 2 - len(partial)])
        end = window.find(b"\n")
        if end < 0:
            if len(window) >= limit + 2:
                raise incomplete()
            self._partial = window
            return None, len(view)
        self._partial = b""
        if end == 0 or window.find(b"\r", 0, end) != end - 1:
            raise incomplete()
        return window[: end - 1], position + end + 1 - len(partial)

    def _take_size_line(self, view: memoryview, position: int, events: list[Event]) -> int:
        line, position = self._take_line(view, position, MAX_SIZE_LINE_BYTES)
        if line is None:
            return position
        self._chunk_number += 1
        size_text, has_extension, extension = line.partition(b";")
        self._chunk_size = self._chunk_left = size = _chunk_size(size_text)
        self._chunk_signature = self._read_extension(extension) if has_extension else b""
        if self._is_signed:
            self._judge_signed_chunk(size)
        if size:
            self._state = _DATA
        else:
            self._state = _TRAILERS
            events.append(ChunkEnd(self._chunk_number, 0, self._chunk_signature))
        return position

    def _read_extension(self, extension: bytes) -> bytes:
        name, _, value = extension.partition(b"=")
        if name.strip(_BLANKS) != b"chunk-signature":
            if self._is_signed:
                return extension or b";"
            raise incomplete()
        value = value.strip(_BLANKS)
        if b";" in value or b" " in value or b"\t" in value:
            raise incomplete()
        return value

    def _judge_signed_chunk(self, size: int) -> None:
        if not self._chunk_signature:
            raise incomplete()
        if size and self._short_chunk >= 0:
            raise S3Error(
                "InvalidChunkSizeError",
                SHORT_CHUNK,
                fields={"Chunk": str(self._chunk_number), "BadChunkSize": str(self._short_chunk)},
            )
        if size < MIN_SIGNED_CHUNK_BYTES:
            self._short_chunk = size

    def _take_data(self, view: memoryview, position: int, events: list[Event]) -> int:
        end = position + self._chunk_left
        if end > len(view):
            end = len(view)
        events.append(view[position:end])
        self.received += end - position
        self._chunk_left -= end - position
        if not self._chunk_left:
            self._state = _DATA_END
        return end

    def _take_data_end(self, view: memoryview, position: int, events: list[Event]) -> int:
        need = 2 - len(self._partial)
        piece = self._partial + bytes(view[position : position + need])
        if not b"\r\n".startswith(piece):
            raise incomplete()
        if len(piece) == 2:
            self._partial = b""
            self._state = _SIZE_LINE
            events.append(ChunkEnd(self._chunk_number, self._chunk_size, self._chunk_signature))
        else:
            self._partial = piece
        return min(position + need, len(view))

    def _take_trailer(self, view: memoryview, position: int, events: list[Event]) -> int:
        line, position = self._take_line(view, position, MAX_TRAILER_BYTES)
        if line is None:
            return position
        if not line:
            self._end_trailers(events, is_blank_line=True)
            return position
        self._trailer_bytes += len(line) + 2
        name_text, has_colon, value = line.partition(b":")
        name = name_text.decode("latin-1").lower()
        if self._trailer_bytes > MAX_TRAILER_BYTES or not has_colon or self._trailer_signature:
            raise S3Error("MalformedTrailerError")
        if self._is_trailer_signed and name == TRAILER_SIGNATURE:
            self._trailer_signature = value.strip(_BLANKS)
            if not self._trailer_signature:
                raise incomplete()
            return position
        if name != self._trailer or len(self._trailer_lines) >= MAX_TRAILER_LINES:
            raise S3Error("MalformedTrailerError")
        value = value.strip(_BLANKS)
        self._trailer_lines.append(name.encode("latin-1") + b":" + value + b"\n")
        self._trailer_values[name] = value.decode("latin-1")
        return position

    def _end_trailers(self, events: list[Event], *, is_blank_line: bool) -> None:
        """A blank line or the end of the body: what was declared must be there, signed when trailers are signed."""
        is_missing = self._trailer is not None and self._trailer not in self._trailer_values
        if self._is_trailer_signed:
            if self._trailer is not None and is_missing and is_blank_line and not self._trailer_signature:
                raise S3Error("MalformedTrailerError")
            if self._trailer is None or not self._trailer_signature:
                raise incomplete()
        self._state = _IGNORED
        canonical = b"".join(self._trailer_lines) or b"\n"
        events.append(TrailersEnd(canonical, self._trailer_signature, dict(self._trailer_values)))
        if is_missing:
            raise S3Error("MalformedTrailerError")


def _chunk_size(text: bytes) -> int:
    digits = text.rstrip(_BLANKS)
    if not digits or len(digits) > MAX_SIZE_DIGITS or digits.translate(None, _HEX_DIGITS):
        raise incomplete()
    size = int(digits, 16)
    if size > MAX_CHUNK_BYTES:
        raise incomplete()
    return size
