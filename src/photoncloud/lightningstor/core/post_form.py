"""Incremental parser of `multipart/form-data` (RFC 7578) for browser uploads (§4.12): fields, then one file.

Feed buffers; fields before the file are kept (bounded), the file's bytes come out as they arrive, whatever follows the
file is skipped except that a second file is refused. Every refusal is an S3Error.
"""

from __future__ import annotations

from photoncloud.lightningstor.errors import S3Error

MAX_FIELD_BYTES = 20 * 1024
"""S3's limit of everything before the file."""
MAX_BOUNDARY_CHARACTERS = 70
"""RFC 2046 §5.1.1."""
MAX_PARTS = 512
"""More than fit into the bytes before the file; what stands behind the file shall not cost more either."""
FILE_FIELD = "file"
NOT_MULTIPART = "Bucket POST must be of the enclosure-type multipart/form-data"
FIELD_REPEATED = "Each form field may be given only once."

_PREAMBLE, _HEADERS, _FIELD, _FILE, _SKIPPED, _END = range(6)


def boundary_of(content_type: str) -> bytes:
    """The boundary named in Content-Type. Raises S3Error PreconditionFailed, MalformedPOSTRequest."""
    kind, _, rest = content_type.partition(";")
    if kind.strip().lower() != "multipart/form-data":
        raise S3Error("PreconditionFailed", fields={"Condition": NOT_MULTIPART})
    boundary = _parameters(rest).get("boundary", "")
    if not 1 <= len(boundary) <= MAX_BOUNDARY_CHARACTERS or not boundary.isascii():
        raise malformed()
    return boundary.encode("ascii")


def malformed() -> S3Error:
    return S3Error("MalformedPOSTRequest")


class FormParser:
    """One form. `fields` is complete once `has_file`; names are lower-case, values text."""

    def __init__(self, boundary: bytes) -> None:
        self.fields: dict[str, str] = {}
        self.has_file = False
        self.filename = ""
        self._delimiter = b"\r\n--" + boundary
        self._buffer = b"\r\n"  # a delimiter may stand at the very beginning
        self._state = _PREAMBLE
        self._name = ""
        self._before_file = 0
        self._parts = 0

    def feed(self, data: bytes | memoryview) -> list[bytes]:
        """Pieces of the file that became known. Raises S3Error."""
        pieces: list[bytes] = []
        if self._state == _END:
            return pieces
        if not self.has_file:
            self._before_file += len(data)
        self._buffer += data
        while self._step(pieces):
            pass
        if not self.has_file and self._before_file > MAX_FIELD_BYTES:
            raise S3Error("MaxPostPreDataLengthExceededError")
        return pieces

    def finish(self) -> None:
        """The body ended. Raises S3Error when the form did not, or had no file."""
        if self._state != _END:
            raise malformed()
        if not self.has_file:
            raise S3Error("IncorrectNumberOfFilesInPostRequest")

    def _step(self, pieces: list[bytes]) -> bool:
        """Advance by one element of the form; False when more bytes are needed."""
        if self._state == _END:
            self._buffer = b""
            return False
        if self._state == _HEADERS:
            return self._take_headers()
        return self._take_content(pieces)

    def _take_content(self, pieces: list[bytes]) -> bool:
        """Bytes up to the next delimiter, and what the delimiter begins."""
        end = self._buffer.find(self._delimiter)
        if end < 0:
            self._keep_tail(pieces)
            return False
        after = self._buffer[end + len(self._delimiter) :]
        if len(after) < 2:
            if self._state in (_FILE, _SKIPPED):
                self._emit(pieces, self._buffer[:end])
                self._buffer = self._buffer[end:]
            return False
        content = self._buffer[:end]
        if after.startswith(b"--"):
            following, rest = _END, b""
        else:
            line, has_end, rest = after.partition(b"\r\n")
            if not has_end and len(after) <= MAX_FIELD_BYTES:
                return False
            if line.strip(b" \t"):
                raise malformed()
            following = _HEADERS
        self._close(pieces, content)
        self._state = following
        self._buffer = rest
        return True

    def _keep_tail(self, pieces: list[bytes]) -> None:
        """Without a delimiter in sight, only what could be the beginning of one must stay."""
        if self._state == _FIELD:
            return
        keep = len(self._delimiter) - 1
        if len(self._buffer) > keep:
            self._emit(pieces, self._buffer[:-keep])
            self._buffer = self._buffer[-keep:]

    def _emit(self, pieces: list[bytes], content: bytes) -> None:
        if self._state == _FILE and content:
            pieces.append(content)

    def _close(self, pieces: list[bytes], content: bytes) -> None:
        """A part ended with `content`."""
        if self._state == _FIELD:
            self._add_field(content)
        else:
            self._emit(pieces, content)

    def _add_field(self, content: bytes) -> None:
        if self._name in self.fields:
            raise S3Error(
                "InvalidArgument", FIELD_REPEATED, fields={"ArgumentName": self._name, "ArgumentValue": "repeated"}
            )
        try:
            self.fields[self._name] = content.decode("utf-8")
        except UnicodeDecodeError:
            raise malformed() from None

    def _take_headers(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_FIELD_BYTES:
                raise malformed()
            return False
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise malformed()
        headers = _part_headers(self._buffer[:end])
        self._buffer = self._buffer[end + 4 :]
        kind, _, rest = headers.get("content-disposition", "").partition(";")
        parameters = _parameters(rest)
        name = parameters.get("name", "").lower()
        if kind.strip().lower() != "form-data" or not name:
            raise malformed()
        self._begin(name, parameters)
        return True

    def _begin(self, name: str, parameters: dict[str, str]) -> None:
        if name != FILE_FIELD:
            self._name = name
            self._state = _SKIPPED if self.has_file else _FIELD
            return
        if self.has_file:
            raise S3Error("IncorrectNumberOfFilesInPostRequest")
        if self._before_file - len(self._buffer) > MAX_FIELD_BYTES:
            raise S3Error("MaxPostPreDataLengthExceededError")
        self.has_file = True
        self.filename = parameters.get("filename", "").replace("\\", "/").rpartition("/")[2]
        self._state = _FILE


def _part_headers(block: bytes) -> dict[str, str]:
    try:
        lines = block.decode("utf-8").split("\r\n")
    except UnicodeDecodeError:
        raise malformed() from None
    headers = {}
    for line in lines:
        name, has_colon, value = line.partition(":")
        if not has_colon or "\n" in line or "\r" in line:
            raise malformed()
        headers[name.strip().lower()] = value.strip()
    return headers


def _parameters(text: str) -> dict[str, str]:
    """`; name=value; name="value"` → names (lower-case) to values; backslash escapes only the quote and itself."""
    parameters: dict[str, str] = {}
    while text.strip(" ;\t"):
        name, has_value, text = text.lstrip(" ;\t").partition("=")
        if not has_value:
            raise malformed()
        text = text.lstrip(" \t")
        if text.startswith('"'):
            value, text = _quoted(text[1:])
        else:
            value, _, text = text.partition(";")
            value = value.strip()
        parameters[name.strip().lower()] = value
    return parameters


def _quoted(text: str) -> tuple[str, str]:
    """The quoted value `text` begins inside of, and what follows its closing quote."""
    value: list[str] = []
    position = 0
    while position < len(text):
        character = text[position]
        if character == '"':
            return "".join(value), text[position + 1 :]
        if character == "\\" and text[position + 1 : position + 2] in ('"', "\\"):
            position += 1
            character = text[position]
        value.append(character)
        position += 1
    raise malformed()
