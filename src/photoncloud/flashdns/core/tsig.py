"""Transaction signatures (RFC 8945): verifying requests and streams, signing replies and streams.

Messages here are whole; "bare" means without the TSIG record. Time is Unix seconds, given by the caller.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.limits import TransferLimits
from photoncloud.flashdns.core.wire import RECORD_FIXED, U16, read_name
from photoncloud.flashdns.errors import BadMessage, FlashdnsError

FUDGE_SEC = 300
_MAC_OCTETS_LEAST = 10  # RFC 8945 §5.2.2.1
_TTL_ZERO = b"\x00\x00\x00\x00"
_CLASS_ANY = b"\x00\xff"

# Names of algorithms and their digests. HMAC-MD5 is not here: it is refused everywhere.
ALGORITHMS: dict[bytes, str] = {
    names.from_text(f"hmac-{digest}.", names.ROOT): digest
    for digest in ("sha1", "sha224", "sha256", "sha384", "sha512")
}


class TsigKey(NamedTuple):
    """A shared secret. `name` and `algorithm` are folded wire names."""

    name: bytes
    algorithm: bytes
    secret: bytes


def make_key(name: str, algorithm: str, secret: bytes) -> TsigKey:
    """A key from settings. Raises FlashdnsError `tsig_algorithm` for md5 and unknown algorithms."""
    wire = names.from_text(algorithm.rstrip(".") + ".", names.ROOT).lower()
    if wire not in ALGORITHMS:
        raise FlashdnsError("tsig_algorithm", f"{algorithm} is not supported")
    return TsigKey(names.from_text(name, names.ROOT).lower(), wire, secret)


class TsigRecord(NamedTuple):
    """The TSIG of a message. `start` is where the record begins."""

    start: int
    name: bytes
    algorithm: bytes
    time_sec: int
    fudge_sec: int
    mac: bytes
    original_id: int
    error: int
    other: bytes


class TsigRejected(FlashdnsError):
    """A message whose signature does not hold. `error` is the TSIG error, `rcode` what the reply says.

    `key` and `mac` are set only for BADTIME and BADTRUNC, whose replies are signed.
    """

    def __init__(self, error: int, record: TsigRecord, key: TsigKey | None = None) -> None:
        super().__init__("tsig_rejected", f"TSIG error {error} from key {names.to_text(record.name)}")
        self.error = error
        self.record = record
        self.key = key
        self.rcode = rr.NOTAUTH


@dataclass(frozen=True, slots=True)
class Verified:
    """A message whose signature holds."""

    key: TsigKey
    record: TsigRecord
    bare: bytes


def read_tsig(message: bytes, start: int) -> TsigRecord:
    """The TSIG record at `start`, the last of the message. Raises BadMessage (reply FORMERR)."""
    name, position = read_name(message, start)
    if position + RECORD_FIXED.size > len(message):
        raise BadMessage("cut TSIG")
    rtype, rclass, ttl, length = RECORD_FIXED.unpack_from(message, position)
    position += RECORD_FIXED.size
    if rtype != rr.TSIG or rclass != rr.CLASS_ANY or ttl or position + length != len(message):
        raise BadMessage("malformed TSIG")
    algorithm, position = read_name(message, position)
    if position + 10 > len(message):
        raise BadMessage("cut TSIG")
    time_sec = int.from_bytes(message[position : position + 6], "big")
    fudge_sec, mac_octets = (U16.unpack_from(message, position + at)[0] for at in (6, 8))
    position += 10
    mac = message[position : position + mac_octets]
    position += mac_octets
    if position + 6 > len(message):
        raise BadMessage("cut TSIG")
    original_id, error, other_octets = (U16.unpack_from(message, position + at)[0] for at in (0, 2, 4))
    other = message[position + 6 :]
    if len(other) != other_octets:
        raise BadMessage("cut TSIG")
    return TsigRecord(start, name.lower(), algorithm.lower(), time_sec, fudge_sec, mac, original_id, error, other)


def bare_message(message: bytes, record: TsigRecord) -> bytes:
    """The message as it was before the record was added: original ID, one additional record less."""
    additionals = U16.unpack_from(message, 10)[0] - 1
    return U16.pack(record.original_id) + message[2:10] + U16.pack(additionals) + message[12 : record.start]


def verify(
    message: bytes, start: int, keys: Mapping[bytes, TsigKey], now_sec: int, *, request_mac: bytes = b""
) -> Verified:
    """Check one request (or the reply to a request with `request_mac`). `keys` by folded name.

    Raises BadMessage for a malformed record, else TsigRejected for key, MAC, time, in that order (RFC 8945 §5.2).
    """
    record = read_tsig(message, start)
    key = keys.get(record.name)
    if key is None or key.algorithm != record.algorithm:
        raise TsigRejected(rr.BADKEY, record)
    bare = bare_message(message, record)
    check_mac(record, key, _prefix(request_mac) + bare + _variables(record))
    check_time(record, key, now_sec)
    return Verified(key, record, bare)


def check_mac(record: TsigRecord, key: TsigKey, octets: bytes) -> None:
    """Raises BadMessage for a MAC of impossible length, TsigRejected BADSIG or BADTRUNC."""
    digest = ALGORITHMS[key.algorithm]
    full = hashlib.new(digest).digest_size
    if not max(_MAC_OCTETS_LEAST, full // 2) <= len(record.mac) <= full:
        raise BadMessage("TSIG MAC is too short or too long")
    wanted = hmac.new(key.secret, octets, digest).digest()[: len(record.mac)]
    if not hmac.compare_digest(wanted, record.mac):
        raise TsigRejected(rr.BADSIG, record)
    if len(record.mac) < full:
        raise TsigRejected(rr.BADTRUNC, record, key)


def check_time(record: TsigRecord, key: TsigKey, now_sec: int) -> None:
    """Raises TsigRejected BADTIME. Only after the MAC held (RFC 8945 §5.2.3)."""
    if abs(now_sec - record.time_sec) > record.fudge_sec:
        raise TsigRejected(rr.BADTIME, record, key)


def _prefix(mac: bytes) -> bytes:
    return U16.pack(len(mac)) + mac if mac else b""


def _variables(record: TsigRecord) -> bytes:
    """RFC 8945 §4.3.3."""
    return b"".join(
        (
            record.name, _CLASS_ANY, _TTL_ZERO, record.algorithm, _timers(record),
            U16.pack(record.error), U16.pack(len(record.other)), record.other,
        )
    )  # fmt: skip


def _timers(record: TsigRecord) -> bytes:
    return record.time_sec.to_bytes(6, "big") + U16.pack(record.fudge_sec)


def _appended(bare: bytes, record: TsigRecord) -> bytes:
    """The message with the record as its last."""
    rdata = b"".join(
        (
            record.algorithm, _timers(record), U16.pack(len(record.mac)), record.mac,
            U16.pack(record.original_id), U16.pack(record.error), U16.pack(len(record.other)), record.other,
        )
    )  # fmt: skip
    head = record.name + RECORD_FIXED.pack(rr.TSIG, rr.CLASS_ANY, 0, len(rdata))
    additionals = U16.unpack_from(bare, 10)[0] + 1
    return bare[:10] + U16.pack(additionals) + bare[12:] + head + rdata


def tsig_octets(key: TsigKey) -> int:
    """Room a signature takes in a message, BADTIME data included."""
    mac = hashlib.new(ALGORITHMS[key.algorithm]).digest_size
    return len(key.name) + RECORD_FIXED.size + len(key.algorithm) + 16 + mac + 6


def sign(
    bare: bytes, key: TsigKey, now_sec: int, *, request_mac: bytes = b"", error: int = 0, other: bytes = b""
) -> tuple[bytes, bytes]:
    """Sign one message; (signed message, its MAC). A reply gives the MAC of its request."""
    record = TsigRecord(0, key.name, key.algorithm, now_sec, FUDGE_SEC, b"", U16.unpack_from(bare)[0], error, other)
    mac = _mac(key, _prefix(request_mac) + bare + _variables(record))
    return _appended(bare, record._replace(mac=mac)), mac


def _mac(key: TsigKey, octets: bytes) -> bytes:
    return hmac.new(key.secret, octets, ALGORITHMS[key.algorithm]).digest()


def rejection(bare: bytes, problem: TsigRejected, now_sec: int) -> bytes:
    """The reply to a rejected request: unsigned for BADKEY and BADSIG, signed with our time for BADTIME.

    `bare` is the reply (RCODE NOTAUTH) without TSIG.
    """
    record = problem.record
    if problem.key is None:
        refused = record._replace(mac=b"", error=problem.error, other=b"", original_id=U16.unpack_from(bare)[0])
        return _appended(bare, refused)
    if problem.error != rr.BADTIME:
        return sign(bare, problem.key, now_sec, request_mac=record.mac, error=problem.error)[0]
    other = now_sec.to_bytes(6, "big")
    # The client's own time goes back, so that its clock can judge the signature (RFC 8945 §5.2.3).
    return sign(bare, problem.key, record.time_sec, request_mac=record.mac, error=rr.BADTIME, other=other)[0]


class StreamSigner:
    """Signs every message of a transfer, each chained over the one before (RFC 8945 §5.3.1)."""

    def __init__(self, key: TsigKey, request_mac: bytes) -> None:
        self._key = key
        self._mac = request_mac
        self._is_first = True

    def sign(self, bare: bytes, now_sec: int) -> bytes:
        if self._is_first:
            self._is_first = False
            signed, self._mac = sign(bare, self._key, now_sec, request_mac=self._mac)
            return signed
        key = self._key
        record = TsigRecord(0, key.name, key.algorithm, now_sec, FUDGE_SEC, b"", U16.unpack_from(bare)[0], 0, b"")
        self._mac = _mac(key, _prefix(self._mac) + bare + _timers(record))
        return _appended(bare, record._replace(mac=self._mac))


class StreamVerifier:
    """Checks the messages of an incoming transfer. Some in between may be unsigned; `finish` wants the last signed."""

    def __init__(self, key: TsigKey, request_mac: bytes, limits: TransferLimits | None = None) -> None:
        self._key = key
        self._mac = request_mac
        self._is_first = True
        self._unsigned: list[bytes] = []
        self._most = (limits or TransferLimits()).unsigned_between

    def take(self, message: bytes, tsig_at: int, now_sec: int) -> bytes:
        """The bare message. Raises BadMessage, TsigRejected."""
        if not tsig_at:
            if self._is_first or len(self._unsigned) >= self._most:
                raise BadMessage("message of a signed transfer without TSIG")
            self._unsigned.append(message)
            return message
        record = read_tsig(message, tsig_at)
        if (record.name, record.algorithm) != (self._key.name, self._key.algorithm):
            raise TsigRejected(rr.BADKEY, record)
        bare = bare_message(message, record)
        variables = _variables(record) if self._is_first else _timers(record)
        check_mac(record, self._key, _prefix(self._mac) + b"".join(self._unsigned) + bare + variables)
        check_time(record, self._key, now_sec)
        self._mac, self._is_first = record.mac, False
        self._unsigned.clear()
        return bare

    def finish(self) -> None:
        """Raises BadMessage when the last message was not signed."""
        if self._is_first or self._unsigned:
            raise BadMessage("the last message of a signed transfer has no TSIG")
