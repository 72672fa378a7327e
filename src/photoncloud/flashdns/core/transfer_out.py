"""Outgoing transfers: who may have one, which form it takes, and the messages of it (RFC 5936, RFC 1995)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Literal

from photoncloud.flashdns.core import message as msg
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.change_set import ChangeSet
from photoncloud.flashdns.core.limits import MESSAGE_OCTETS_MAX, TRANSFER_MESSAGE_OCTETS
from photoncloud.flashdns.core.message import Query
from photoncloud.flashdns.core.render import write_rrset
from photoncloud.flashdns.core.serial import is_newer
from photoncloud.flashdns.core.wire import HEADER_OCTETS, Compressor, read_name
from photoncloud.flashdns.core.zone import RRset, Zone
from photoncloud.flashdns.errors import BadMessage

IxfrForm = Literal["current", "deltas", "whole"]


@dataclass(frozen=True, slots=True)
class TransferAcl:
    """Who may transfer a zone. Empty lists: nobody. Key names are folded wire names."""

    addresses: tuple[str, ...] = ()
    keys: frozenset[bytes] = frozenset()
    require_key: bool = False

    def allows(self, address: bytes, key_name: bytes | None) -> bool:
        """Address listed or key listed; with `require_key` both (an empty address list then means any address)."""
        ip = ip_address(address)
        networks = [ip_network(block, strict=False) for block in self.addresses]
        is_listed = any(ip in network for network in networks if network.version == ip.version)
        has_key = key_name is not None and key_name in self.keys
        if self.require_key:
            return has_key and (is_listed or not self.addresses)
        return is_listed or has_key


def client_serial(query: Query) -> int:
    """The serial an IXFR request holds: the SOA in its authority section. Raises BadMessage without one."""
    packet, position = query.packet, query.records_at
    answers, authorities = (int.from_bytes(packet[at : at + 2], "big") for at in (6, 8))
    if answers or authorities != 1:
        raise BadMessage("IXFR without its SOA")
    _, position = read_name(packet, position)
    rtype = int.from_bytes(packet[position : position + 2], "big")
    if rtype != rr.SOA:
        raise BadMessage("IXFR without its SOA")
    _, position = read_name(packet, position + 10)
    _, position = read_name(packet, position)
    if position + 20 > len(packet):
        raise BadMessage("IXFR with a cut SOA")
    return int.from_bytes(packet[position : position + 4], "big")


def ixfr_plan(zone: Zone, journal: Sequence[ChangeSet], serial: int) -> tuple[IxfrForm, Sequence[ChangeSet]]:
    """How to bring a client from `serial` to `zone`. `journal` is oldest first and ends at the zone's serial."""
    if not is_newer(zone.serial, serial):
        return "current", ()
    start = next((at for at, change in enumerate(journal) if change.old_serial == serial), None)
    if start is None:
        return "whole", ()
    chain = journal[start:]
    links = [change.new_serial for change in chain[:-1]] == [change.old_serial for change in chain[1:]]
    return ("deltas", chain) if links and chain[-1].new_serial == zone.serial else ("whole", ())


def axfr_rrsets(zone: Zone) -> Iterator[RRset]:
    """SOA, everything else, SOA."""
    yield from zone.rrsets()
    yield zone.soa


def ixfr_rrsets(zone: Zone, form: IxfrForm, chain: Sequence[ChangeSet]) -> Iterator[RRset]:
    """The answer section of an IXFR (RFC 1995 §4): deltas oldest first, each deletions before additions."""
    if form == "whole":
        yield from axfr_rrsets(zone)
        return
    yield zone.soa
    if form == "deltas":
        for change in chain:
            yield change.old_soa
            yield from change.deletions
            yield change.new_soa
            yield from change.additions
        yield zone.soa


def messages(query: Query, rrsets: Iterable[RRset], *, reserved: int = 0) -> Iterator[bytes]:
    """Messages of a transfer by TCP, filled to about 16 KiB; `reserved` octets are left free for a TSIG.

    Only the first carries the question. A record too long for one message with others goes alone.
    """
    packer = _Packer(query, TRANSFER_MESSAGE_OCTETS - reserved)
    for record in _single_records(rrsets):
        if not packer.add(record):
            yield packer.take()
            packer.add(record)
    yield packer.take()


def datagram(query: Query, rrsets: Sequence[RRset], soa: RRset, room: int) -> bytes:
    """The reply to an IXFR by UDP: everything if it fits `room` octets, else our SOA alone (RFC 1995 §2)."""
    for candidate in (rrsets, [soa]):
        packer = _Packer(query, room)
        if all(packer.add(record) for record in _single_records(candidate)) and packer.size <= room:
            return packer.take()
    return msg.reply(query, rr.NOERROR, flags=msg.AA | msg.TC)


def _single_records(rrsets: Iterable[RRset]) -> Iterator[RRset]:
    for rrset in rrsets:
        if len(rrset.rdatas) == 1:
            yield rrset
        else:
            for rdata in rrset.rdatas:
                yield rrset._replace(rdatas=(rdata,))


class _Packer:
    """Fills one message after another."""

    def __init__(self, query: Query, limit: int) -> None:
        self._query = query
        self._limit = limit
        self._has_question = True
        self._start()

    def _start(self) -> None:
        question = self._query.question if self._has_question else b""
        self._base = HEADER_OCTETS + len(question)
        self._names = Compressor(self._base)
        if question:
            self._names.know(self._query.qname, HEADER_OCTETS)
        self._count = 0

    @property
    def size(self) -> int:
        return self._base + len(self._names.out)

    def add(self, record: RRset) -> bool:
        """Whether the record went in; the first of a message always does."""
        before = len(self._names.out)
        write_rrset(self._names, record, is_qname=False, remember=True)
        if self._count and self.size > self._limit:
            del self._names.out[before:]
            return False
        if self.size > MESSAGE_OCTETS_MAX:
            raise BadMessage("record does not fit a message")
        self._count += 1
        return True

    def take(self) -> bytes:
        """The message, and a fresh start."""
        made = msg.reply(
            self._query, rr.NOERROR, flags=msg.AA, counts=(self._count, 0, 0), body=bytes(self._names.out),
            echo=self._has_question,
        )  # fmt: skip
        self._has_question = False
        self._start()
        return made
