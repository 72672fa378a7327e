"""The rules a whole zone must keep (flashdns.md §4.12). Reading and grouping have rules of their own in
`master_file` and `zone_build`; what proves absence is in `denial_check`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.answer import answer
from photoncloud.flashdns.core.denial_check import check_denial
from photoncloud.flashdns.core.finding import Finding
from photoncloud.flashdns.core.limits import ZoneLimits
from photoncloud.flashdns.core.master_file import Record
from photoncloud.flashdns.core.rdata import type_text
from photoncloud.flashdns.core.rdata_layout import name_at
from photoncloud.flashdns.core.serial import is_newer
from photoncloud.flashdns.core.wire import read_plain_name
from photoncloud.flashdns.core.zone import Node, RRset, Zone

Report = Callable[[str, str, bytes, int], None]
_ADDRESSES = frozenset({rr.A, rr.AAAA})
_BESIDE_CNAME = frozenset({rr.CNAME, rr.NSEC})
_HOSTNAME_TYPES = frozenset({rr.A, rr.AAAA, rr.MX})
_HOST_LABEL = re.compile(rb"[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?")
_DOTTED_QUAD = re.compile(rb"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")


class Places:
    """Where the first record of an owner and type stands. Built when the first finding asks."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = records
        self._found: dict[tuple[bytes, int], tuple[str, int]] | None = None

    def of(self, owner: bytes, rtype: int) -> tuple[str, int]:
        """(file, line), ("", 0) when the record came from no file."""
        if self._found is None:
            self._found = {}
            for record in self._records:
                self._found.setdefault((record.owner.lower(), record.rtype), (record.file, record.line))
        return self._found.get((owner.lower(), rtype), ("", 0))


def check_zone(
    zone: Zone, records: Iterable[Record] = (), *, limits: ZoneLimits | None = None, now_sec: int | None = None
) -> list[Finding]:
    """Everything wrong with `zone`. `now_sec` (Unix) allows to tell expired signatures."""
    places = Places(records)
    findings: list[Finding] = []

    def report(code: str, message: str, owner: bytes, rtype: int) -> None:
        file, line = places.of(owner, rtype)
        findings.append(Finding(code, message, names.to_text(owner), type_text(rtype), file, line))

    _Checker(zone, report, now_sec).run()
    check_denial(zone, limits or ZoneLimits(), report)
    return findings


def check_reload(old: Zone, new: Zone) -> list[Finding]:
    """What secondaries will make of replacing `old` by `new`."""
    apex = names.to_text(new.apex)
    if new.serial == old.serial:
        same = list(old.rrsets()) == list(new.rrsets())
        message = "content changed, the serial did not: secondaries will not follow"
        return [] if same else [Finding("serial_unchanged", message, apex, "SOA")]
    if is_newer(new.serial, old.serial):
        return []
    message = f"serial {new.serial} is older than {old.serial}: secondaries will not follow"
    return [Finding("serial_backwards", message, apex, "SOA")]


