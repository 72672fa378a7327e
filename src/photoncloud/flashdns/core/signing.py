"""What to sign when: an unsigned zone, keys, the signed version before and a time make a plan; signatures finish it.

Nothing here holds a private key: the plan lists octets to sign and by which key (RFC 4035 §2, RFC 6781 §4.1).
"""

from __future__ import annotations

from base64 import b32hexdecode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from zlib import crc32

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.denial_chain import (
    NSEC3PARAM_RDATA,
    authoritative_nodes,
    nsec3_chain,
    nsec_chain,
    signed_types,
)
from photoncloud.flashdns.core.dnskey import ZoneKey, ds_rdata
from photoncloud.flashdns.core.rdata import soa_fields
from photoncloud.flashdns.core.rdata_layout import canonical
from photoncloud.flashdns.core.wire import RECORD_FIXED, U16
from photoncloud.flashdns.core.zone import Node, RRset, Zone
from photoncloud.flashdns.errors import SigningImpossible

# Made by the signer itself; whatever the source holds of them is replaced.
_OWN_TYPES = frozenset({rr.DNSKEY, rr.CDS, rr.CDNSKEY, rr.NSEC, rr.NSEC3PARAM})
_BY_KSK = frozenset({rr.DNSKEY, rr.CDS, rr.CDNSKEY})
_DAY_SEC = 86400


@dataclass(frozen=True, slots=True)
class SigningPolicy:
    """`[[standalone.dnssec.policy]]`."""

    algorithm: int = 13
    denial: Literal["nsec", "nsec3"] = "nsec"
    opt_out: bool = False
    signature_validity_sec: int = 1_209_600
    refresh_before_sec: int = 604_800
    jitter_sec: int = 86_400
    inception_offset_sec: int = 3600
    dnskey_ttl: int = 3600
    cds: bool = True


class SignTask(NamedTuple):
    """One signature to make: `octets` are signed by the private half of `key`; `head` starts the RRSIG data."""

    owner: bytes
    covered: int
    key: ZoneKey
    head: bytes
    octets: bytes
    ttl: int


@dataclass(slots=True)
class SigningPlan:
    """`zone` is complete but for signatures; `kept` are those of the version before that still hold."""

    zone: Zone
    tasks: list[SignTask] = field(default_factory=list)
    kept: list[RRset] = field(default_factory=list)


def plan_signing(
    zone: Zone, previous: Zone | None, keys: Sequence[ZoneKey], policy: SigningPolicy, now_sec: int
) -> SigningPlan:
    """Raises SigningImpossible: `no_active_key`, `apex_too_long`, `hash_collision`."""
    if {key.role for key in keys} != {"ksk", "zsk"}:
        raise SigningImpossible("no_active_key", "signing needs a KSK and a ZSK")
    plan = SigningPlan(_with_denial(_with_keys(zone, keys, policy), policy))
    for rrset in _to_sign(plan.zone):
        for key in keys:
            if (key.role == "ksk") == (rrset.rtype in _BY_KSK):
                _sign_or_keep(plan, rrset, key, previous, policy, now_sec)
    return plan


def finish_signing(plan: SigningPlan, signatures: Sequence[bytes]) -> Zone:
    """The signed zone; `signatures` answer the tasks in order. `plan.zone` is used up."""
    for task, signature in zip(plan.tasks, signatures, strict=True):
        plan.kept.append(RRset(task.owner, rr.RRSIG, task.ttl, (task.head + signature,)))
    by_hash = {node.name.lower(): node for node in plan.zone.hashed.values()}
    for rrset in plan.kept:
        owner = rrset.owner.lower()
        covered = U16.unpack_from(rrset.rdatas[0])[0]
        node = by_hash[owner] if covered == rr.NSEC3 else plan.zone.nodes[owner]
        present = node.signatures.get(covered)
        rdatas = (*present.rdatas, *rrset.rdatas) if present else rrset.rdatas
        node.signatures[covered] = rrset._replace(rdatas=rdatas)
    return plan.zone


# --- the zone before signatures


def _with_keys(zone: Zone, keys: Sequence[ZoneKey], policy: SigningPolicy) -> Zone:
    """Copies of the nodes without foreign signatures, the apex with our keys."""
    nodes = {
        name: Node(node.name, {t: s for t, s in node.rrsets.items() if t not in _OWN_TYPES}, {})
        for name, node in zone.nodes.items()
    }
    apex = nodes[zone.apex]
    owner = apex.rrsets[rr.SOA].owner
    apex.rrsets[rr.DNSKEY] = RRset(owner, rr.DNSKEY, policy.dnskey_ttl, tuple(key.rdata for key in keys))
    if policy.cds:
        secure = [key for key in keys if key.role == "ksk"]
        apex.rrsets[rr.CDS] = RRset(owner, rr.CDS, policy.dnskey_ttl, tuple(ds_rdata(zone.apex, key) for key in secure))
        apex.rrsets[rr.CDNSKEY] = RRset(owner, rr.CDNSKEY, policy.dnskey_ttl, tuple(key.rdata for key in secure))
    return Zone(zone.apex, nodes, {})


