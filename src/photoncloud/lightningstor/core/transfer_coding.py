"""HTTP/1.1 chunked transfer coding, incoming (RFC 9112 §7.1): strict, incremental, bounded.

Only what frames a message: chunk extensions are skipped, trailer fields are read and dropped (they never join the
header map). What follows the last chunk belongs to the next request and comes back as `rest`.
"""

from __future__ import annotations

from photoncloud.lightningstor.errors import S3Error

SIZE_LINE_LIMIT_BYTES = 256
"""A size of 16 digits and a short extension; longer extensions only cost time."""
TRAILER_LIMIT_BYTES = 4096
"""Trailer fields of the transfer coding; no S3 client sends any."""
_SIZE_DIGITS_LIMIT = 16
_HEX = frozenset(b"0123456789abcdefABCDEF")


def broken_coding() -> S3Error:
    return S3Error("InvalidRequest", "The chunked transfer coding of the body is broken.", close=True)


class ChunkedDecoder:
    """Feed received bytes, get decoded pieces. `done` after the last chunk; `rest` is what came behind it."""

    __slots__ = ("_after_data", "_left", "_line", "_trailer_bytes", "_trailers", "done", "rest")

    def __init__(self) -> None:
        self.done = False
        self.rest = b""
        self._line = b""
        """An unfinished size or trailer line, or an unfinished CRLF after data."""
        self._left = 0
        """Bytes of the current chunk still to come."""
        self._after_data = False
        """The CRLF that closes a chunk's data is due."""
        self._trailers = False
        self._trailer_bytes = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Decoded pieces of `data`, none of them empty. Raises S3Error InvalidRequest."""
        pieces: list[bytes] = []
        while data and not self.done:
            if self._left:
                piece, data = data[: self._left], data[self._left :]
                pieces.append(piece)
                self._left -= len(piece)
                self._after_data = not self._left
            else:
                data = self._take_line(data)
        if self.done:
            self.rest += data
        return pieces

    def _take_line(self, data: bytes) -> bytes:
        """Consume up to the end of the current line; what is left of `data`."""
        line, newline, rest = data.partition(b"\n")
        self._line += line
        if len(self._line) > (TRAILER_LIMIT_BYTES if self._trailers else SIZE_LINE_LIMIT_BYTES):
            raise broken_coding()
        if newline:
            if self._line[-1:] != b"\r":
                raise broken_coding()
            complete, self._line = self._line[:-1], b""
            self._on_line(complete)
        return rest

    def _on_line(self, line: bytes) -> None:
        if self._after_data:
            if line:
                raise broken_coding()
            self._after_data = False
        elif self._trailers:
            self._trailer_bytes += len(line)
            if self._trailer_bytes > TRAILER_LIMIT_BYTES or b"\r" in line or (line and b":" not in line):
                raise broken_coding()
            self.done = not line
        else:
            self._left = _size(line)
            self._trailers = self._left == 0


def _size(line: bytes) -> int:
    digits, separator, extension = line.partition(b";")
    if separator:
        digits = digits.rstrip(b" \t")
    if not 0 < len(digits) <= _SIZE_DIGITS_LIMIT or not _HEX.issuperset(digits) or b"\r" in extension:
        raise broken_coding()
    return int(digits, 16)
