"""The shortest way from a plain question to its answer: two dictionary look-ups and one join.

Only class IN questions without options, by UDP, about compiled zones. Everything else, and everything that does not
fit, gives None and takes `core.respond`; both give the same octets.

The first memo is keyed on the parsed question, folded (never on raw packets: IDs, random case and cookies would fill
it). Answers that are the same for all names below an encloser are kept in the second one, by entry and length of
QNAME, so that floods of random names do not churn the first.
"""

from __future__ import annotations

from typing import NamedTuple

from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.answer import Kind
from photoncloud.flashdns.core.directory import HostedZone, ZoneDirectory
from photoncloud.flashdns.core.edns import write_opt
from photoncloud.flashdns.core.image import Compiled, Image
from photoncloud.flashdns.core.limits import UDP_OCTETS_DEFAULT, UDP_OCTETS_PLAIN
from photoncloud.flashdns.core.response_memo import ResponseMemo
from photoncloud.flashdns.core.wire import HEADER_OCTETS, U16, read_plain_name
from photoncloud.flashdns.errors import BadMessage

_ONE_QUESTION = b"\x00\x01\x00\x00\x00\x00"
_NO_EXTRA, _ONE_EXTRA = b"\x00\x00", b"\x00\x01"
_OPT_OCTETS = 11
_OPT_START = b"\x00\x00\x29"
_IN = b"\x00\x01"
_PLAIN, _EDNS, _EDNS_DO = b"\x00", b"\x01", b"\x02"
_NEVER_HERE = frozenset({rr.AXFR, rr.IXFR, rr.DS, rr.ANY, rr.RRSIG})


class Prepared(NamedTuple):
    """A reply but for ID, RD and question. Valid while `hosted.live` still is `image`."""

    hosted: HostedZone
    image: Image
    head: bytes  # flags and counts, RD clear
    head_rd: bytes  # the same, RD set
    tail: bytes  # sections and OPT
    kind: Kind
    imputed: bytes


class FastPath:
    """One worker's memo over a directory. Not shared between threads."""

    def __init__(
        self, directory: ZoneDirectory, *, entries: int = 65536, max_udp_octets: int = UDP_OCTETS_DEFAULT
    ) -> None:
        self._directory = directory
        self._questions: ResponseMemo[bytes, Prepared] = ResponseMemo(entries)
        self._enclosers: ResponseMemo[tuple[bytes, int, int, bytes], Prepared] = ResponseMemo(entries)
        self._max_udp_octets = max_udp_octets
        self._opts = {
            _PLAIN: b"",
            _EDNS: write_opt(max_udp_octets, 0, dnssec=False, options=[]),
            _EDNS_DO: write_opt(max_udp_octets, 0, dnssec=True, options=[]),
        }
        self.hits = 0
        self.misses = 0

    def use(self, directory: ZoneDirectory) -> None:
        """A new directory. Its zones may cut names out of others, so nothing remembered is trusted.

        A new version of a zone alone needs no call: entries notice that their image was replaced.
        """
        self._directory = directory
        self._questions.clear()
        self._enclosers.clear()

    def respond(self, packet: bytes) -> tuple[bytes, Prepared] | None:
        """The reply to a datagram and what it was made from; None: take the long way."""
        if packet[4:10] != _ONE_QUESTION or packet[2] & 0xF8:
            return None
        limit = UDP_OCTETS_PLAIN
        if packet[10:12] == _NO_EXTRA:
            question, shape = packet[HEADER_OCTETS:], _PLAIN
        elif packet[-_OPT_OCTETS:-8] == _OPT_START and not (packet[-1] or packet[-2] or packet[-5]):
            if packet[10:12] != _ONE_EXTRA:
                return None
            question = packet[HEADER_OCTETS:-_OPT_OCTETS]
            shape = _EDNS_DO if packet[-4] & 0x80 else _EDNS
            limit = min(max(packet[-8] << 8 | packet[-7], UDP_OCTETS_PLAIN), self._max_udp_octets)
        else:
            return None
        # Only the name is folded: type 65 would look like type 97.
        key = question[:-4].lower() + question[-4:] + shape
        found = self._questions.hot.get(key)
        if found is not None and found.hosted.live is found.image:
            self.hits += 1
        else:
            found = self._find(key, question, shape)
            if found is None:
                return None
        if HEADER_OCTETS + len(question) + len(found.tail) > limit:
            return None
        head = found.head_rd if packet[2] & 1 else found.head
        return b"".join((packet[:2], head, question, found.tail)), found

    def _find(self, key: bytes, question: bytes, shape: bytes) -> Prepared | None:
        """On a miss of the hot generation: the old one, the memo by encloser, the image."""
        old = self._questions.get(key)
        if old is not None and old.hosted.live is old.image:
            self.hits += 1
            return old
        self.misses += 1
        name = key[: len(question) - 4]
        qtype = question[-4] << 8 | question[-3] if len(question) > 4 else 0
        if question[-2:] != _IN or qtype in _NEVER_HERE or not _is_name(name):
            return None
        hosted = self._directory.find(name)
        image = hosted.live if hosted is not None else None
        if hosted is None or not isinstance(image, Image):
            return None
        found = image.locate(name, qtype, dnssec=shape == _EDNS_DO)
        if found is None:
            absent = image.signed_nxdomain(name, qtype) if shape == _EDNS_DO else None
            return None if absent is None else self._wrap(hosted, image, absent, shape)
        entry, is_by_encloser = found
        if not is_by_encloser:
            made = self._prepare(hosted, image, entry, len(name), shape)
            self._questions.put(key, made)
            return made
        shared = hosted.apex, entry, len(name), shape
        known = self._enclosers.get(shared)
        if known is None or known.image is not image:
            known = self._prepare(hosted, image, entry, len(name), shape)
            self._enclosers.put(shared, known)
        return known

    def _prepare(self, hosted: HostedZone, image: Image, entry: int, qname_octets: int, shape: bytes) -> Prepared:
        return self._wrap(hosted, image, image.finished(entry, qname_octets), shape)

    def _wrap(self, hosted: HostedZone, image: Image, made: Compiled, shape: bytes) -> Prepared:
        opt = self._opts[shape]
        first = 0x84 if made.is_authoritative else 0x80
        additionals = made.additionals + (1 if opt else 0)
        counts = b"".join(map(U16.pack, (1, made.answers, made.authorities, additionals)))
        rest = bytes((made.rcode,)) + counts
        head, head_rd = bytes((first,)) + rest, bytes((first | 1,)) + rest
        return Prepared(hosted, image, head, head_rd, made.octets + opt, made.kind, made.imputed)


def _is_name(octets: bytes) -> bool:
    try:
        return read_plain_name(octets, 0) == len(octets)
    except BadMessage:
        return False