def _with_denial(zone: Zone, policy: SigningPolicy) -> Zone:
    """Adds one chain. TTL: the lower of the SOA's and its MINIMUM (RFC 9077)."""
    soa = zone.soa
    ttl = min(soa.ttl, soa_fields(soa.rdatas[0])[6])
    if policy.denial == "nsec":
        for name, rrset in nsec_chain(zone, ttl).items():
            zone.nodes[name].rrsets[rr.NSEC] = rrset
        return zone
    zone.apex_node.rrsets[rr.NSEC3PARAM] = RRset(soa.owner, rr.NSEC3PARAM, 0, (NSEC3PARAM_RDATA,))
    chain = nsec3_chain(zone, ttl, opt_out=policy.opt_out)
    hashed = {digest: Node(rrset.owner, {rr.NSEC3: rrset}, {}) for digest, rrset in chain.items()}
    return Zone(zone.apex, zone.nodes, hashed)


def _to_sign(zone: Zone) -> Iterator[RRset]:
    """Every authoritative set (RFC 4035 §2.2): not glue, not the NS of a cut."""
    for name, node in authoritative_nodes(zone).items():
        types = signed_types(name, node, zone.apex) | ({rr.NSEC} & node.rrsets.keys())
        for rtype in sorted(types):
            yield node.rrsets[rtype]
    for node in zone.hashed.values():
        yield node.rrsets[rr.NSEC3]


# --- one set


def _sign_or_keep(
    plan: SigningPlan, rrset: RRset, key: ZoneKey, previous: Zone | None, policy: SigningPolicy, now_sec: int
) -> None:
    old = _previous_signature(previous, rrset, key)
    if old is not None and not _is_due(old, rrset, policy, now_sec):
        plan.kept.append(RRset(rrset.owner, rr.RRSIG, rrset.ttl, (old,)))
        return
    plan.tasks.append(sign_task(rrset, key, plan.zone.apex, policy, now_sec))


def sign_task(rrset: RRset, key: ZoneKey, apex: bytes, policy: SigningPolicy, now_sec: int) -> SignTask:
    """RFC 4034 §3.1: the head of the RRSIG and the octets that are signed."""
    owner = rrset.owner.lower()
    labels = names.label_count(owner) - names.is_wildcard(owner)
    expiration = (now_sec + policy.signature_validity_sec) & 0xFFFFFFFF
    inception = (now_sec - policy.inception_offset_sec) & 0xFFFFFFFF
    head = b"".join(
        (
            U16.pack(rrset.rtype), bytes((key.algorithm, labels)), rrset.ttl.to_bytes(4, "big"),
            expiration.to_bytes(4, "big"), inception.to_bytes(4, "big"), U16.pack(key.tag), apex,
        )
    )  # fmt: skip
    return SignTask(rrset.owner, rrset.rtype, key, head, head + signed_records(rrset), rrset.ttl)


def signed_records(rrset: RRset) -> bytes:
    """All records of a set in canonical form and order (RFC 4034 §6.2, §6.3)."""
    owner = rrset.owner.lower()
    out = bytearray()
    for rdata in sorted(canonical(rrset.rtype, rdata) for rdata in rrset.rdatas):
        out += owner + RECORD_FIXED.pack(rrset.rtype, rr.CLASS_IN, rrset.ttl, len(rdata)) + rdata
    return bytes(out)


def _previous_signature(previous: Zone | None, rrset: RRset, key: ZoneKey) -> bytes | None:
    """The signature of the same content by the same key in the version before."""
    node = _node_of(previous, rrset) if previous is not None else None
    if node is None:
        return None
    old, signatures = node.rrsets.get(rrset.rtype), node.signatures.get(rrset.rtype)
    if old is None or signatures is None or signed_records(old) != signed_records(rrset):
        return None
    wanted = key.algorithm, key.tag
    return next((rdata for rdata in signatures.rdatas if (rdata[2], U16.unpack_from(rdata, 16)[0]) == wanted), None)


def _node_of(zone: Zone, rrset: RRset) -> Node | None:
    owner = rrset.owner.lower()
    if rrset.rtype != rr.NSEC3:
        return zone.nodes.get(owner)
    return zone.hashed.get(b32hexdecode(owner[1:33].upper()))


def seconds_left(signature: bytes, now_sec: int) -> int:
    """Until the signature expires, negative afterwards (serial arithmetic, RFC 4034 §3.1.5)."""
    left = (int.from_bytes(signature[8:12], "big") - now_sec) & 0xFFFFFFFF
    return left - (1 << 32) if left >= 1 << 31 else left


def _is_due(signature: bytes, rrset: RRset, policy: SigningPolicy, now_sec: int) -> bool:
    """Whether a signature is redone now: `refresh_before_sec` before its end, less a jitter.

    The jitter differs from set to set, so that a zone is not signed anew all at once; it never eats more than half of
    the time. A clock that jumped back only makes a signature younger: it is kept.
    """
    jitter = crc32(rrset.owner.lower() + U16.pack(rrset.rtype)) % (policy.jitter_sec + 1)
    return seconds_left(signature, now_sec) < policy.refresh_before_sec - min(jitter, policy.refresh_before_sec // 2)


# --- looking after it


def earliest_expiry_sec(zone: Zone, now_sec: int) -> int | None:
    """Seconds until the first signature of a zone ends; None for an unsigned zone."""
    nodes = (*zone.nodes.values(), *zone.hashed.values())
    left = [
        seconds_left(rdata, now_sec) for node in nodes for rrset in node.signatures.values() for rdata in rrset.rdatas
    ]
    return min(left, default=None)


def signing_health(left_sec: int | None, policy: SigningPolicy) -> Literal["healthy", "degraded", "unhealthy"]:
    """Below half of `refresh_before_sec` the refresh makes no progress; below a day the zone is about to go bogus."""
    if left_sec is None or left_sec >= policy.refresh_before_sec // 2:
        return "healthy"
    return "degraded" if left_sec >= _DAY_SEC else "unhealthy"
