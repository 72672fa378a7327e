"""The packet function: one request in, one reply out, or the lane that must make it (flashdns.md §4.1-4.3).

Never raises. Only class IN questions about data are answered here; transfers, NOTIFY, UPDATE and signed requests name
their lane and are made elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from photoncloud.flashdns.core import edns as ed
from photoncloud.flashdns.core import message as msg
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.answer import AnswerOptions, Kind, answer
from photoncloud.flashdns.core.chaos import ServerFacts, chaos_answer
from photoncloud.flashdns.core.cookie import CookieState, cookie_state, server_cookie
from photoncloud.flashdns.core.directory import HostedZone, ZoneDirectory, ZoneState
from photoncloud.flashdns.core.image import Compiled, Image
from photoncloud.flashdns.core.limits import MESSAGE_OCTETS_MAX, UDP_OCTETS_DEFAULT, UDP_OCTETS_PLAIN
from photoncloud.flashdns.core.message import Query
from photoncloud.flashdns.core.name import ROOT
from photoncloud.flashdns.core.rdata import soa_fields
from photoncloud.flashdns.core.render import Body, render, write_rrset
from photoncloud.flashdns.core.wire import HEADER_OCTETS, U16, U32, Compressor
from photoncloud.flashdns.core.zone import RRset, Zone


class Lane(Enum):
    """Who makes the reply when it is not made here."""

    TRANSFER = "transfer"
    NOTIFY = "notify"
    UPDATE = "update"
    TSIG = "tsig"


@dataclass(frozen=True, slots=True)
class ResponderSettings:
    """The settings that shape replies. `cookie_secrets`: in use first, rotated out after; none: no cookies."""

    options: AnswerOptions = field(default_factory=AnswerOptions)
    facts: ServerFacts = field(default_factory=ServerFacts)
    max_udp_octets: int = UDP_OCTETS_DEFAULT
    ede: bool = True
    cookie_secrets: tuple[bytes, ...] = ()
    cookie_required: bool = False
    tcp_idle_sec: int = 10


@dataclass(slots=True)
class Reply:
    """`octets` None: nothing is sent, or `lane` makes the reply. `kind` and `imputed` are what rate limiting counts."""

    octets: bytes | None = None
    lane: Lane | None = None
    query: Query | None = None
    rcode: int = rr.NOERROR
    kind: Kind = "error"
    imputed: bytes = ROOT
    cookie: CookieState = CookieState.ABSENT
    is_truncated: bool = False


_DROPPED = Reply()
_NOT_READY = (ed.EDE_NOT_READY, "zone is not loaded")
_STATE_ERRORS = {
    ZoneState.NOT_READY: _NOT_READY,
    ZoneState.EXPIRED: (ed.EDE_INVALID_DATA, "zone has expired"),
    ZoneState.REFUSED: (ed.EDE_INVALID_DATA, "zone was refused"),
}


class Responder:
    """Answers packets from the zones of a directory. `directory` may be replaced at any time, as a whole."""

    def __init__(self, directory: ZoneDirectory, settings: ResponderSettings | None = None) -> None:
        self.directory = directory
        self.settings = settings or ResponderSettings()

    def respond(
        self, packet: bytes, address: bytes, *, is_tcp: bool, now_sec: int, may_introspect: bool = False
    ) -> Reply:
        """The reply to one packet from `address` (4 or 16 octets)."""
        query = msg.parse_query(packet)
        if query is None:
            return _DROPPED
        turn = _Turn(self, query, address, is_tcp, now_sec, may_introspect)
        made = turn.run()
        made.query = query
        return made

    def hosted_zone(self, name: bytes) -> Zone | Image | None:
        """The version a chain may go on in."""
        hosted = self.directory.find(name)
        return hosted.live if hosted is not None else None


class _Turn:
    """One request being answered."""

    def __init__(
        self, responder: Responder, query: Query, address: bytes, is_tcp: bool, now_sec: int, may_introspect: bool
    ) -> None:
        self.responder = responder
        self.settings = responder.settings
        self.query = query
        self.address = address
        self.is_tcp = is_tcp
        self.now_sec = now_sec
        self.may_introspect = may_introspect
        self.cookie = CookieState.ABSENT

    def run(self) -> Reply:
        query, edns = self.query, self.query.edns
        if query.error is not None:
            return self.malformed(query.error)
        if edns is not None:
            if edns.version > 0:
                return self.error(rr.BADVERS)
            if ed.cookie_is_malformed(edns):
                return self.error(rr.FORMERR)
            self.judge_cookie(edns)
        if query.tsig_at:
            return Reply(lane=Lane.TSIG)
        if query.opcode != rr.OPCODE_QUERY:
            return Reply(lane=Lane.NOTIFY if query.opcode == rr.OPCODE_NOTIFY else Lane.UPDATE)
        if self.settings.cookie_required and not self.is_tcp and not self.cookie_is_valid:
            return self.error(rr.BADCOOKIE)
        return self.question()

    def malformed(self, rcode: int) -> Reply:
        """What the form of the request already decides."""
        edns = self.query.edns
        has_no_question = not self.query.question
        if rcode == rr.FORMERR and has_no_question and edns is not None and ed.COOKIE in edns.options:
            if ed.cookie_is_malformed(edns):
                return self.error(rr.FORMERR)
            self.judge_cookie(edns)
            return self.made(rr.NOERROR)
        return self.error(rcode)

    # --- cookies

    def judge_cookie(self, edns: ed.Edns) -> None:
        secrets = self.settings.cookie_secrets
        if secrets:
            self.cookie = cookie_state(edns.options.get(ed.COOKIE), self.address, secrets, self.now_sec)

    @property
    def cookie_is_valid(self) -> bool:
        return self.cookie in (CookieState.VALID, CookieState.STALE)

    def cookie_option(self, sent: bytes) -> bytes:
        """The client's part and ours: its own while it is young, else a fresh one."""
        if self.cookie is CookieState.VALID:
            return sent
        secret = self.settings.cookie_secrets[0]
        return sent[:8] + server_cookie(sent[:8], self.address, secret, self.now_sec)

    # --- questions

    def question(self) -> Reply:
        query = self.query
        if query.qclass == rr.CLASS_CH:
            return self.chaos()
        if query.qclass not in (rr.CLASS_IN, rr.CLASS_ANY):
            return self.error(rr.REFUSED)
        if query.qtype == rr.AXFR and not self.is_tcp:
            return self.error(rr.NOTIMP, ed.EDE_NOT_SUPPORTED, "AXFR needs TCP")
        if query.qtype in (rr.AXFR, rr.IXFR):
            return Reply(lane=Lane.TRANSFER)
        hosted = self.responder.directory.find_for(query.qname.lower(), query.qtype)
        if hosted is None:
            return self.error(rr.REFUSED, ed.EDE_NOT_AUTHORITATIVE, "zone is not hosted here")
        if hosted.live is None:
            return self.error(rr.SERVFAIL, *_STATE_ERRORS.get(hosted.state, _NOT_READY))
        return self.data(hosted, hosted.live)

    def data(self, hosted: HostedZone, zone: Zone | Image) -> Reply:
        opt = self.opt(rr.NOERROR, self.expire_option(hosted, zone))
        room = self.room(opt)
        if isinstance(zone, Image):
            finished = zone.compiled(self.query.qname.lower(), self.query.qtype, dnssec=self.query.dnssec)
            if finished is not None and len(finished.octets) <= room:
                return self.from_image(finished, opt)
        return self.from_lookup(zone, room, opt)

    def from_image(self, finished: Compiled, opt: bytes) -> Reply:
        flags = msg.AA if finished.is_authoritative and self.query.qclass == rr.CLASS_IN else 0
        counts = (finished.answers, finished.authorities, finished.additionals)
        octets = msg.reply(self.query, finished.rcode, flags=flags, counts=counts, body=finished.octets, opt=opt)
        return Reply(octets, rcode=finished.rcode, kind=finished.kind, imputed=finished.imputed, cookie=self.cookie)

    def from_lookup(self, zone: Zone | Image, room: int, opt: bytes) -> Reply:
        query = self.query
        options = zone.options if isinstance(zone, Image) else self.settings.options
        found = answer(
            zone, query.qname, query.qtype, dnssec=query.dnssec, options=options, next_zone=self.responder.hosted_zone
        )
        body = render(found, len(query.qname), zone.apex, room)
        flags = msg.AA if found.is_authoritative and query.qclass == rr.CLASS_IN else 0
        reply = self.with_body(found.rcode, flags, body, opt)
        reply.kind, reply.imputed = found.kind, found.imputed
        return reply

    def with_body(self, rcode: int, flags: int, body: Body, opt: bytes) -> Reply:
        flags |= msg.TC if body.is_truncated else 0
        counts = (body.answers, body.authorities, body.additionals)
        octets = msg.reply(self.query, rcode, flags=flags, counts=counts, body=body.octets, opt=opt)
        return Reply(octets, rcode=rcode, cookie=self.cookie, is_truncated=body.is_truncated)

    def chaos(self) -> Reply:
        record = chaos_answer(
            self.query.qname.lower(), self.query.qtype, self.settings.facts, self.responder.directory,
            may_introspect=self.may_introspect,
        )  # fmt: skip
        if record is None:
            return self.error(rr.REFUSED)
        return self.with_body(rr.NOERROR, 0, _chaos_body(record), self.opt(rr.NOERROR))

    # --- OPT and size

    def room(self, opt: bytes) -> int:
        """Octets left for the sections."""
        if self.is_tcp:
            limit = MESSAGE_OCTETS_MAX
        elif self.query.edns is None:
            limit = UDP_OCTETS_PLAIN
        else:
            limit = min(self.query.edns.room, self.settings.max_udp_octets)
        return limit - HEADER_OCTETS - len(self.query.question) - len(opt)

    def opt(self, rcode: int, *extra: tuple[int, bytes] | None) -> bytes:
        """Our OPT record; nothing when the request had none."""
        edns, settings = self.query.edns, self.settings
        if edns is None:
            return b""
        options: list[tuple[int, bytes]] = []
        if ed.NSID in edns.options and settings.facts.identity:
            options.append((ed.NSID, settings.facts.identity.encode("utf-8")))
        if ed.COOKIE in edns.options and settings.cookie_secrets and not ed.cookie_is_malformed(edns):
            options.append((ed.COOKIE, self.cookie_option(edns.options[ed.COOKIE])))
        if ed.KEEPALIVE in edns.options and self.is_tcp:
            options.append((ed.KEEPALIVE, U16.pack(min(settings.tcp_idle_sec * 10, 0xFFFF))))
        options += [option for option in extra if option is not None]
        return ed.write_opt(settings.max_udp_octets, rcode, dnssec=edns.dnssec, options=options)

    def expire_option(self, hosted: HostedZone, zone: Zone | Image) -> tuple[int, bytes] | None:
        """RFC 7314: seconds until this copy of the zone would expire."""
        edns = self.query.edns
        if edns is None or ed.EXPIRE not in edns.options or self.query.qtype != rr.SOA:
            return None
        apex = zone.find(hosted.apex)
        if apex is None or self.query.qname.lower() != hosted.apex:
            return None
        if hosted.expires_at_sec is not None:
            left = max(0, hosted.expires_at_sec - self.now_sec)
        else:
            left = soa_fields(apex.rrsets[rr.SOA].rdatas[0])[5]
        return ed.EXPIRE, U32.pack(left)

    # --- replies without data

    def error(self, rcode: int, ede: int | None = None, text: str = "") -> Reply:
        return self.made(rcode, ed.extended_error(ede, text) if ede is not None and self.settings.ede else None)

    def made(self, rcode: int, extra: tuple[int, bytes] | None = None) -> Reply:
        return Reply(msg.reply(self.query, rcode, opt=self.opt(rcode, extra)), rcode=rcode, cookie=self.cookie)


def _chaos_body(record: RRset) -> Body:
    names = Compressor(0)
    write_rrset(names, record, is_qname=True, remember=False)
    octets = bytearray(names.out)
    octets[4:6] = U16.pack(rr.CLASS_CH)  # after the pointer to QNAME and the type
    return Body(bytes(octets), 1, 0, 0, False)


def slipped(query: Query) -> bytes:
    """The empty truncated reply of rate limiting: it sends an honest client to TCP and amplifies nothing."""
    return msg.reply(query, rr.NOERROR, flags=msg.TC)
