"""The difference between two versions of a zone, and applying it (RFC 1995 §4 in our terms)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.rdata import soa_fields, type_text
from photoncloud.flashdns.core.rdata_layout import canonical
from photoncloud.flashdns.core.zone import Node, RRset, Zone
from photoncloud.flashdns.core.zone_build import add_empty_non_terminals, hash_of
from photoncloud.flashdns.errors import ChangeConflict

# (folded owner, type, type covered by a signature or 0)
Key = tuple[bytes, int, int]


class ChangeSet(NamedTuple):
    """From the version with SOA `old_soa` to the one with `new_soa`; neither SOA is among the changes."""

    old_soa: RRset
    new_soa: RRset
    deletions: tuple[RRset, ...]
    additions: tuple[RRset, ...]

    @property
    def old_serial(self) -> int:
        return soa_fields(self.old_soa.rdatas[0])[2]

    @property
    def new_serial(self) -> int:
        return soa_fields(self.new_soa.rdatas[0])[2]

    @property
    def record_count(self) -> int:
        return sum(len(rrset.rdatas) for rrset in (*self.deletions, *self.additions))

    @property
    def is_empty(self) -> bool:
        return not self.deletions and not self.additions


def _all_nodes(zone: Zone) -> Iterable[tuple[bytes, Node]]:
    yield from zone.nodes.items()
    for node in zone.hashed.values():
        yield node.name.lower(), node


def sets_of(name: bytes, node: Node) -> dict[Key, RRset]:
    """The sets of a node, signatures by the type they cover."""
    found = {(name, rtype, 0): rrset for rtype, rrset in node.rrsets.items()}
    found.update({(name, rr.RRSIG, covered): rrset for covered, rrset in node.signatures.items()})
    return found


def diff(old: Zone, new: Zone) -> ChangeSet:
    """What to delete from `old` and add to it to get `new`. Order of records within a set is not a difference."""
    before, after = dict(_all_nodes(old)), dict(_all_nodes(new))
    deletions: list[RRset] = []
    additions: list[RRset] = []
    empty = Node(names.ROOT, {}, {})
    for name in before.keys() | after.keys():
        one, other = before.get(name, empty), after.get(name, empty)
        if one is not other and (one.rrsets != other.rrsets or one.signatures != other.signatures):
            diff_sets(sets_of(name, one), sets_of(name, other), deletions, additions)
    order = _change_order
    return ChangeSet(old.soa, new.soa, tuple(sorted(deletions, key=order)), tuple(sorted(additions, key=order)))


def _change_order(rrset: RRset) -> tuple[tuple[bytes, ...], int, tuple[bytes, ...]]:
    return names.canonical_key(rrset.owner), rrset.rtype, rrset.rdatas


def diff_sets(
    before: Mapping[Key, RRset], after: Mapping[Key, RRset], deletions: list[RRset], additions: list[RRset]
) -> None:
    """Append what to delete and to add to get from `before` to `after`; the SOA is not looked at."""
    for key in before.keys() | after.keys():
        if key[1] == rr.SOA:
            continue
        old, new = before.get(key), after.get(key)
        gone, come = _diff_rrset(old, new)
        if old is not None and gone:
            deletions.append(old._replace(rdatas=gone))
        if new is not None and come:
            additions.append(new._replace(rdatas=come))


def _diff_rrset(old: RRset | None, new: RRset | None) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    if old is None or new is None or old.ttl != new.ttl or old.owner != new.owner:
        return (old.rdatas if old else ()), (new.rdatas if new else ())
    kept = set(old.rdatas) & set(new.rdatas)
    return tuple(r for r in old.rdatas if r not in kept), tuple(r for r in new.rdatas if r not in kept)


def apply(zone: Zone, change: ChangeSet) -> Zone:
    """The zone after the change. Raises ChangeConflict when it does not fit (deletions must exist)."""
    if zone.soa.rdatas != change.old_soa.rdatas:
        raise ChangeConflict(f"change starts at serial {change.old_serial}, the zone is at {zone.serial}")
    touched: dict[bytes, dict[Key, RRset]] = {}
    editor = _Editor(zone, touched)
    for rrset in change.deletions:
        editor.delete(rrset)
    for rrset in change.additions:
        editor.add(rrset)
    editor.at(zone.apex)[zone.apex, rr.SOA, 0] = change.new_soa
    return editor.finish()


class _Editor:
    def __init__(self, zone: Zone, touched: dict[bytes, dict[Key, RRset]]) -> None:
        self._zone = zone
        self._touched = touched
        self._hashed_names = {node.name.lower(): digest for digest, node in zone.hashed.items()}

    def at(self, name: bytes) -> dict[Key, RRset]:
        """The sets of a name, as they are by now."""
        sets = self._touched.get(name)
        if sets is None:
            node = self._zone.nodes.get(name)
            sets = sets_of(name, node) if node is not None else {}
            digest = self._hashed_names.get(name)
            if digest is not None:
                sets.update(sets_of(name, self._zone.hashed[digest]))
            self._touched[name] = sets
        return sets

    def delete(self, rrset: RRset) -> None:
        for key, part in _split(rrset):
            sets = self.at(key[0])
            present = sets.get(key)
            left = dict.fromkeys(present.rdatas) if present is not None else {}
            for rdata in part.rdatas:
                found = _find(rrset.rtype, rdata, left)
                if found is None:
                    raise ChangeConflict(f"no such record: {names.to_text(rrset.owner)} {type_text(rrset.rtype)}")
                del left[found]
            if present is not None and left:
                sets[key] = present._replace(rdatas=tuple(left))
            else:
                sets.pop(key, None)

    def add(self, rrset: RRset) -> None:
        for key, part in _split(rrset):
            sets = self.at(key[0])
            present = sets.get(key)
            if present is None:
                sets[key] = part
                continue
            known = dict.fromkeys(present.rdatas)
            fresh = tuple(rdata for rdata in part.rdatas if _find(rrset.rtype, rdata, known) is None)
            sets[key] = RRset(present.owner, rrset.rtype, part.ttl, (*present.rdatas, *fresh))

    def finish(self) -> Zone:
        nodes, hashed = dict(self._zone.nodes), dict(self._zone.hashed)
        emptied = False
        for name, sets in self._touched.items():
            nodes.pop(name, None)
            hashed.pop(self._hashed_names.get(name, b""), None)
            if not sets:
                emptied = True
                continue
            node = _node(sets)
            digest = hash_of(name, node, self._zone.apex)
            if digest is None:
                nodes[name] = node
            else:
                hashed[digest] = node
        if emptied:
            nodes = {name: node for name, node in nodes.items() if node.rrsets or node.signatures}
        add_empty_non_terminals(nodes, self._zone.apex)
        return Zone(self._zone.apex, nodes, hashed)


def _node(sets: Mapping[Key, RRset]) -> Node:
    rrsets = {rtype: rrset for (_, rtype, covered), rrset in sets.items() if not covered}
    signatures = {covered: rrset for (_, _, covered), rrset in sets.items() if covered}
    return Node(next(iter(sets.values())).owner, rrsets, signatures)


def _split(rrset: RRset) -> Iterable[tuple[Key, RRset]]:
    """Signatures by the type they cover; other sets as they are."""
    owner = rrset.owner.lower()
    if rrset.rtype != rr.RRSIG:
        yield (owner, rrset.rtype, 0), rrset
        return
    by_covered: dict[int, list[bytes]] = {}
    for rdata in rrset.rdatas:
        by_covered.setdefault(int.from_bytes(rdata[:2], "big"), []).append(rdata)
    for covered, rdatas in by_covered.items():
        yield (owner, rr.RRSIG, covered), rrset._replace(rdatas=tuple(rdatas))


def _find(rtype: int, rdata: bytes, among: Mapping[bytes, None]) -> bytes | None:
    """The same record among others, names compared folded."""
    if rdata in among:
        return rdata
    wanted = canonical(rtype, rdata)
    return next((other for other in among if canonical(rtype, other) == wanted), None)
