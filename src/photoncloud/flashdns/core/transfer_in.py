"""An incoming AXFR or IXFR as a machine: messages in, at the end one outcome, or an error that drops everything.

The primary may be hostile: whatever does not add up ends the transfer (flashdns.md §4.7). Codes of TransferFailed:
`xfr_malformed`, `xfr_rcode`, `xfr_mismatch` (ID, question), `xfr_no_soa`, `xfr_class`, `xfr_soa_mismatch`,
`xfr_after_end`, `xfr_bad_delta`, `xfr_limit`, `xfr_cut`, `xfr_zone` (the result is no zone).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.change_set import ChangeSet, apply
from photoncloud.flashdns.core.limits import TransferLimits
from photoncloud.flashdns.core.master_file import Record
from photoncloud.flashdns.core.rdata import soa_fields
from photoncloud.flashdns.core.response import Response, WireRecord, parse_response
from photoncloud.flashdns.core.serial import is_newer
from photoncloud.flashdns.core.wire import HEADER, RECORD_FIXED, U16
from photoncloud.flashdns.core.zone import RRset, Zone
from photoncloud.flashdns.core.zone_build import build
from photoncloud.flashdns.errors import BadMessage, ChangeConflict, TransferFailed

Form = Literal["unknown", "whole", "deltas"]
# RCODEs of an IXFR after which AXFR is tried (RFC 1995 §4 and practice).
FALL_BACK_RCODES = frozenset({rr.FORMERR, rr.NOTIMP, rr.REFUSED})


@dataclass(frozen=True, slots=True)
class Transferred:
    """What a finished transfer is worth.

    zone     the new version; None when the held one is current
    changes  the deltas of an IXFR, for our own journal; empty after AXFR
    skipped  records outside the zone, left out
    """

    zone: Zone | None
    changes: tuple[ChangeSet, ...] = ()
    skipped: int = 0


def transfer_query(number: int, apex: bytes, qtype: int, held_soa: RRset | None = None) -> bytes:
    """An AXFR, IXFR or SOA question; IXFR carries the SOA that is held."""
    authority = b""
    if qtype == rr.IXFR and held_soa is not None:
        rdata = held_soa.rdatas[0]
        authority = apex + RECORD_FIXED.pack(rr.SOA, rr.CLASS_IN, held_soa.ttl, len(rdata)) + rdata
    head = HEADER.pack(number, 0, 1, 0, 1 if authority else 0, 0)
    return head + apex + U16.pack(qtype) + U16.pack(rr.CLASS_IN) + authority


@dataclass(slots=True)
class _Delta:
    old_soa: RRset
    new_soa: RRset | None = None
    deletions: list[RRset] = field(default_factory=list)
    additions: list[RRset] = field(default_factory=list)


class IncomingTransfer:
    """One transfer of `apex`. `held` is the version an IXFR starts from; None asks for AXFR."""

    def __init__(self, number: int, apex: bytes, held: Zone | None, limits: TransferLimits | None = None) -> None:
        self._number = number
        self._apex = apex.lower()
        self._held = held
        self._limits = limits or TransferLimits()
        self._octets = self._count = self._skipped = 0
        self._form: Form = "unknown"
        self._soa: WireRecord | None = None
        self._records: list[Record] = []
        self._deltas: list[_Delta] = []
        self._is_done = False
        self._is_first = True

    @property
    def is_done(self) -> bool:
        """Whether the closing SOA was seen; no message may follow."""
        return self._is_done

    def feed(self, message: bytes) -> Response:
        """Take one message (TSIG checked elsewhere, over the octets as they came). Raises TransferFailed."""
        if self._is_done:
            raise TransferFailed("xfr_after_end", "message after the closing SOA")
        self._octets += len(message)
        if self._octets > self._limits.max_octets:
            raise TransferFailed("xfr_limit", f"more than {self._limits.max_octets} octets")
        try:
            response = parse_response(message)
        except BadMessage as problem:
            raise TransferFailed("xfr_malformed", problem.message) from None
        self._check_header(response)
        for record in response.answers:
            self._take(record)
        if self._is_first and self._is_single_soa(response):
            self._is_done = True
        self._is_first = False
        return response

    def _check_header(self, response: Response) -> None:
        if response.id != self._number:
            raise TransferFailed("xfr_mismatch", "reply to another question")
        if response.rcode != rr.NOERROR:
            raise TransferFailed("xfr_rcode", f"primary answered RCODE {response.rcode}")
        if response.qname and response.qname.lower() != self._apex:
            raise TransferFailed("xfr_mismatch", "reply about another name")
        if self._is_first and not response.answers:
            raise TransferFailed("xfr_no_soa", "empty first message")

    def _is_single_soa(self, response: Response) -> bool:
        """An IXFR client that is current gets one SOA and nothing else."""
        if self._held is None or self._form != "unknown" or len(response.answers) != 1 or self._soa is None:
            return False
        return not is_newer(_serial(self._soa), self._held.serial)

    def _take(self, record: WireRecord) -> None:
        self._count += 1
        if self._count > self._limits.max_records:
            raise TransferFailed("xfr_limit", f"more than {self._limits.max_records} records")
        if record.rclass != rr.CLASS_IN:
            raise TransferFailed("xfr_class", f"record of class {record.rclass}")
        if self._is_done:
            raise TransferFailed("xfr_after_end", "record after the closing SOA")
        is_soa = record.rtype == rr.SOA
        if is_soa and record.owner.lower() != self._apex:
            raise TransferFailed("xfr_soa_mismatch", "SOA of another name")
        if self._soa is None:
            if not is_soa:
                raise TransferFailed("xfr_no_soa", "the first record is no SOA")
            self._soa = record
        elif self._form == "unknown":
            self._choose_form(record, is_soa)
        elif self._form == "whole":
            self._take_whole(record, is_soa)
        else:
            self._take_delta(record, is_soa)

    def _choose_form(self, record: WireRecord, is_soa: bool) -> None:
        """The second record tells: an SOA with the serial we hold starts deltas (RFC 1995 §4)."""
        assert self._soa is not None
        if self._held is not None and is_soa and _serial(record) == self._held.serial:
            self._form = "deltas"
            self._deltas.append(_Delta(_rrset(record)))
            return
        self._form = "whole"
        self._keep(self._soa)
        self._take_whole(record, is_soa)

    def _take_whole(self, record: WireRecord, is_soa: bool) -> None:
        if not is_soa:
            self._keep(record)
            return
        assert self._soa is not None
        if record.rdata.lower() != self._soa.rdata.lower():
            raise TransferFailed("xfr_soa_mismatch", "the closing SOA differs from the first")
        self._is_done = True

    def _keep(self, record: WireRecord) -> None:
        if names.is_under(record.owner.lower(), self._apex):
            self._records.append(Record(record.owner, record.rtype, record.ttl, record.rdata, "", 0))
        else:
            self._skipped += 1

    def _take_delta(self, record: WireRecord, is_soa: bool) -> None:
        delta = self._deltas[-1]
        if not is_soa:
            if not names.is_under(record.owner.lower(), self._apex):
                self._skipped += 1
            else:
                (delta.deletions if delta.new_soa is None else delta.additions).append(_rrset(record))
        elif delta.new_soa is None:
            delta.new_soa = _rrset(record)
        else:
            self._next_delta(delta.new_soa, record)

    def _next_delta(self, reached: RRset, record: WireRecord) -> None:
        """An SOA after additions starts the next delta, or closes the transfer once the newest serial is reached."""
        assert self._soa is not None
        if _serial(record) != soa_fields(reached.rdatas[0])[2]:
            raise TransferFailed("xfr_bad_delta", "deltas do not follow one another")
        if _serial(record) == _serial(self._soa):
            self._is_done = True
        else:
            self._deltas.append(_Delta(_rrset(record)))

    def finish(self) -> Transferred:
        """The outcome, once the stream ended. Raises TransferFailed; `xfr_bad_delta` asks for AXFR instead."""
        if not self._is_done or self._soa is None:
            raise TransferFailed("xfr_cut", "the stream ended before the closing SOA")
        if self._form == "unknown":
            return Transferred(None)
        if self._held is not None and not is_newer(_serial(self._soa), self._held.serial):
            return Transferred(None, skipped=self._skipped)
        return self._whole() if self._form == "whole" else self._patched()

    def _whole(self) -> Transferred:
        built = build(self._records, self._apex)
        fatal = [finding for finding in built.findings if finding.severity == "fatal"]
        if built.zone is None or fatal:
            raise TransferFailed("xfr_zone", str(fatal[0]) if fatal else "no zone")
        self._check_zone(built.zone)
        return Transferred(built.zone, skipped=self._skipped)

    def _patched(self) -> Transferred:
        zone = self._held
        assert zone is not None
        changes = []
        for delta in self._deltas:
            assert delta.new_soa is not None
            change = ChangeSet(delta.old_soa, delta.new_soa, tuple(delta.deletions), tuple(delta.additions))
            if not is_newer(change.new_serial, change.old_serial):
                raise TransferFailed("xfr_bad_delta", "a delta that does not advance the serial")
            try:
                zone = apply(zone, change)
            except ChangeConflict as problem:
                raise TransferFailed("xfr_bad_delta", problem.message) from None
            changes.append(change)
        self._check_zone(zone)
        return Transferred(zone, tuple(changes), self._skipped)

    @staticmethod
    def _check_zone(zone: Zone) -> None:
        if len(zone.soa.rdatas) != 1 or rr.NS not in zone.apex_node.rrsets:
            raise TransferFailed("xfr_zone", "the result has no single SOA with apex NS")


def _serial(record: WireRecord) -> int:
    return soa_fields(record.rdata)[2]


def _rrset(record: WireRecord) -> RRset:
    return RRset(record.owner, record.rtype, record.ttl, (record.rdata,))
