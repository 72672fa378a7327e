"""EDNS(0): the OPT record both ways (RFC 6891) and the options we speak (5001, 7314, 7873, 7828, 8914)."""

from __future__ import annotations

from dataclasses import dataclass, field

from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.limits import EDE_TEXT_OCTETS_MAX, UDP_OCTETS_PLAIN
from photoncloud.flashdns.core.wire import RECORD_FIXED, U16
from photoncloud.flashdns.errors import BadMessage

NSID, CLIENT_SUBNET, EXPIRE, COOKIE, KEEPALIVE, EXTENDED_ERROR = 3, 8, 9, 10, 11, 15
EDE_NOT_READY, EDE_PROHIBITED, EDE_NOT_AUTHORITATIVE, EDE_NOT_SUPPORTED = 14, 18, 20, 21
EDE_NO_REACHABLE_AUTHORITY, EDE_NETWORK_ERROR, EDE_INVALID_DATA = 22, 23, 24
_DO = 0x8000
CLIENT_COOKIE_OCTETS = 8


@dataclass(slots=True)
class Edns:
    """The OPT of a request. `options` keeps the first of each code; unknown ones are kept and ignored."""

    udp_octets: int
    version: int
    dnssec: bool
    options: dict[int, bytes] = field(default_factory=dict)

    @property
    def room(self) -> int:
        """Octets the client takes by UDP; less than 512 counts as 512."""
        return max(self.udp_octets, UDP_OCTETS_PLAIN)


def parse_opt(rclass: int, ttl: int, rdata: bytes) -> Edns:
    """Raises BadMessage when an option runs past the end."""
    edns = Edns(rclass, ttl >> 16 & 0xFF, bool(ttl & _DO))
    position = 0
    while position < len(rdata):
        if position + 4 > len(rdata):
            raise BadMessage("cut option")
        code, length = U16.unpack_from(rdata, position)[0], U16.unpack_from(rdata, position + 2)[0]
        position += 4
        if position + length > len(rdata):
            raise BadMessage("option longer than its record")
        edns.options.setdefault(code, rdata[position : position + length])
        position += length
    return edns


def cookie_is_malformed(edns: Edns) -> bool:
    """RFC 7873 §5.2.2: 8 octets, or 8 and a server part of 8 to 32."""
    cookie = edns.options.get(COOKIE)
    return cookie is not None and len(cookie) != CLIENT_COOKIE_OCTETS and not 16 <= len(cookie) <= 40


def write_opt(udp_octets: int, rcode: int, *, dnssec: bool, options: list[tuple[int, bytes]]) -> bytes:
    """Our OPT: version 0, the upper bits of `rcode`, DO copied."""
    rdata = b"".join(U16.pack(code) + U16.pack(len(value)) + value for code, value in options)
    ttl = (rcode >> 4) << 24 | (_DO if dnssec else 0)
    return b"\x00" + RECORD_FIXED.pack(rr.OPT, udp_octets, ttl, len(rdata)) + rdata


def extended_error(code: int, text: str = "") -> tuple[int, bytes]:
    """RFC 8914. The text is cut to 60 octets."""
    return EXTENDED_ERROR, U16.pack(code) + text.encode("utf-8")[:EDE_TEXT_OCTETS_MAX]
