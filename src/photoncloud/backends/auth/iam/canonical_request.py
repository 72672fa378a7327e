"""The canonical form of a request that SigV4 signs (photonauth.md §4.3 rule 4; AWS "Create a canonical request").

All arguments and results are bytes as they stood on the wire. Two path rules: `s3` (decode once, encode once) and
`generic` (normalise the raw path, then encode it again).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import unquote_to_bytes

UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_UNRESERVED_PATH = UNRESERVED + b"/"
_CANONICAL_QUERY = UNRESERVED + b"%=&"
_ENCODED = tuple(bytes((code,)) if code in UNRESERVED else b"%%%02X" % code for code in range(256))
_ENCODED_PATH = tuple(b"/" if code == 0x2F else _ENCODED[code] for code in range(256))
_CANONICAL_ESCAPES = frozenset(b"%02X" % code for code in range(256) if code not in UNRESERVED)
"""What may follow `%` in text that decoding and encoding again would leave as it is."""

Pair = tuple[bytes, bytes]
"""A query parameter, name and value, both percent-encoded canonically."""


def encode(raw: bytes) -> bytes:
    """Percent-encode everything but `A-Za-z0-9-._~`."""
    if not raw.translate(None, UNRESERVED):
        return raw
    return b"".join([_ENCODED[code] for code in raw])


def _encode_path(raw: bytes) -> bytes:
    return b"".join([_ENCODED_PATH[code] for code in raw])


def s3_path(path: bytes) -> bytes:
    """Decode once, encode once; dots and slashes stay as they are. An empty path is `/`."""
    if not path.translate(None, _UNRESERVED_PATH):
        return path or b"/"
    return _encode_path(unquote_to_bytes(path))


def generic_path(path: bytes, *, normalize: bool = True) -> bytes:
    """Remove dot segments and repeated slashes, then percent-encode the raw bytes (`%` becomes `%25`)."""
    return _encode_path(_without_dot_segments(path) if normalize else path or b"/")


def _without_dot_segments(path: bytes) -> bytes:
    """RFC 3986 §5.2.4 on an absolute path, empty segments dropped; like AWS's clients, `/a/.` loses its slash."""
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            if kept:
                kept.pop()
        elif segment not in (b"", b"."):
            kept.append(segment)
    return b"/" + b"/".join(kept) + (b"/" if kept and path.endswith(b"/") else b"")


def parse_query(query: bytes) -> list[Pair]:
    """Each parameter decoded and encoded again, in order of arrival; `+` is a space; a bare name is `name=`.

    Clients mostly send the canonical form already, which is seen once for the whole query.
    """
    pairs = [(name, value) for name, _, value in [part.partition(b"=") for part in query.split(b"&") if part]]
    if _is_canonical(query) and all(b"=" not in value for _, value in pairs):
        return pairs
    return [(_recode(name), _recode(value)) for name, value in pairs]


def _is_canonical(query: bytes) -> bool:
    """Whether decoding and encoding again would change nothing but perhaps `=` within a value."""
    if query.translate(None, _CANONICAL_QUERY):
        return False
    _, *escapes = query.split(b"%")
    return all(piece[:2] in _CANONICAL_ESCAPES for piece in escapes)


def _recode(text: bytes) -> bytes:
    return encode(unquote_to_bytes(text.replace(b"+", b" ")))


def canonical_query(pairs: Iterable[Pair]) -> bytes:
    """Sorted by encoded name, then encoded value; duplicates kept."""
    return b"&".join([name + b"=" + value for name, value in sorted(pairs)])


def trim(value: bytes) -> bytes:
    """A header value without outer white space, inner runs (and folded lines) collapsed to one space."""
    if b"  " in value or b"\t" in value or b"\n" in value:
        return b" ".join(value.split())
    return value.strip()


def canonical_headers(signed: Iterable[bytes], present: Mapping[bytes, bytes]) -> bytes:
    """`name:value\\n` for each signed name, in the order given; `present` holds trimmed values, joined by `,`.

    A name that is signed but absent counts as an empty value.
    """
    return b"".join([name + b":" + present.get(name, b"") + b"\n" for name in signed])


def gather_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Name (lower case) to trimmed value; several fields of one name joined by `,` in order of arrival."""
    gathered: dict[bytes, bytes] = {}
    for name, value in headers:
        trimmed = trim(value)
        if name in gathered:
            trimmed = gathered[name] + b"," + trimmed
        gathered[name] = trimmed
    return gathered


def canonical_request(
    method: bytes, path: bytes, query: bytes, headers: bytes, signed_headers: bytes, payload_hash: bytes
) -> bytes:
    """Join canonical pieces; `signed_headers` is the list as in the request, `a;b;c`."""
    return b"\n".join((method, path, query, headers, signed_headers, payload_hash))
