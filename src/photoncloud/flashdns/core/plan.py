"""Which *answers* change between two versions of a zone (flashdns.md §1 point 2): what a person wants to see first.

Asked are the names that differ, names beside and below them (for wildcards, cuts, empty non-terminals) and names
whose answers lead there (aliases, referrals, mail and service targets). Data that changes without changing the kind of
an answer is one line; a changed kind says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.answer import Answer, answer
from photoncloud.flashdns.core.rdata import type_text
from photoncloud.flashdns.core.rdata_layout import name_at
from photoncloud.flashdns.core.zone import RRset, Zone, covering_cut

Effect = Literal[
    "appears",  # NXDOMAIN before, data now
    "disappears",  # data before, NXDOMAIN now
    "name_appears",  # NXDOMAIN before, NODATA now: often a new empty non-terminal
    "name_disappears",  # NODATA before, NXDOMAIN now
    "data_appears",  # NODATA before, data now
    "data_disappears",
    "data_changes",
    "wildcard_catches",  # answered by a wildcard now, and not before
    "wildcard_frees",
    "alias_breaks",  # a chain that ended in data ends in nothing
    "delegated",  # the zone's own answer before, a referral now
    "undelegated",
    "referral_changes",
    "glue_lost",  # a referral that lost addresses of its name servers
    "occluded",  # records at the name that are hidden now
]
_DNSSEC_TYPES = frozenset({rr.RRSIG, rr.NSEC, rr.NSEC3, rr.NSEC3PARAM})
_POINTING = (rr.CNAME, rr.DNAME, rr.NS, rr.MX, rr.SRV, rr.SVCB, rr.HTTPS)
_PROBE = b"\x01\x00"  # a label nobody writes: stands for every other name there
PROBE_TEXT = "<any other name>"


class AnswerChange(NamedTuple):
    """One question whose answer changes. `name` is presentation text; `before` and `after` are kinds of answers."""

    name: str
    rtype: str
    effect: Effect
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.name} {self.rtype}: {self.effect}: {self.before} -> {self.after}"


def plan(old: Zone, new: Zone) -> list[AnswerChange]:
    """All changes, in canonical order of names. Empty when no question is answered differently (serial aside)."""
    planner = _Planner(old, new)
    found = [change for name in sorted(planner.names(), key=names.canonical_key) for change in planner.compare(name)]
    return list(dict.fromkeys(found))


class _Planner:
    def __init__(self, old: Zone, new: Zone) -> None:
        self._old = old
        self._new = new

    # --- what to ask

    def names(self) -> set[bytes]:
        """Names whose answers may differ."""
        changed = {name for name in self._old.nodes.keys() | self._new.nodes.keys() if self._differs(name)}
        asked = set(changed)
        for name in changed:
            asked.update(self._beside(name))
        asked.update(self._below({name for name in changed if self._is_border(name)}))
        asked.update(self._leading_to(asked))
        return asked

    def _differs(self, name: bytes) -> bool:
        one, other = self._old.nodes.get(name), self._new.nodes.get(name)
        if one is None or other is None:
            return True
        return _comparable(one.rrsets) != _comparable(other.rrsets)

    def _beside(self, name: bytes) -> Iterator[bytes]:
        """Names that exist nowhere: below `name`, and as its siblings."""
        above = names.parent(name)
        for place in (name, above):
            if names.is_under(place, self._old.apex) and len(place) + len(_PROBE) <= names.MAX_NAME_OCTETS:
                yield _PROBE + place

    def _is_border(self, name: bytes) -> bool:
        """Whether a cut or a DNAME comes or goes: everything below is answered otherwise."""
        return any(
            zone.nodes[name].rrsets.keys() & {rr.NS, rr.DNAME}
            for zone in (self._old, self._new)
            if name in zone.nodes and name != zone.apex
        )

    def _below(self, borders: set[bytes]) -> Iterator[bytes]:
        if not borders:
            return
        for name in self._old.nodes.keys() | self._new.nodes.keys():
            above = name
            while above != self._old.apex:
                above = names.parent(above)
                if above in borders:
                    yield name
                    break

    def _leading_to(self, targets: set[bytes]) -> set[bytes]:
        """Owners whose records point, over any number of links, to names that may be answered otherwise."""
        pointers: dict[bytes, set[bytes]] = {}
        for zone in (self._old, self._new):
            for name, node in zone.nodes.items():
                for rtype in node.rrsets.keys() & set(_POINTING):
                    for rdata in node.rrsets[rtype].rdatas:
                        pointers.setdefault(name_at(rtype, rdata).lower(), set()).add(name)
        reached: set[bytes] = set()
        todo = list(targets)
        while todo:
            for owner in pointers.get(todo.pop(), set()) - reached:
                reached.add(owner)
                todo.append(owner)
        return reached

    # --- how it is answered

    def compare(self, name: bytes) -> Iterator[AnswerChange]:
        """Every type the name has or had; one type for a name without any."""
        present = [zone.nodes[name] for zone in (self._old, self._new) if name in zone.nodes]
        types = {rtype for node in present for rtype in node.rrsets} - _DNSSEC_TYPES
        if rr.CNAME in types:
            types |= {rr.A, rr.AAAA}
        text = names.to_text(name)
        if name.startswith(_PROBE):
            text = f"{PROBE_TEXT}.{names.to_text(names.parent(name))}"
            types = self._types_of_wildcards(name)
        for rtype in sorted(types or {rr.A}):
            before, after = answer(self._old, name, rtype), answer(self._new, name, rtype)
            effect = self._effect(name, before, after)
            if effect is not None:
                yield AnswerChange(text, type_text(rtype), effect, _kind(before), _kind(after))

    def _types_of_wildcards(self, name: bytes) -> set[int]:
        wildcard = b"\x01*" + names.parent(name)
        nodes = [zone.nodes[wildcard] for zone in (self._old, self._new) if wildcard in zone.nodes]
        return {rtype for node in nodes for rtype in node.rrsets} - _DNSSEC_TYPES

    def _effect(self, name: bytes, before: Answer, after: Answer) -> Effect | None:
        one, other = before.kind, after.kind
        if "referral" in (one, other):
            return self._border_effect(name, before, after)
        if before.answer and after.answer and one == "positive" and other != "positive":
            return "alias_breaks"
        if _is_expanded(after) and not _is_expanded(before):
            return "wildcard_catches"
        if _is_expanded(before) and not _is_expanded(after):
            return "wildcard_frees"
        if one == other:
            return "data_changes" if _content(before) != _content(after) else None
        return _BY_KIND.get((one, other), "data_changes")

    def _border_effect(self, name: bytes, before: Answer, after: Answer) -> Effect | None:
        if before.kind != "referral":
            held = self._new.nodes.get(name)
            hidden = held is not None and held.rrsets and covering_cut(self._new, name) != name
            return "occluded" if hidden else "delegated"
        if after.kind != "referral":
            return "undelegated"
        lost = _addresses(before) - _addresses(after)
        if lost and _servers(before) == _servers(after):
            return "glue_lost"
        return "referral_changes" if _content(before) != _content(after) else None


_BY_KIND: dict[tuple[str, str], Effect] = {
    ("nxdomain", "positive"): "appears",
    ("positive", "nxdomain"): "disappears",
    ("nxdomain", "nodata"): "name_appears",
    ("nodata", "nxdomain"): "name_disappears",
    ("nodata", "positive"): "data_appears",
    ("positive", "nodata"): "data_disappears",
}


def _comparable(rrsets: Mapping[int, RRset]) -> dict[int, RRset]:
    """Without the SOA (its serial always changes) and without what a signer makes."""
    return {rtype: rrset for rtype, rrset in rrsets.items() if rtype != rr.SOA and rtype not in _DNSSEC_TYPES}


def _kind(reply: Answer) -> str:
    return "NXDOMAIN" if reply.rcode == rr.NXDOMAIN else {"nodata": "NODATA"}.get(reply.kind, reply.kind)


def _is_expanded(reply: Answer) -> bool:
    return bool(reply.answer) and reply.answer[0].is_qname


def _content(reply: Answer) -> object:
    """What a client learns: the answer section, and the authority of a referral."""
    pieces = reply.answer if reply.kind != "referral" else [*reply.answer, *reply.authority, *reply.additional]
    return [
        (piece.rrset.owner.lower(), piece.rrset.rtype, piece.rrset.ttl, sorted(piece.rrset.rdatas))
        for piece in pieces
        if piece.rrset.rtype != rr.SOA
    ]


def _servers(reply: Answer) -> object:
    return sorted(reply.authority[0].rrset.rdatas)


def _addresses(reply: Answer) -> set[tuple[bytes, int, bytes]]:
    return {
        (piece.rrset.owner.lower(), piece.rrset.rtype, rdata)
        for piece in reply.additional
        for rdata in piece.rrset.rdatas
    }
