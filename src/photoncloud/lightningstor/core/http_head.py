"""What a request head must satisfy beyond HTTP's grammar, and what its fields mean for the connection.

The grammar itself (obs-fold, blanks before a colon, control bytes, bare LF, Content-Length beside
Transfer-Encoding) is refused by the parser; `SYNTAX` is how that refusal is spoken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from photoncloud.lightningstor.errors import S3Error

HEAD_LIMIT_BYTES = 16 * 1024
"""Request line and fields. S3 allows 8 KiB of fields; twice that leaves room for long targets and cookies."""
FIELD_LIMIT = 100
"""No S3 client sends more than about 40 fields; more only costs time."""

_ONCE = {
    b"authorization": "Authorization",
    b"x-amz-date": "x-amz-date",
    b"x-amz-content-sha256": "x-amz-content-sha256",
    b"x-amz-decoded-content-length": "x-amz-decoded-content-length",
    b"content-md5": "Content-MD5",
    b"range": "Range",
}
"""Fields whose repetition would leave open which one was signed or meant."""

HeaderFields = Sequence[tuple[bytes, bytes]]
Networks = Sequence[IPv4Network | IPv6Network]


def check_head(version: str, headers: HeaderFields, fields: Mapping[bytes, bytes]) -> None:
    """Raises S3Error RequestHeaderSectionTooLarge, InvalidHostHeader, InvalidRequest. `fields`: first values."""
    if len(headers) > FIELD_LIMIT:
        raise header_section_too_large()
    if len(fields) != len(headers):
        _check_repetitions(headers)
    if version == "1.1" and not fields.get(b"host"):
        raise S3Error("InvalidHostHeader", close=True)


def _check_repetitions(headers: HeaderFields) -> None:
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in seen and name == b"host":
            raise S3Error("InvalidHostHeader", close=True)
        if name in seen and name in _ONCE:
            raise S3Error("InvalidRequest", f"The header {_ONCE[name]} may be given only once.", close=True)
        seen.add(name)


def header_section_too_large() -> S3Error:
    return S3Error("RequestHeaderSectionTooLarge", fields={"MaxSizeAllowed": str(HEAD_LIMIT_BYTES)}, close=True)


def broken_syntax() -> S3Error:
    """How a head that breaks HTTP's grammar is answered."""
    return S3Error("BadRequest", close=True)


def keeps_alive(version: str, connection: bytes | None) -> bool:
    """Whether the client wants the connection to stay open (RFC 9112 §9.3)."""
    if connection is None:
        return version == "1.1"
    options = {option.strip() for option in connection.lower().split(b",")}
    return b"close" not in options and (version == "1.1" or b"keep-alive" in options)


def client_of(
    peer: str, secure: bool, fields: Mapping[bytes, bytes], headers: HeaderFields, trusted: Networks
) -> tuple[str, bool]:
    """Address of the client and whether its connection was encrypted.

    `X-Forwarded-For` and `X-Forwarded-Proto` are believed only when the peer is a trusted proxy; the client is then
    the rightmost address that is not one.
    """
    if not trusted or not _is_trusted(peer, trusted):
        return peer, secure
    protocol = fields.get(b"x-forwarded-proto")
    if protocol is not None:
        secure = protocol.strip().lower() == b"https"
    hops = [
        hop.strip().decode("latin-1")
        for name, value in headers
        if name == b"x-forwarded-for"
        for hop in value.split(b",")
    ]
    client = peer
    for hop in reversed(hops):
        if not _is_address(hop):
            break
        client = hop
        if not _is_trusted(hop, trusted):
            break
    return client, secure


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_trusted(address: str, trusted: Networks) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed.version == network.version and parsed in network for network in trusted)
