"""DNS cookies (RFC 7873) with the interoperable server cookie of RFC 9018."""

from __future__ import annotations

import hmac
from enum import Enum

_VERSION = b"\x01\x00\x00\x00"
MAX_AGE_SEC = 3600
MAX_AHEAD_SEC = 300
RENEW_AFTER_SEC = 1800
SECRET_OCTETS = 16
_SERVER_COOKIE_OCTETS = 16
_MASK = 0xFFFFFFFFFFFFFFFF


class CookieState(Enum):
    """What a COOKIE option proves."""

    ABSENT = "absent"
    CLIENT_ONLY = "client_only"
    BAD = "bad"
    VALID = "valid"
    STALE = "valid_renew"  # valid, and old enough to be renewed


def server_cookie(client: bytes, address: bytes, secret: bytes, time_sec: int) -> bytes:
    """The 16 octets after the client cookie: version, reserved, time, SipHash-2-4 (RFC 9018 §4.2).

    `address` is 4 or 16 octets, `client` 8, `secret` 16; the time is Unix seconds modulo 2^32.
    """
    head = _VERSION + (time_sec & 0xFFFFFFFF).to_bytes(4, "big")
    return head + siphash24(secret, client + head + address).to_bytes(8, "little")


def cookie_state(option: bytes | None, address: bytes, secrets: tuple[bytes, ...], now_sec: int) -> CookieState:
    """Judge a COOKIE option of legal length. The first secret is the one in use, the others were rotated out."""
    if option is None:
        return CookieState.ABSENT
    if len(option) == 8:
        return CookieState.CLIENT_ONLY
    client, server = option[:8], option[8:]
    if len(server) != _SERVER_COOKIE_OCTETS or server[:1] != _VERSION[:1]:
        return CookieState.BAD
    stamp = int.from_bytes(server[4:8], "big")
    age = (now_sec - stamp) & 0xFFFFFFFF
    age = age - (1 << 32) if age >= 1 << 31 else age  # RFC 1982 arithmetic
    if not -MAX_AHEAD_SEC <= age <= MAX_AGE_SEC:
        return CookieState.BAD
    for secret in secrets:
        wanted = siphash24(secret, client + server[:8] + address).to_bytes(8, "little")
        if hmac.compare_digest(wanted, server[8:]):
            return CookieState.STALE if age > RENEW_AFTER_SEC or secret != secrets[0] else CookieState.VALID
    return CookieState.BAD


def siphash24(key: bytes, message: bytes) -> int:
    """SipHash-2-4 of `message` under a key of 16 octets, as a 64-bit number."""
    k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:16], "little")
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    padded = message + bytes(7 - len(message) % 8) + bytes((len(message) & 0xFF,))
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at : at + 8], "little")
        v[3] ^= word
        _rounds(v, 2)
        v[0] ^= word
    v[2] ^= 0xFF
    _rounds(v, 4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def _rounds(v: list[int], count: int) -> None:
    a, b, c, d = v
    for _ in range(count):
        a = (a + b) & _MASK
        b = (b << 13 & _MASK | b >> 51) ^ a
        a = a << 32 & _MASK | a >> 32
        c = (c + d) & _MASK
        d = (d << 16 & _MASK | d >> 48) ^ c
        a = (a + d) & _MASK
        d = (d << 21 & _MASK | d >> 43) ^ a
        c = (c + b) & _MASK
        b = (b << 17 & _MASK | b >> 47) ^ c
        c = c << 32 & _MASK | c >> 32
    v[:] = a, b, c, d
