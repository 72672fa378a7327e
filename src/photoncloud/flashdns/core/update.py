"""Dynamic update (RFC 2136): an UPDATE message against a version of a zone gives an RCODE and perhaps a change set.

One update is one change set; an update without effect is none, and leaves the serial alone. Who may update is decided
before (`core.update_policy`); whether the change is committed, after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core import serial as serials
from photoncloud.flashdns.core.change_set import ChangeSet, diff_sets, sets_of
from photoncloud.flashdns.core.message import Query
from photoncloud.flashdns.core.rdata import from_message, soa_fields
from photoncloud.flashdns.core.rdata_layout import canonical
from photoncloud.flashdns.core.wire import HEADER, RECORD_FIXED, read_name
from photoncloud.flashdns.core.zone import Node, RRset, Zone
from photoncloud.flashdns.errors import BadMessage

# What a signer makes: nobody else writes it into an automatically signed zone.
_SIGNERS_TYPES = frozenset({rr.RRSIG, rr.NSEC, rr.NSEC3, rr.NSEC3PARAM, rr.DNSKEY, rr.CDS, rr.CDNSKEY})
_BESIDE_CNAME = frozenset({rr.CNAME, rr.RRSIG, rr.NSEC})
_AT_APEX_KEPT = frozenset({rr.SOA, rr.NS})


class UpdateRecord(NamedTuple):
    """A record of the prerequisite or update section; `rdata` is empty where the class says so."""

    owner: bytes
    rtype: int
    rclass: int
    ttl: int
    rdata: bytes


class UpdateRequest(NamedTuple):
    """The two sections that matter, in order."""

    prerequisites: tuple[UpdateRecord, ...]
    updates: tuple[UpdateRecord, ...]


@dataclass(frozen=True, slots=True)
class UpdateOutcome:
    """`change` is None unless the zone changes."""

    rcode: int
    change: ChangeSet | None = None


def parse_update(query: Query) -> UpdateRequest:
    """Raises BadMessage (FORMERR): the zone section is not one SOA of class IN, or a record is malformed."""
    packet, position = query.packet, query.records_at
    _, _, zones, prerequisites, updates, _ = HEADER.unpack_from(packet)
    if zones != 1 or query.qtype != rr.SOA or query.qclass != rr.CLASS_IN:
        raise BadMessage("zone section is not one SOA of class IN")
    records: list[UpdateRecord] = []
    for _ in range(prerequisites + updates):
        record, position = _read_record(packet, position)
        records.append(record)
    return UpdateRequest(tuple(records[:prerequisites]), tuple(records[prerequisites:]))


def _read_record(packet: bytes, position: int) -> tuple[UpdateRecord, int]:
    owner, position = read_name(packet, position)
    if position + RECORD_FIXED.size > len(packet):
        raise BadMessage("cut record")
    rtype, rclass, ttl, length = RECORD_FIXED.unpack_from(packet, position)
    position += RECORD_FIXED.size
    end = position + length
    if end > len(packet):
        raise BadMessage("record data runs past the end")
    rdata = from_message(rtype, packet, position, end) if length and rr.is_data(rtype) else packet[position:end]
    return UpdateRecord(owner, rtype, rclass, ttl, rdata), end


def update(zone: Zone, request: UpdateRequest, *, is_signed_here: bool = False) -> UpdateOutcome:
    """Prerequisites, prescan, update (RFC 2136 §3.2 to §3.4). `is_signed_here`: our signer owns the DNSSEC types."""
    rcode = check_prerequisites(zone, request.prerequisites) or _prescan(zone, request.updates)
    if rcode:
        return UpdateOutcome(rcode)
    if is_signed_here and any(record.rtype in _SIGNERS_TYPES for record in request.updates):
        return UpdateOutcome(rr.REFUSED)
    draft = _Draft(zone)
    for record in request.updates:
        draft.apply(record)
    return UpdateOutcome(rr.NOERROR, draft.change())


# --- prerequisites (§3.2)


def check_prerequisites(zone: Zone, records: Sequence[UpdateRecord]) -> int:
    """The RCODE, NOERROR when all hold."""
    wanted: dict[tuple[bytes, int], set[bytes]] = {}
    for record in records:
        owner = record.owner.lower()
        if record.ttl:
            return rr.FORMERR
        if not names.is_under(owner, zone.apex):
            return rr.NOTZONE
        if record.rclass == rr.CLASS_IN:
            if not rr.is_data(record.rtype):
                return rr.FORMERR
            wanted.setdefault((owner, record.rtype), set()).add(canonical(record.rtype, record.rdata))
            continue
        rcode = _check_existence(zone.nodes.get(owner), record)
        if rcode:
            return rcode
    for (owner, rtype), rdatas in wanted.items():
        present = _rrset(zone.nodes.get(owner), rtype)
        if present is None or {canonical(rtype, rdata) for rdata in present.rdatas} != rdatas:
            return rr.NXRRSET
    return rr.NOERROR


def _check_existence(node: Node | None, record: UpdateRecord) -> int:
    if record.rclass not in (rr.CLASS_ANY, rr.CLASS_NONE) or record.rdata:
        return rr.FORMERR
    if record.rtype != rr.ANY and not rr.is_data(record.rtype):
        return rr.FORMERR
    must_exist = record.rclass == rr.CLASS_ANY
    if record.rtype == rr.ANY:
        in_use = node is not None and bool(node.rrsets or node.signatures)
        return rr.NOERROR if in_use == must_exist else (rr.NXDOMAIN if must_exist else rr.YXDOMAIN)
    exists = _rrset(node, record.rtype) is not None
    return rr.NOERROR if exists == must_exist else (rr.NXRRSET if must_exist else rr.YXRRSET)


def _rrset(node: Node | None, rtype: int) -> RRset | None:
    return node.rrsets.get(rtype) if node is not None else None


# --- prescan (§3.4.1)


def _prescan(zone: Zone, records: Sequence[UpdateRecord]) -> int:
    for record in records:
        if not names.is_under(record.owner.lower(), zone.apex):
            return rr.NOTZONE
        is_any, is_data = record.rtype == rr.ANY, rr.is_data(record.rtype)
        if record.rclass == rr.CLASS_IN:
            if not is_data:
                return rr.FORMERR
        elif record.rclass == rr.CLASS_ANY:
            if record.ttl or record.rdata or not (is_any or is_data):
                return rr.FORMERR
        elif record.rclass != rr.CLASS_NONE or record.ttl or not is_data:
            return rr.FORMERR
    return rr.NOERROR


# --- update (§3.4.2)


class _Draft:
    """Touched nodes as they are by now. RRSIG is edited per covered type, as everywhere."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._soa = zone.soa
        self._nodes: dict[bytes, dict[tuple[bytes, int, int], RRset]] = {}

    def _at(self, name: bytes) -> dict[tuple[bytes, int, int], RRset]:
        if name not in self._nodes:
            node = self._zone.nodes.get(name)
            self._nodes[name] = sets_of(name, node) if node is not None else {}
        return self._nodes[name]

    def apply(self, record: UpdateRecord) -> None:
        name = record.owner.lower()
        if record.rclass == rr.CLASS_IN:
            self._add(name, record)
        elif record.rclass == rr.CLASS_ANY:
            self._delete_sets(name, record.rtype)
        else:
            self._delete_record(name, record)

    def _add(self, name: bytes, record: UpdateRecord) -> None:
        if record.rtype == rr.SOA:
            self._replace_soa(name, record)
            return
        sets = self._at(name)
        types = {rtype for _, rtype, _ in sets}
        if record.rtype == rr.CNAME:
            if types - _BESIDE_CNAME:
                return  # §3.4.2.2: a conflicting addition is ignored
        elif rr.CNAME in types and record.rtype not in _BESIDE_CNAME:
            return
        key = name, record.rtype, _covered(record)
        present = sets.get(key)
        rdatas: tuple[bytes, ...] = (record.rdata,)
        if present is not None and record.rtype not in (rr.CNAME, rr.DNAME):
            rdatas = present.rdatas if _index(present, record.rdata) is not None else (*present.rdatas, record.rdata)
        owner = present.owner if present is not None else record.owner
        sets[key] = RRset(owner, record.rtype, record.ttl, rdatas)

    def _replace_soa(self, name: bytes, record: UpdateRecord) -> None:
        """Only by a newer serial, only at the apex."""
        new, old = soa_fields(record.rdata)[2], soa_fields(self._soa.rdatas[0])[2]
        if name == self._zone.apex and serials.is_newer(new, old):
            self._soa = RRset(self._soa.owner, rr.SOA, record.ttl, (record.rdata,))

    def _delete_sets(self, name: bytes, rtype: int) -> None:
        sets = self._at(name)
        for key in list(sets):
            is_kept = name == self._zone.apex and key[1] in _AT_APEX_KEPT
            if not is_kept and rtype in (rr.ANY, key[1]):
                del sets[key]

    def _delete_record(self, name: bytes, record: UpdateRecord) -> None:
        sets = self._at(name)
        key = name, record.rtype, _covered(record)
        present = sets.get(key)
        if present is None or record.rtype == rr.SOA:
            return
        at = _index(present, record.rdata)
        is_last_ns = name == self._zone.apex and record.rtype == rr.NS and len(present.rdatas) == 1
        if at is None or is_last_ns:
            return
        left = present.rdatas[:at] + present.rdatas[at + 1 :]
        if left:
            sets[key] = present._replace(rdatas=left)
        else:
            del sets[key]

    def change(self) -> ChangeSet | None:
        """What was achieved; the serial grows unless the update brought its own SOA."""
        deletions: list[RRset] = []
        additions: list[RRset] = []
        for name, after in self._nodes.items():
            node = self._zone.nodes.get(name)
            diff_sets(sets_of(name, node) if node is not None else {}, after, deletions, additions)
        old = self._zone.soa
        if not deletions and not additions and self._soa == old:
            return None
        return ChangeSet(old, self._soa if self._soa != old else _next_soa(old), tuple(deletions), tuple(additions))


def _covered(record: UpdateRecord) -> int:
    return int.from_bytes(record.rdata[:2], "big") if record.rtype == rr.RRSIG else 0


def _index(rrset: RRset, rdata: bytes) -> int | None:
    """Where the same record stands in a set, names compared folded."""
    wanted = canonical(rrset.rtype, rdata)
    return next((at for at, other in enumerate(rrset.rdatas) if canonical(rrset.rtype, other) == wanted), None)


def _next_soa(soa: RRset) -> RRset:
    rdata = soa.rdatas[0]
    serial = serials.after(soa_fields(rdata)[2]).to_bytes(4, "big")
    return soa._replace(rdatas=(rdata[:-20] + serial + rdata[-16:],))
