"""The request target: split once, decoded once, never normalised.

The path's decoded bytes are what is routed, authorised and stored. `+` is literal in the path and a blank in the
query. Anything that cannot be decoded without doubt is refused: 400 `InvalidURI`.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from photoncloud.lightningstor.errors import S3Error

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_AUTHENTICATION = "X-Amz-"
_ABSOLUTE_FORM = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


def origin_form(target: bytes) -> bytes:
    """The target without scheme and authority (`Host` decides); an absolute form without path means `/`."""
    if target[:1] == b"/":
        return target
    match = _ABSOLUTE_FORM.match(target)
    if match is None:
        return target
    rest = target[match.end() :]
    return rest if rest[:1] == b"/" else b"/" + rest


def split(target: bytes) -> tuple[bytes, bytes]:
    """Decoded path and raw query of an origin-form target. Raises S3Error InvalidURI."""
    path, _, query = target.partition(b"?")
    if path[:1] != b"/" or b"#" in target or not target.isascii():
        raise S3Error("InvalidURI")
    return (_decoded(path) if b"%" in path else path), query


def _decoded(text: bytes) -> bytes:
    """Percent-decoded once. Raises S3Error InvalidURI for a broken escape or what is not UTF-8 afterwards."""
    if _BAD_ESCAPE.search(text):
        raise S3Error("InvalidURI")
    decoded = unquote_to_bytes(text)
    try:
        decoded.decode("utf-8")
    except UnicodeDecodeError as error:
        raise S3Error("InvalidURI") from error
    return decoded


def parameters(query: bytes) -> dict[str, str]:
    """Decoded query parameters, first value of each name; a name without `=` has the empty value.

    `X-Amz-*` belong to authentication and are left out. Raises S3Error InvalidURI.
    """
    if not query:
        return {}
    if not query.isascii() or (b"%" in query and _BAD_ESCAPE.search(query)):
        raise S3Error("InvalidURI")
    found: dict[str, str] = {}
    for pair in query.decode("ascii").split("&"):
        if not pair or pair.startswith(_AUTHENTICATION):
            continue
        name, _, value = pair.partition("=")
        if "%" in pair or "+" in pair:
            name, value = _text(name), _text(value)
        if name not in found:
            found[name] = value
    return found


def _text(raw: str) -> str:
    try:
        return unquote_to_bytes(raw.replace("+", " ")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise S3Error("InvalidURI") from error
