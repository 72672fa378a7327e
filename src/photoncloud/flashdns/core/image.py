"""A compiled zone read out of a buffer (an mmap, bytes): the same lookups as `Zone`, and finished answers.

A damaged or foreign buffer is refused at opening (length, version, checksum), so that reading needs no checks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from photoncloud.flashdns.core import image_format as fmt
from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.answer import AnswerOptions, Kind
from photoncloud.flashdns.core.image_denial import DenialIndex
from photoncloud.flashdns.core.zone import Node, Nsec3Param, RRset
from photoncloud.flashdns.errors import ImageDamaged

# What one process keeps decoded of one image: enough for the nodes every proof needs, little beside the image.
_NODES_REMEMBERED = 4096
# Where a name that does not exist is still not simply missing.
_NOT_HERE = fmt.NODE_OCCLUDED | fmt.NODE_CUT | fmt.NODE_BELOW_DNAME | fmt.NODE_DNAME
_SLOW_TYPES = frozenset({rr.ANY, rr.RRSIG})


class Compiled(NamedTuple):
    """A finished answer. `octets` follow the question; they fit a QNAME of the length asked for only."""

    rcode: int
    is_authoritative: bool
    kind: Kind
    answers: int
    authorities: int
    additionals: int
    octets: bytes
    imputed: bytes


class Image:
    """An opened image. Implements `core.zone.ZoneReader`."""

    def __init__(self, buffer: bytes | memoryview, *, verify: bool = True) -> None:
        """Raises ImageDamaged. `verify=False` skips the checksum of a buffer this process has just made."""
        view = memoryview(buffer)
        if len(view) < fmt.HEADER_SIZE:
            raise ImageDamaged("shorter than a header")
        head = fmt.HEADER.unpack_from(view)
        (
            magic,
            kind,
            self._image_flags,
            version,
            self._probes,
            total,
            digest,
            _,
            self.revision,
            self.serial,
            seed,
            apex,
        ) = head
        if magic != fmt.MAGIC or version != fmt.VERSION or kind != fmt.KIND_BASE:
            raise ImageDamaged("not an image of this version")
        if total != len(view):
            raise ImageDamaged(f"{len(view)} octets instead of {total}")
        if verify and _digest_of(view) != digest:
            raise ImageDamaged("checksum does not match")
        self.digest: bytes = digest
        self._seed = seed
        self._apex_index = apex
        self._open_sections(view)
        self.apex = self._name_of(apex)
        self._loaded: dict[int, Node] = {}
        self._apex_labels = names.label_count(self.apex)

    def _open_sections(self, view: memoryview) -> None:
        parts: dict[str, memoryview] = {}
        for number, key in enumerate(fmt.SECTIONS):
            _, _, offset, length = fmt.SECTION.unpack_from(view, fmt.SECTION_TABLE_AT + number * fmt.SECTION.size)
            parts[key] = view[offset : offset + length]
        self._slots = parts["slots"].cast("I")
        self._nodes, self._names, self._rrsets, self._data = (parts[k] for k in ("nodes", "names", "rrsets", "data"))
        self._answers, self._tails, self._octets = parts["answers"], parts["tails"], parts["octets"]
        self._fragments = parts["fragments"].cast("I")
        self._relocs = parts["relocs"].cast("H")
        is_nsec3 = bool(self._image_flags & fmt.FLAG_NSEC3)
        self._denial = DenialIndex(parts["denial"], is_nsec3=is_nsec3, name_of=self._name_of)
        self.meta: dict[str, Any] = json.loads(bytes(parts["meta"]))
        self.options = AnswerOptions(**self.meta["options"])
        self._nxdomain, self._signed_nxdomain = self.meta["nxdomain"]

    # --- nodes

    def _node(self, number: int) -> tuple[int, ...]:
        return fmt.NODE.unpack_from(self._nodes, number * fmt.NODE.size)

    def _name_of(self, number: int) -> bytes:
        offset, length = fmt.NODE.unpack_from(self._nodes, number * fmt.NODE.size)[:2]
        return bytes(self._names[offset : offset + length])

    def index_of(self, name: bytes) -> int:
        """The node number of a folded name, -1 when it does not exist."""
        slots = self._slots
        size = len(slots)
        at = fmt.home_slot(name, self._seed, size)
        length = len(name)
        for _ in range(self._probes):
            number = slots[at]
            if not number:
                return -1
            offset, known = _NAME_PLACE(self._nodes, (number - 1) * fmt.NODE.size)
            if known == length and self._names[offset : offset + length] == name:
                return number - 1
            at = at + 1 if at + 1 < size else 0
        return -1

    def find(self, name: bytes) -> Node | None:
        number = self.index_of(name)
        return None if number < 0 else self._load(number)

    def _load(self, number: int) -> Node:
        node = self._loaded.get(number)
        if node is None:
            if len(self._loaded) >= _NODES_REMEMBERED:
                self._loaded.clear()
            node = self._loaded[number] = self._decode(number)
        return node

    def _decode(self, number: int) -> Node:
        name_at, length, *_, count, first = self._node(number)
        name = bytes(self._names[name_at : name_at + length])
        rrsets: dict[int, RRset] = {}
        signatures: dict[int, RRset] = {}
        for at in range(first, first + count):
            covered, rrset = self._rrset(at)
            if covered:
                signatures[covered] = rrset
            else:
                rrsets[rrset.rtype] = rrset
            name = rrset.owner
        return Node(name, rrsets, signatures)

    def _rrset(self, number: int) -> tuple[int, RRset]:
        rtype, covered, ttl, owner_at, length, count, at = fmt.RRSET.unpack_from(self._rrsets, number * fmt.RRSET.size)
        rdatas = []
        for _ in range(count):
            size = fmt.U16.unpack_from(self._data, at)[0]
            rdatas.append(bytes(self._data[at + 2 : at + 2 + size]))
            at += 2 + size
        return covered, RRset(bytes(self._names[owner_at : owner_at + length]), rtype, ttl, tuple(rdatas))

    @property
    def node_count(self) -> int:
        return int(self.meta["nodes"])

    def nodes(self) -> Iterator[tuple[bytes, Node]]:
        """Every name of the zone, folded, in canonical order (NSEC3 nodes are not names)."""
        for number in range(self.node_count):
            yield self._name_of(number), self._decode(number)

    # --- denial

    @cached_property
    def is_signed(self) -> bool:
        return bool(self._image_flags & fmt.FLAG_SIGNED)

    @cached_property
    def nsec3(self) -> Nsec3Param | None:
        if not self._image_flags & fmt.FLAG_NSEC3:
            return None
        apex = self.find(self.apex)
        assert apex is not None
        rdata = apex.rrsets[rr.NSEC3PARAM].rdatas[0]
        return Nsec3Param(rdata[0], int.from_bytes(rdata[2:4], "big"), rdata[5:])

    def nsec_before(self, name: bytes) -> Node | None:
        return self._proof(self._denial.nsec_before(name))

    def nsec3_at(self, digest: bytes) -> Node | None:
        return self._proof(self._denial.nsec3_at(digest))

    def nsec3_before(self, digest: bytes) -> Node | None:
        return self._proof(self._denial.nsec3_before(digest))

    def _proof(self, position: int | None) -> Node | None:
        return None if position is None else self._load(self._denial.node(position))

    # --- finished answers

    def closest(self, name: bytes) -> tuple[int, int]:
        """The deepest existing node at or above a folded name below the apex, and where its name starts in `name`.

        Every ancestor of a node is a node, so depth is bisected.
        """
        number = self.index_of(name)
        if number >= 0:
            return number, 0
        starts = names.offsets(name)
        low, high = 1, len(starts) - 1 - self._apex_labels  # starts[high] is the apex, which exists
        found = self._apex_index
        while low < high:
            middle = (low + high) // 2
            number = self.index_of(name[starts[middle] :])
            if number >= 0:
                high, found = middle, number
            else:
                low = middle + 1
        return found, starts[high]

    def compiled(self, name: bytes, qtype: int, *, dnssec: bool) -> Compiled | None:
        """The finished answer for a folded QNAME at or below the apex; None when the lookup has to make it."""
        found = self.locate(name, qtype, dnssec=dnssec)
        if found is not None:
            return self.finished(found[0], len(name))
        return self.signed_nxdomain(name, qtype) if dnssec else None

    def signed_nxdomain(self, name: bytes, qtype: int) -> Compiled | None:
        """NXDOMAIN of a signed zone: finished but for the proofs, which are looked up. None when it is another case."""
        if self._signed_nxdomain is None or qtype in _SLOW_TYPES:
            return None
        number, start = self.closest(name)
        node = self._node(number)
        if not start or node[3] & _NOT_HERE or node[5] != fmt.NONE:
            return None
        made = self.finished(self._signed_nxdomain, len(name))
        fragments = [self._denial.fragment(at) for at in self._denial.nxdomain(name, name[start:], self.nsec3)]
        tails = b"".join([self._moved_tail(tail, len(name)) for tail, _ in fragments])
        count = made.authorities + sum(records for _, records in fragments)
        return made._replace(octets=made.octets + tails, authorities=count)

    def locate(self, name: bytes, qtype: int, *, dnssec: bool) -> tuple[int, bool] | None:
        """The number of the finished answer, and whether it is the same for every QNAME of this length there.

        None when the lookup has to make the answer (DNAME, ANY, proofs for names that do not exist).
        """
        if qtype in _SLOW_TYPES:
            return None
        number, start = self.closest(name)
        node = self._node(number)
        flags = node[3]
        shape = fmt.SHAPE_DO if dnssec and self.is_signed else 0
        if flags & (fmt.NODE_OCCLUDED | fmt.NODE_CUT):
            node = self._first_cut(node)
            at_cut = qtype == rr.DS and len(name) == node[1]
            return self._pick(node, rr.DS if at_cut else fmt.QTYPE_DEFAULT, shape, not at_cut)
        if flags & fmt.NODE_BELOW_DNAME or (start and flags & fmt.NODE_DNAME):
            return None
        if not start:
            return self._pick(node, qtype, shape, False)
        wildcard = node[5]
        if wildcard != fmt.NONE:
            return self._pick(self._node(wildcard), qtype, shape | fmt.SHAPE_SYNTHESIZED, True)
        if shape or self._nxdomain is None:
            return None
        return self._nxdomain, True

    def _first_cut(self, node: tuple[int, ...]) -> tuple[int, ...]:
        """The cut nearest the apex at or above a node."""
        found = node
        while not node[3] & fmt.NODE_APEX:
            if node[3] & fmt.NODE_CUT:
                found = node
            node = self._node(node[4])
        return found

    def _pick(self, node: tuple[int, ...], qtype: int, shape: int, by_encloser: bool) -> tuple[int, bool] | None:
        """The entry of (node, QTYPE, shape), else the node's default of that shape."""
        first, count = node[7], node[8]
        default = node[6] if not shape else fmt.NONE
        for entry in range(first, first + count):
            filed, filed_shape = _ANSWER_KEY(self._answers, entry * fmt.ANSWER.size)
            if filed_shape == shape:
                if filed == qtype:
                    return entry, by_encloser
                if filed == fmt.QTYPE_DEFAULT:
                    default = entry
        return None if default == fmt.NONE else (default, by_encloser)

    def finished(self, entry: int, qname_octets: int) -> Compiled:
        """An answer as it follows a question whose QNAME has that many octets."""
        values = fmt.ANSWER.unpack_from(self._answers, entry * fmt.ANSWER.size)
        _, _, rcode, aa, kind, answers, authorities, additionals, run, first, _, imputed = values
        tail = b"".join([self._moved_tail(number, qname_octets) for number in self._fragments[first : first + run]])
        name = self.apex if imputed == fmt.NONE else self._name_of(imputed)
        return Compiled(rcode, bool(aa), fmt.KINDS[kind], answers, authorities, additionals, tail, name)

    def _moved_tail(self, number: int, qname_octets: int) -> bytes:
        """A fragment behind a QNAME of this length."""
        at, length, made_for, relocs, first = fmt.TAIL.unpack_from(self._tails, number * fmt.TAIL.size)
        octets = bytes(self._octets[at : at + length])
        shift = qname_octets - made_for
        if not shift or not relocs:
            return octets
        moved = bytearray(octets)
        for position in self._relocs[first : first + relocs]:
            target = (moved[position] << 8 | moved[position + 1]) + shift
            moved[position], moved[position + 1] = target >> 8, target & 0xFF
        return bytes(moved)


def _digest_of(view: memoryview) -> bytes:
    digest = hashlib.sha256(view[: fmt.DIGEST_AT])
    digest.update(bytes(fmt.DIGEST_OCTETS))
    digest.update(view[fmt.DIGEST_AT + fmt.DIGEST_OCTETS :])
    return digest.digest()


_NAME_PLACE = fmt.NAME_PLACE.unpack_from
_ANSWER_KEY = fmt.ANSWER_KEY.unpack_from
