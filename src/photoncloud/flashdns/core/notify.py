"""NOTIFY both ways (RFC 1996): the message, its repetition, and judging one that comes in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network

from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.message import AA, QR, Query
from photoncloud.flashdns.core.wire import HEADER, RECORD_FIXED, U16
from photoncloud.flashdns.core.zone import RRset

_OPCODE_BITS = rr.OPCODE_NOTIFY << 11


def notify_message(number: int, apex: bytes, soa: RRset) -> bytes:
    """A NOTIFY of the new SOA, which stands in the answer section (RFC 1996 §3.7)."""
    rdata = soa.rdatas[0]
    question = apex + U16.pack(rr.SOA) + U16.pack(rr.CLASS_IN)
    record = b"\xc0\x0c" + RECORD_FIXED.pack(rr.SOA, rr.CLASS_IN, soa.ttl, len(rdata)) + rdata
    return HEADER.pack(number, _OPCODE_BITS | AA, 1, 1, 0, 0) + question + record


def is_answer(message: bytes, number: int) -> bool:
    """Whether a datagram answers our NOTIFY; any RCODE ends the repetition (RFC 1996 §4.8)."""
    if len(message) < HEADER.size:
        return False
    found, flags = HEADER.unpack_from(message)[:2]
    return found == number and bool(flags & QR) and flags & 0x7800 == _OPCODE_BITS


@dataclass(frozen=True, slots=True)
class NotifyState:
    """One target of one zone: the newest serial it must hear of, and when it is told next."""

    serial: int
    attempts: int = 0
    next_at_sec: float = 0.0
    is_done: bool = False


def announced(state: NotifyState | None, serial: int, now_sec: float) -> NotifyState:
    """A new serial: older announcements are forgotten."""
    if state is not None and state.serial == serial and not state.is_done:
        return state
    return NotifyState(serial, next_at_sec=now_sec)


def sent(state: NotifyState, now_sec: float, retry_sec: float, attempts_max: int) -> NotifyState:
    """One more try went out; waits double (RFC 1996 §3.6), and after the last wait nobody tries again."""
    attempts = state.attempts + 1
    wait = retry_sec * 2 ** (attempts - 1)
    return replace(state, attempts=attempts, next_at_sec=now_sec + wait, is_done=attempts >= attempts_max)


def answered(state: NotifyState) -> NotifyState:
    return replace(state, is_done=True)


def judge(
    query: Query,
    address: bytes,
    *,
    secondary_for: Iterable[bytes],
    senders: Iterable[str],
    key_required: bytes | None,
    key_name: bytes | None,
) -> int:
    """The RCODE for an incoming NOTIFY; NOERROR means: refresh now.

    `secondary_for` are folded apexes of secondary zones, `senders` the addresses and networks of this zone's primaries
    and `notify_allow`, `key_name` the verified TSIG key.
    """
    if query.qtype != rr.SOA or query.qclass != rr.CLASS_IN:
        return rr.FORMERR
    if query.qname.lower() not in set(secondary_for):
        return rr.NOTAUTH
    ip = ip_address(address)
    networks = [ip_network(sender, strict=False) for sender in senders]
    if not any(ip in network for network in networks if network.version == ip.version):
        return rr.REFUSED
    if key_required is not None and key_name != key_required:
        return rr.REFUSED
    return rr.NOERROR
