"""XML as S3 writes it: one escape function, builders for text elements, the declaration and the namespace.

Documents are put together from byte fragments; nothing is indented. Control characters but tabs and line feeds go out
as numeric references (XML 1.0 parsers may refuse them: clients that want such keys whole ask for `encoding-type=url`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from photoncloud.lightningstor.core.error_table import ERRORS
from photoncloud.lightningstor.errors import S3Error

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = b"http://s3.amazonaws.com/doc/2006-03-01/"
CONTENT_TYPE = (b"content-type", b"application/xml")

_DAY_SEC = 86_400

_SPECIAL = re.compile(r"[&<>\"\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
"""Tabs and line feeds stand as they are: parsers keep them in element content, unlike carriage returns."""
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def _reference(match: re.Match[str]) -> str:
    character = match.group()
    return _NAMED.get(character) or f"&#x{ord(character):x};"


def escape(text: str) -> bytes:
    """`text` as UTF-8 character data, safe in element content and in double-quoted attributes."""
    if _SPECIAL.search(text):
        text = _SPECIAL.sub(_reference, text)
    return text.encode("utf-8", "replace")


def escape_bytes(data: bytes) -> bytes:
    """As `escape`, for UTF-8 bytes such as object keys."""
    return escape(data.decode("utf-8", "replace"))


def element(name: str, value: str | int | bool | bytes) -> bytes:
    """`<name>value</name>` with the value escaped; booleans as `true`/`false`, bytes as UTF-8 text."""
    if isinstance(value, bytes):
        content = escape_bytes(value)
    elif isinstance(value, bool):
        content = b"true" if value else b"false"
    else:
        content = escape(str(value))
    tag = name.encode()
    return b"<%b>%b</%b>" % (tag, content, tag)


def optional(name: str, value: str | int | bool | bytes | None) -> bytes:
    """As `element`; nothing at all for None and for empty text."""
    return b"" if value is None or value == "" or value == b"" else element(name, value)


def wrap(name: str, *fragments: bytes) -> bytes:
    """`<name>` around fragments that are XML already."""
    tag = name.encode()
    return b"<%b>%b</%b>" % (tag, b"".join(fragments), tag)


def document(root: str, fragments: Iterable[bytes]) -> bytes:
    """A whole reply document: declaration, root element in S3's namespace, fragments."""
    tag = root.encode()
    return b'%b<%b xmlns="%b">%b</%b>' % (DECLARATION, tag, NAMESPACE, b"".join(fragments), tag)


@lru_cache(maxsize=1024)
def _day(number: int) -> str:
    """`YYYY-MM-DDT` of a day since 1970: a listing shows few days and many times."""
    return datetime.fromtimestamp(number * _DAY_SEC, UTC).strftime("%Y-%m-%dT")


def timestamp(time_ms: int) -> str:
    """Milliseconds since 1970 as `YYYY-MM-DDTHH:MM:SS.000Z` (S3 shows whole seconds)."""
    day, second = divmod(time_ms // 1000, _DAY_SEC)
    return f"{_day(day)}{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.000Z"


def http_date(time_ms: int) -> str:
    """Milliseconds since 1970 as RFC 1123 date, independent of the locale."""
    moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    return (
        f"{_DAYS[moment.weekday()]}, {moment.day:02d} {_MONTHS[moment.month - 1]} {moment.year:04d} "
        f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d} GMT"
    )


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def owner(canonical_id: str, display_name: str, *, name: str = "Owner") -> bytes:
    """`<Owner><ID/><DisplayName/></Owner>`, also used for `Initiator`."""
    return wrap(name, element("ID", canonical_id), optional("DisplayName", display_name))


def error_document(error: S3Error, *, request_id: str, host_id: str) -> bytes:
    """The document of a refusal. It has no namespace; `fields` stand between the message and the ids."""
    message = error.message if error.message is not None else ERRORS[error.code].message
    fragments = [element("Code", error.code), element("Message", message)]
    fragments += [element(name, value) for name, value in error.fields.items()]
    fragments += [element("RequestId", request_id), element("HostId", host_id)]
    return DECLARATION + wrap("Error", *fragments)
