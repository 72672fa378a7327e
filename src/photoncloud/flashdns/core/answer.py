"""The lookup: what an authoritative server answers (RFC 1034 §4.3.2, 4592, 6672, 4035 §3, 5155 §7.2, 8482, 9471).

This file is the specification in code; compiled images must answer octet for octet like it. Names are folded, except
the owner of a synthesized record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from photoncloud.flashdns.core import additional, denial
from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.limits import CNAME_CHAIN_MAX
from photoncloud.flashdns.core.piece import Piece, without_repeats
from photoncloud.flashdns.core.rdata import soa_fields
from photoncloud.flashdns.core.zone import Node, RRset, ZoneReader, is_cut

AnyPolicy = Literal["one-rrset", "hinfo", "full"]
CnameScope = Literal["zone", "view"]
Kind = Literal["positive", "nodata", "nxdomain", "referral", "error"]
# Asked for by name, they are not replaced by a CNAME beside them.
_NOT_FOLLOWED = frozenset({rr.CNAME, rr.ANY, rr.RRSIG, rr.NSEC})
_ANY_ORDER = (rr.A, rr.AAAA, rr.MX, rr.TXT, rr.NS, rr.SOA)
_HINFO_8482 = b"\x07RFC8482\x00"
_HINFO_TTL = 3600  # RFC 8482 §4.2 leaves it to us; long enough to spare repetition


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """The settings that change answers; an image is compiled for one value of them."""

    minimal_responses: bool = False
    any_policy: AnyPolicy = "one-rrset"
    cname_scope: CnameScope = "zone"  # "view": chains go on in other zones hosted beside this one


@dataclass(slots=True)
class Answer:
    """Sections and flags of a reply.

    anchor     the longest suffix of QNAME the zone knows: what names are compressed against
    imputed    the name rate limiting counts the reply under
    is_static  depends on QNAME only through `anchor` and the length of QNAME, so that it can be compiled
    """

    anchor: bytes
    rcode: int = rr.NOERROR
    is_authoritative: bool = True
    kind: Kind = "positive"
    answer: list[Piece] = field(default_factory=list)
    authority: list[Piece] = field(default_factory=list)
    additional: list[Piece] = field(default_factory=list)
    imputed: bytes = names.ROOT
    is_static: bool = True


# The hosted zone a name belongs to, None without one; asked only under `cname_scope = "view"`.
NextZone = Callable[[bytes], ZoneReader | None]


def nowhere(name: bytes) -> ZoneReader | None:
    """Nothing is hosted."""
    return None


def answer(
    zone: ZoneReader,
    qname: bytes,
    qtype: int,
    *,
    dnssec: bool = False,
    options: AnswerOptions | None = None,
    next_zone: NextZone = nowhere,
) -> Answer:
    """Answer (qname, qtype) from a zone whose apex is `qname` or above it. `qname` may be in any case."""
    lookup = _Lookup(zone, qname, qtype, dnssec, options or AnswerOptions(), next_zone)
    lookup.follow()
    if lookup.zone is not zone:
        unshare(lookup.reply)
    return lookup.reply


def unshare(reply: Answer) -> None:
    """A chain ended in another zone: its apex is no suffix of QNAME, so nothing is compressed against it."""
    for section in (reply.authority, reply.additional):
        section[:] = [piece._replace(is_shared=False) for piece in section]


class _Lookup:
    """One question being answered."""

    def __init__(
        self, zone: ZoneReader, qname: bytes, qtype: int, dnssec: bool, options: AnswerOptions, next_zone: NextZone
    ) -> None:
        self.zone = zone
        self.qname = qname.lower()
        self.asked = qname
        self.qtype = qtype
        self.dnssec = dnssec and zone.is_signed
        self.wants_dnssec = dnssec
        self.options = options
        self.next_zone = next_zone
        self.qname_is_expanded = False
        self.reply = Answer(anchor=zone.apex, imputed=zone.apex)

    def follow(self) -> None:
        """Step from alias to alias until there is an answer, a repeated name, a border, or too many links."""
        name: bytes | None = self.qname
        seen: set[bytes] = set()
        for _ in range(CNAME_CHAIN_MAX + 1):
            assert name is not None
            seen.add(name)
            name = self.step(name)
            if name is None or name in seen or not self.enter(name):
                return

    def enter(self, name: bytes) -> bool:
        """Whether some zone of ours continues the chain at `name`."""
        if self.options.cname_scope == "zone":
            return names.is_under(name, self.zone.apex)
        self.reply.is_static = False  # what else is hosted may change without this zone
        zone = self.next_zone(name)
        if zone is not None and zone is not self.zone:
            self.zone, self.dnssec = zone, self.wants_dnssec and zone.is_signed
        return zone is not None

    def step(self, name: bytes) -> bytes | None:
        """Walk from the apex down to `name`; the alias to go on with, if any (RFC 1034 §4.3.2 step 3)."""
        zone = self.zone
        apex_at = len(name) - len(zone.apex)
        ancestors = [position for position in names.offsets(name) if position <= apex_at]
        encloser = zone.apex
        for position in reversed(ancestors):
            suffix = name[position:]
            found = zone.find(suffix)
            if found is None:
                return self.missing(name, encloser)
            node = found
            self.know(name, suffix)
            if is_cut(node, suffix, zone.apex):
                if self.qtype == rr.DS and position == 0:
                    return self.data(name, node, at_cut=True)
                self.referral(node, suffix)
                return None
            if position and rr.DNAME in node.rrsets:
                return self.substitute(name, node, suffix)
            encloser = suffix
        return self.data(name, node)

    def know(self, name: bytes, suffix: bytes) -> None:
        """Remember how much of QNAME exists."""
        if name == self.qname:
            self.reply.anchor = suffix

    # --- names that exist

    def data(self, name: bytes, node: Node, *, at_cut: bool = False) -> bytes | None:
        """`name` exists (RFC 1034 §4.3.2 step 3a)."""
        self.reply.imputed = name
        found = self.matching(node)
        if found:
            self.reply.answer += found
            if not at_cut:
                self.positive(found)
            return None
        alias = node.rrsets.get(rr.CNAME)
        if alias is not None and self.qtype not in _NOT_FOLLOWED:
            self.reply.answer.append(self.signed(alias, node))
            return alias.rdatas[0].lower()
        self.negative("nodata", denial.nodata(self.zone, name) if self.dnssec else ())
        return None

    def matching(self, node: Node) -> list[Piece]:
        """The sets of `node` that answer QTYPE."""
        if self.qtype == rr.ANY:
            return self.any(node)
        if self.qtype == rr.RRSIG:
            return [Piece(node.signatures[covered]) for covered in sorted(node.signatures)]
        rrset = node.rrsets.get(self.qtype)
        return [self.signed(rrset, node)] if rrset is not None else []

    def any(self, node: Node) -> list[Piece]:
        """RFC 8482: one set by default."""
        if not node.rrsets:
            return []
        if self.options.any_policy == "hinfo":
            return [Piece(RRset(node.name, rr.HINFO, _HINFO_TTL, (_HINFO_8482,)))]
        if self.options.any_policy == "full":
            return [self.signed(rrset, node) for rrset in node.rrsets.values()]
        types = [rtype for rtype in _ANY_ORDER if rtype in node.rrsets]
        chosen = types[0] if types else min(node.rrsets, key=lambda rtype: (rtype in rr.DNSSEC_DENIAL_TYPES, rtype))
        return [self.signed(node.rrsets[chosen], node)]

    def signed(self, rrset: RRset, node: Node) -> Piece:
        return Piece(rrset, node.signatures.get(rrset.rtype) if self.dnssec else None)

    # --- names that do not

    def missing(self, name: bytes, encloser: bytes) -> bytes | None:
        """No such name: a wildcard below the closest encloser, or NXDOMAIN (RFC 4592 §3.3.1)."""
        wildcard = self.zone.find(b"\x01*" + encloser)
        if wildcard is None:
            self.reply.rcode = rr.NXDOMAIN
            self.depends_on_name()
            self.negative("nxdomain", denial.nxdomain(self.zone, name, encloser) if self.dnssec else ())
            return None
        self.note_expansion(name)
        self.reply.imputed = b"\x01*" + encloser
        found = self.matching(wildcard)
        if found:
            found = [self.expanded(piece, name) for piece in found]
            self.reply.answer += found
            self.positive(found)
            self.prove_expansion(name, encloser)
            return None
        alias = wildcard.rrsets.get(rr.CNAME)
        if alias is not None and self.qtype not in _NOT_FOLLOWED:
            self.reply.answer.append(self.expanded(self.signed(alias, wildcard), name))
            self.prove_expansion(name, encloser)
            return alias.rdatas[0].lower()
        self.depends_on_name()
        self.negative("nodata", denial.wildcard_nodata(self.zone, name, encloser) if self.dnssec else ())
        return None

    def note_expansion(self, name: bytes) -> None:
        """A chain from one expanded name to another ends early where the second is QNAME itself."""
        if name == self.qname:
            self.qname_is_expanded = True
        elif self.qname_is_expanded:
            self.reply.is_static = False

    def depends_on_name(self) -> None:
        """Proofs for a missing name differ from name to name."""
        if self.dnssec:
            self.reply.is_static = False

    def expanded(self, piece: Piece, name: bytes) -> Piece:
        """The piece under the name it was asked by."""
        if name == self.qname:
            return piece._replace(is_qname=True)
        signatures = piece.signatures and piece.signatures._replace(owner=name)
        return piece._replace(rrset=piece.rrset._replace(owner=name), signatures=signatures)

    def prove_expansion(self, name: bytes, encloser: bytes) -> None:
        if self.dnssec:
            self.reply.is_static = False
            self.prove(denial.wildcard_answer(self.zone, name, encloser))

    # --- where the zone ends or bends

    def referral(self, node: Node, cut: bytes) -> None:
        """The name belongs to a child (RFC 1034 §4.3.2 step 3b, RFC 9471)."""
        reply = self.reply
        reply.is_authoritative = bool(reply.answer)
        reply.kind, reply.imputed = "referral", cut
        delegation = node.rrsets[rr.NS]
        reply.authority.append(Piece(delegation))
        if self.dnssec:
            if rr.DS in node.rrsets:
                reply.authority.append(self.signed(node.rrsets[rr.DS], node))
            else:
                self.prove(denial.nodata(self.zone, cut))
        reply.additional += additional.glue(self.zone, delegation, cut, dnssec=self.dnssec)

    def substitute(self, name: bytes, node: Node, owner: bytes) -> bytes | None:
        """RFC 6672 §2.2: the DNAME and the CNAME it stands for."""
        reply = self.reply
        reply.is_static, reply.imputed = False, owner
        dname = node.rrsets[rr.DNAME]
        if all(piece.rrset != dname for piece in reply.answer):
            reply.answer.append(self.signed(dname, node))
        target = name[: len(name) - len(owner)] + dname.rdatas[0]
        if len(target) > names.MAX_NAME_OCTETS:
            reply.rcode, reply.kind = rr.YXDOMAIN, "error"
            return None
        alias = self.asked if name == self.qname else name
        reply.answer.append(Piece(RRset(alias, rr.CNAME, dname.ttl, (target,))))
        return None if self.qtype == rr.CNAME else target.lower()

    # --- authority and additional

    def positive(self, found: list[Piece]) -> None:
        """The apex NS and the addresses of what was found; both may be left out (RFC 2181 §9, RFC 1034 §4.3.2)."""
        if self.options.minimal_responses or self.qtype == rr.ANY:
            return
        apex = self.zone.find(self.zone.apex)
        apex_ns = apex.rrsets.get(rr.NS) if apex is not None else None
        extra = list(additional.of_answers(self.zone, [piece.rrset for piece in found], dnssec=self.dnssec))
        if apex is not None and apex_ns is not None and not self.holds_apex_ns():
            self.reply.authority.append(self.signed(apex_ns, apex)._replace(is_required=False, is_shared=True))
            extra += additional.of_authority(self.zone, apex_ns, dnssec=self.dnssec)
        self.reply.additional += without_repeats(extra, self.reply.answer)

    def holds_apex_ns(self) -> bool:
        return any(
            piece.rrset.rtype == rr.NS and piece.rrset.owner.lower() == self.zone.apex for piece in self.reply.answer
        )

    def negative(self, kind: Kind, proof: Iterable[Node | None]) -> None:
        """SOA with the TTL absence is cached for (RFC 2308 §3), and the proof."""
        self.reply.kind, self.reply.imputed = kind, self.zone.apex
        apex = self.zone.find(self.zone.apex)
        assert apex is not None
        soa = self.signed(apex.rrsets[rr.SOA], apex)
        ttl = min(soa.rrset.ttl, soa_fields(soa.rrset.rdatas[0])[6])
        signatures = soa.signatures and soa.signatures._replace(ttl=ttl)
        self.reply.authority.append(Piece(soa.rrset._replace(ttl=ttl), signatures, is_shared=True))
        self.prove(proof)

    def prove(self, proof: Iterable[Node | None]) -> None:
        """Add NSEC or NSEC3 records, each once."""
        rtype = rr.NSEC if self.zone.nsec3 is None else rr.NSEC3
        present = {piece.rrset.owner.lower() for piece in self.reply.authority if piece.rrset.rtype == rtype}
        for node in proof:
            if node is not None and node.name.lower() not in present and rtype in node.rrsets:
                present.add(node.name.lower())
                self.reply.authority.append(self.signed(node.rrsets[rtype], node)._replace(is_shared=True))
