"""The section `denial` of an image: which NSEC or NSEC3 record stands before a name or hash, by bisection."""

from __future__ import annotations

from collections.abc import Callable

from photoncloud.flashdns.core import image_format as fmt
from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core.denial import next_closer_name, nsec3_hash
from photoncloud.flashdns.core.zone import Nsec3Param

_KEYS_REMEMBERED = 65536  # canonical keys one process keeps of one image: the steps every bisection takes


class DenialIndex:
    """Positions in canonical order (NSEC) or order of hashes (NSEC3); both wrap. Names are folded."""

    def __init__(self, section: memoryview, *, is_nsec3: bool, name_of: Callable[[int], bytes]) -> None:
        self._section = section
        self._is_nsec3 = is_nsec3
        self._entry = fmt.DENIAL_NSEC3 if is_nsec3 else fmt.DENIAL_NSEC
        self._count = len(section) // self._entry.size
        self._name_of = name_of
        self._keys: dict[int, tuple[bytes, ...]] = {}

    def node(self, position: int) -> int:
        """The node that holds the record."""
        return int(self._entry.unpack_from(self._section, position * self._entry.size)[-3])

    def fragment(self, position: int) -> tuple[int, int]:
        """The finished octets of the record and its signatures: (number of the tail, records in it)."""
        tail, records = self._entry.unpack_from(self._section, position * self._entry.size)[-2:]
        return tail, records

    def nsec_before(self, name: bytes) -> int | None:
        """The NSEC at or before `name`."""
        if self._is_nsec3 or not self._count:
            return None
        key = names.canonical_key(name)
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            if self._key_at(middle) <= key:
                low = middle + 1
            else:
                high = middle
        return (low - 1) % self._count

    def _key_at(self, position: int) -> tuple[bytes, ...]:
        key = self._keys.get(position)
        if key is None:
            if len(self._keys) >= _KEYS_REMEMBERED:
                self._keys.clear()
            key = self._keys[position] = names.canonical_key(self._name_of(self.node(position)))
        return key

    def nsec3_before(self, digest: bytes) -> int | None:
        """The NSEC3 with the largest hash at or below `digest`, else the last of the ring."""
        if not self._is_nsec3 or not self._count:
            return None
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            if self._hash_at(middle) <= digest:
                low = middle + 1
            else:
                high = middle
        return (low - 1) % self._count

    def nsec3_at(self, digest: bytes) -> int | None:
        """The NSEC3 of exactly this hash."""
        position = self.nsec3_before(digest)
        return position if position is not None and self._hash_at(position) == digest else None

    def _hash_at(self, position: int) -> bytes:
        at = position * self._entry.size
        return self._section[at : at + fmt.HASH_OCTETS].tobytes()

    def nxdomain(self, name: bytes, encloser: bytes, param: Nsec3Param | None) -> list[int]:
        """The records that prove NXDOMAIN, each once, in the order of `core.denial.nxdomain`."""
        wildcard = b"\x01*" + encloser
        if param is None:
            found = [self.nsec_before(name), self.nsec_before(wildcard)]
        else:
            found = [
                self.nsec3_at(nsec3_hash(encloser, param)),
                self.nsec3_before(nsec3_hash(next_closer_name(name, encloser), param)),
                self.nsec3_before(nsec3_hash(wildcard, param)),
            ]
        return list(dict.fromkeys(position for position in found if position is not None))
