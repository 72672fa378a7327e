"""Reading names and numbers out of messages that may be hostile, and compressing names into ours (RFC 1035 §4.1.4)."""

from __future__ import annotations

from struct import Struct

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.errors import BadMessage

U16 = Struct("!H")
U32 = Struct("!I")
HEADER = Struct("!6H")
RECORD_FIXED = Struct("!HHIH")
HEADER_OCTETS = 12
MAX_POINTERS = 127  # a name has at most 127 labels, so more pointers cannot be honest


def read_name(message: bytes, position: int) -> tuple[bytes, int]:
    """The uncompressed name at `position`, case kept, and where the octets after it start.

    Pointers may only lead backwards, before the part already read, so every name costs linear time. Raises BadMessage.
    """
    parts: list[bytes] = []
    after, limit, total, hops = -1, position, 1, 0
    end = len(message)
    while True:
        if position >= end:
            raise BadMessage("name runs past the end")
        length = message[position]
        if length == 0:
            parts.append(names.ROOT)
            return b"".join(parts), (position + 1 if after < 0 else after)
        if length < 64:
            stop = position + 1 + length
            total += 1 + length
            if stop > end or total > names.MAX_NAME_OCTETS:
                raise BadMessage("label runs past the end, or name too long")
            parts.append(message[position:stop])
            position = stop
            continue
        if length < 192 or position + 2 > end:
            raise BadMessage("bad label type or cut pointer")
        target = (length & 0x3F) << 8 | message[position + 1]
        hops += 1
        if target >= limit or hops > MAX_POINTERS:
            raise BadMessage("pointer does not lead backwards")
        if after < 0:
            after = position + 2
        position = limit = target


def read_plain_name(octets: bytes, position: int) -> int:
    """Where the uncompressed name at `position` ends. Raises BadMessage (pointers included)."""
    start, end = position, len(octets)
    while True:
        if position >= end:
            raise BadMessage("name runs past the end")
        length = octets[position]
        position += 1 + length
        if length == 0:
            break
        if length > names.MAX_LABEL_OCTETS:
            raise BadMessage("compressed or bad label")
    if position - start > names.MAX_NAME_OCTETS:
        raise BadMessage("name too long")
    return position


def read_u16(octets: bytes, position: int) -> int:
    """Raises BadMessage past the end."""
    if position + 2 > len(octets):
        raise BadMessage("cut number")
    return octets[position] << 8 | octets[position + 1]


class Compressor:
    """Appends names to a growing message and remembers where their suffixes stand.

    `first_octet` is the position in the message of the first octet of `out`. `limit` bounds positions that are
    remembered: a pointer has 14 bits.
    """

    def __init__(self, first_octet: int, *, limit: int = 0x3FFF) -> None:
        self.out = bytearray()
        self._first = first_octet
        self._limit = limit
        self._known: dict[bytes, int] = {}
        self.pointers: list[int] = []

    def know(self, name: bytes, position: int) -> None:
        """All suffixes of `name` (but the root) stand in the message, the whole at `position`."""
        folded = name.lower()
        for offset in names.offsets(folded)[:-1]:
            self._known.setdefault(folded[offset:], position + offset)

    def name(self, name: bytes, *, remember: bool = True) -> None:
        """Append `name`, as a pointer as far as possible. Positions of pointers are noted in `pointers`."""
        folded = name.lower()
        position = 0
        here = self._first + len(self.out)
        known = self._known
        while length := folded[position]:
            suffix = folded[position:]
            target = known.get(suffix)
            if target is not None:
                self.out += name[:position]
                self.pointers.append(len(self.out))
                self.out += U16.pack(0xC000 | target)
                return
            if remember and here + position <= self._limit:
                known[suffix] = here + position
            position += length + 1
        self.out += name
