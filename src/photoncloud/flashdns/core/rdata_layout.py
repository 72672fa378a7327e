"""Where names stand inside rdata: for compression, canonical form and additional data.

Only types whose names need treatment are listed; everything else is opaque octets (RFC 3597 §4).
"""

from __future__ import annotations

from typing import NamedTuple

from photoncloud.flashdns.core import rrtype
from photoncloud.flashdns.core.wire import read_name, read_plain_name
from photoncloud.flashdns.errors import BadMessage


class Layout(NamedTuple):
    """`prefix` octets, then `strings` character-strings, then `names` names, then the rest.

    compress  names may be compressed in messages we send (types of RFC 1035 only, RFC 3597 §4)
    expand    names may arrive compressed and are expanded
    fold      names are lower-cased in canonical form (RFC 4034 §6.2, RFC 6840 §5.1)
    """

    prefix: int
    names: int
    strings: int = 0
    compress: bool = False
    expand: bool = True
    fold: bool = True


_ONE = Layout(0, 1, compress=True)
_TWO = Layout(0, 2, compress=True)

LAYOUTS: dict[int, Layout] = {
    **dict.fromkeys(
        (rrtype.NS, rrtype.MD, rrtype.MF, rrtype.CNAME, rrtype.MB, rrtype.MG, rrtype.MR, rrtype.PTR),
        _ONE,
    ),
    rrtype.SOA: _TWO,
    rrtype.MINFO: _TWO,
    rrtype.MX: Layout(2, 1, compress=True),
    rrtype.RP: Layout(0, 2),
    rrtype.AFSDB: Layout(2, 1),
    rrtype.RT: Layout(2, 1),
    rrtype.PX: Layout(2, 2),
    rrtype.SIG: Layout(18, 1),
    rrtype.NXT: Layout(0, 1),
    rrtype.SRV: Layout(6, 1),
    rrtype.NAPTR: Layout(4, 1, strings=3),
    rrtype.KX: Layout(2, 1),
    rrtype.DNAME: Layout(0, 1),
    rrtype.RRSIG: Layout(18, 1),
    rrtype.NSEC: Layout(0, 1, expand=False, fold=False),
    rrtype.SVCB: Layout(2, 1, expand=False, fold=False),
    rrtype.HTTPS: Layout(2, 1, expand=False, fold=False),
}


def name_start(layout: Layout, rdata: bytes) -> int:
    """Where the first name starts. Raises BadMessage when the rdata is too short."""
    position = layout.prefix
    for _ in range(layout.strings):
        if position >= len(rdata):
            raise BadMessage("cut character-string")
        position += 1 + rdata[position]
    return position


def name_at(rtype: int, rdata: bytes) -> bytes:
    """The first name inside rdata of a listed type, as written."""
    layout = LAYOUTS[rtype]
    start = name_start(layout, rdata)
    return rdata[start : read_plain_name(rdata, start)]


def canonical(rtype: int, rdata: bytes) -> bytes:
    """Rdata in the canonical form of RFC 4034 §6.2: names expanded (ours always are) and folded."""
    layout = LAYOUTS.get(rtype)
    if layout is None or not layout.fold:
        return rdata
    start = position = name_start(layout, rdata)
    for _ in range(layout.names):
        position = read_plain_name(rdata, position)
    return rdata[:start] + rdata[start:position].lower() + rdata[position:]


def expand(rtype: int, message: bytes, start: int, end: int) -> bytes:
    """Rdata at message[start:end] with its compressed names written out. Raises BadMessage."""
    layout = LAYOUTS.get(rtype)
    if layout is None:
        return message[start:end]
    position = start + layout.prefix
    for _ in range(layout.strings):
        if position >= end:
            raise BadMessage("cut character-string")
        position += 1 + message[position]
    if position > end:
        raise BadMessage("rdata too short")
    parts = [message[start:position]]
    for _ in range(layout.names):
        if layout.expand:
            name, position = read_name(message, position)
        else:
            begin, position = position, read_plain_name(message, position)
            name = message[begin:position]
        parts.append(name)
    if position > end:
        raise BadMessage("name runs out of its rdata")
    parts.append(message[position:end])
    return b"".join(parts)