class _Checker:
    def __init__(self, zone: Zone, report: Report, now_sec: int | None) -> None:
        self._zone = zone
        self._report = report
        self._now_sec = now_sec
        self._cuts = {name for name, node in zone.nodes.items() if rr.NS in node.rrsets and name != zone.apex}
        self._dnames = {name for name, node in zone.nodes.items() if rr.DNAME in node.rrsets}

    def run(self) -> None:
        zone = self._zone
        if rr.NS not in zone.apex_node.rrsets:
            self._report("ns_missing_at_apex", "the apex has no NS", zone.apex, rr.SOA)
        if rr.DS in zone.apex_node.rrsets:
            self._report("ds_at_apex", "DS belongs to the parent zone", zone.apex, rr.DS)
        for name, node in zone.nodes.items():
            if not (node.rrsets or node.signatures):
                continue
            if not self._is_occluded(name, node):
                self._check_aliases(name, node)
                self._check_node(name, node)
            self._check_signatures(name, node)

    # --- occlusion

    def _ancestor_in(self, name: bytes, group: set[bytes]) -> bytes | None:
        """The highest proper ancestor of `name` in `group`."""
        found = None
        while group and name != self._zone.apex:
            name = names.parent(name)
            if name in group:
                found = name
        return found

    def _is_occluded(self, name: bytes, node: Node) -> bool:
        """Whether `name` stands below a cut, where only addresses are of use."""
        cut = self._ancestor_in(name, self._cuts)
        if cut is None:
            dname = self._ancestor_in(name, self._dnames)
            if dname is not None:
                self._report(
                    "below_dname", f"hidden by the DNAME of {names.to_text(dname)}", name, next(iter(node.rrsets), 0)
                )
            return False
        if rr.NS in node.rrsets:
            self._report("ns_below_cut", f"hidden by the cut at {names.to_text(cut)}", name, rr.NS)
        other = [rtype for rtype in node.rrsets if rtype not in _ADDRESSES and rtype != rr.NS]
        if other:
            self._report("occluded_by_cut", f"hidden by the cut at {names.to_text(cut)}", name, other[0])
        return True

    # --- CNAME and DNAME

    def _check_aliases(self, name: bytes, node: Node) -> None:
        types = node.rrsets.keys()
        if rr.CNAME in types:
            if name == self._zone.apex:
                self._report("cname_at_apex", "CNAME beside the SOA", name, rr.CNAME)
            elif rr.DNAME in types:
                self._report("dname_and_cname", "CNAME and DNAME at one name", name, rr.CNAME)
            elif not types <= _BESIDE_CNAME:
                self._report("cname_and_other", "CNAME and other data", name, rr.CNAME)
            if len(node.rrsets[rr.CNAME].rdatas) > 1:
                self._report("cname_multiple", "more than one CNAME", name, rr.CNAME)
        if rr.DNAME in types:
            if len(node.rrsets[rr.DNAME].rdatas) > 1:
                self._report("dname_multiple", "more than one DNAME", name, rr.DNAME)
            if rr.NS in types and name != self._zone.apex:
                self._report("dname_and_ns", "the cut hides the DNAME", name, rr.DNAME)
            if names.is_wildcard(name):
                self._report("wildcard_dname", "a DNAME at a wildcard is never substituted", name, rr.DNAME)

    # --- what names point to

    def _check_node(self, name: bytes, node: Node) -> None:
        ns = node.rrsets.get(rr.NS)
        if ns is not None:
            if names.is_wildcard(name):
                self._report("wildcard_ns", "NS at a wildcard delegates only the literal name", name, rr.NS)
            self._check_name_servers(name, ns)
        elif rr.DS in node.rrsets and name != self._zone.apex:
            self._report("ds_without_ns", "DS without a delegation", name, rr.DS)
        for rtype, prefix in ((rr.MX, "mx"), (rr.SRV, "srv")):
            if rtype in node.rrsets:
                self._check_hosts(name, node.rrsets[rtype], prefix)
        for rtype in (rr.SVCB, rr.HTTPS):
            if rtype in node.rrsets:
                self._check_alias_mode(name, node.rrsets[rtype])
        if not _HOSTNAME_TYPES.isdisjoint(node.rrsets) and not _is_hostname(name):
            rtype = next(rtype for rtype in node.rrsets if rtype in _HOSTNAME_TYPES)
            self._report("owner_not_hostname", "not letters, digits and hyphens", name, rtype)

    def _check_name_servers(self, name: bytes, ns: RRset) -> None:
        apex = self._zone.apex
        for rdata in ns.rdatas:
            target = rdata.lower()
            if not names.is_under(target, apex):
                continue
            state = self._address_state(target)
            if state == "found":
                continue
            text = names.to_text(rdata)
            if state == "alias" and name == apex:
                self._report("ns_to_cname", f"{text} is an alias", name, rr.NS)
            elif name == apex:
                self._report("apex_ns_no_address", f"{text} has no address in the zone", name, rr.NS)
            elif names.is_under(target, name):
                self._report("glue_missing", f"{text} has no address", name, rr.NS)
            elif target in self._cuts or self._ancestor_in(target, self._cuts) is not None:
                self._report("sibling_glue_missing", f"{text} has no address", name, rr.NS)
            else:
                self._report("ns_target_missing", f"{text} has no address", name, rr.NS)

    def _address_state(self, target: bytes) -> str:
        """`found`, `alias` or `missing`: what a resolver that asks for addresses of `target` meets in this zone."""
        node = self._zone.find(target)
        if node is not None and not _ADDRESSES.isdisjoint(node.rrsets):
            return "found"
        for rtype in (rr.A, rr.AAAA):
            reply = answer(self._zone, target, rtype)
            if any(piece.rrset.rtype == rr.CNAME for piece in reply.answer):
                return "alias"
            if reply.kind == "positive":
                return "found"
        return "missing"

    def _check_hosts(self, name: bytes, rrset: RRset, prefix: str) -> None:
        for rdata in rrset.rdatas:
            target = name_at(rrset.rtype, rdata)
            if prefix == "mx" and _looks_like_address(target):
                self._report("mx_is_address", f"{names.to_text(target)} is an address", name, rrset.rtype)
            if target == names.ROOT or not names.is_under(target.lower(), self._zone.apex):
                continue
            state = self._address_state(target.lower())
            if state == "alias":
                self._report(f"{prefix}_to_cname", f"{names.to_text(target)} is an alias", name, rrset.rtype)
            elif state == "missing" and prefix == "mx" and self._is_authoritative(target.lower()):
                self._report("mx_target_missing", f"{names.to_text(target)} has no address", name, rrset.rtype)

    def _is_authoritative(self, name: bytes) -> bool:
        return name not in self._cuts and self._ancestor_in(name, self._cuts) is None

    def _check_alias_mode(self, name: bytes, rrset: RRset) -> None:
        for rdata in rrset.rdatas:
            if rdata[:2] == b"\x00\x00" and read_plain_name(rdata, 2) < len(rdata):
                self._report("svcb_alias_params", "AliasMode ignores its parameters", name, rrset.rtype)

    # --- signatures

    def _check_signatures(self, name: bytes, node: Node) -> None:
        for rtype, signatures in node.signatures.items():
            if rtype not in node.rrsets:
                self._report("rrsig_without_rrset", f"signature of absent {type_text(rtype)}", name, rr.RRSIG)
            elif self._now_sec is not None:
                ends = [int.from_bytes(rdata[8:12], "big") for rdata in signatures.rdatas]
                if not any(is_newer(end, self._now_sec & 0xFFFFFFFF) for end in ends):
                    self._report("signature_expired", f"every signature of {type_text(rtype)} has expired", name, rtype)


def _is_hostname(name: bytes) -> bool:
    found: Iterator[bytes] = iter(names.labels(name))
    first = next(found, b"*")
    return (first == b"*" or bool(_HOST_LABEL.fullmatch(first))) and all(map(_HOST_LABEL.fullmatch, found))


def _looks_like_address(target: bytes) -> bool:
    """The first four labels are numbers: somebody wrote an address where a name belongs."""
    return bool(_DOTTED_QUAD.fullmatch(b".".join(names.labels(target)[:4])))
