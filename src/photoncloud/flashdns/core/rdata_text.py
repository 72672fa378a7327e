"""Text → wire for the types zones are full of, without objects in between. Rare types go through `core.rdata`.

A parser takes the tokens after the type and a function that turns name text into a wire name (relative to the
current origin). It raises BadRdata or BadName; ValueError, KeyError and IndexError mean the same to the caller.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address

from photoncloud.flashdns.core import rrtype
from photoncloud.flashdns.core.name import read_escape
from photoncloud.flashdns.core.wire import U16, U32
from photoncloud.flashdns.errors import BadRdata

NameOf = Callable[[str], bytes]
Parser = Callable[[Sequence[str], NameOf], bytes]

_OCTET = {str(number): number for number in range(256)}
_DIGITS = re.compile(r"[0-9]{1,10}")
_TTL = re.compile(r"(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s?)?", re.IGNORECASE)
_UNITS = (604800, 86400, 3600, 60, 1)
MAX_STRING_OCTETS = 255
MAX_TXT_OCTETS = 65535


class Quoted(str):
    """A token that stood in quotes; the text between them, escapes untouched."""

    __slots__ = ()


def number(text: str, limit: int) -> int:
    """A decimal number of 0..limit. Raises BadRdata."""
    if not _DIGITS.fullmatch(text):
        raise BadRdata(f"{text[:40]!r} is not a number")
    value = int(text)
    if value > limit:
        raise BadRdata(f"{value} is above {limit}")
    return value


def ttl_seconds(text: str) -> int:
    """Seconds of `3600` or `1h30m`. Not clamped. Raises BadRdata."""
    if _DIGITS.fullmatch(text):
        return int(text)
    match = _TTL.fullmatch(text)
    if match is None or not text:
        raise BadRdata(f"{text[:40]!r} is not a time")
    return sum(int(count) * unit for count, unit in zip(match.groups(), _UNITS, strict=True) if count)


def ipv4(text: str) -> bytes:
    """Four octets of a dotted quad without leading zeros. Raises BadRdata."""
    try:
        a, b, c, d = text.split(".")
        return bytes((_OCTET[a], _OCTET[b], _OCTET[c], _OCTET[d]))
    except (KeyError, ValueError):
        raise BadRdata(f"{text[:40]!r} is not an IPv4 address") from None


def ipv6(text: str) -> bytes:
    """Sixteen octets. Raises BadRdata."""
    try:
        if "%" in text:
            raise ValueError
        return IPv6Address(text).packed
    except ValueError:
        raise BadRdata(f"{text[:60]!r} is not an IPv6 address") from None


def octets(token: str) -> bytes:
    r"""The octets a token spells, `\DDD` and `\X` resolved. Raises BadName, BadRdata."""
    if "\\" not in token:
        try:
            return token.encode("latin-1")
        except UnicodeEncodeError:
            raise BadRdata("character above 255") from None
    out = bytearray()
    position = 0
    while position < len(token):
        if token[position] == "\\":
            octet, position = read_escape(token, position)
            out.append(octet)
        else:
            out += token[position].encode("latin-1")
            position += 1
    return bytes(out)


def character_string(token: str) -> bytes:
    """One <character-string> of RFC 1035 §3.3."""
    value = octets(token)
    if len(value) > MAX_STRING_OCTETS:
        raise BadRdata(f"string of {len(value)} octets is above {MAX_STRING_OCTETS}")
    return bytes((len(value),)) + value


def _exactly(tokens: Sequence[str], count: int) -> None:
    if len(tokens) != count:
        raise BadRdata(f"{len(tokens)} fields instead of {count}")


def _a(tokens: Sequence[str], name_of: NameOf) -> bytes:
    _exactly(tokens, 1)
    return ipv4(tokens[0])


def _aaaa(tokens: Sequence[str], name_of: NameOf) -> bytes:
    _exactly(tokens, 1)
    return ipv6(tokens[0])


def _name(tokens: Sequence[str], name_of: NameOf) -> bytes:
    _exactly(tokens, 1)
    return name_of(tokens[0])


def _mx(tokens: Sequence[str], name_of: NameOf) -> bytes:
    _exactly(tokens, 2)
    return U16.pack(number(tokens[0], 0xFFFF)) + name_of(tokens[1])


def _srv(tokens: Sequence[str], name_of: NameOf) -> bytes:
    _exactly(tokens, 4)
    return b"".join(U16.pack(number(token, 0xFFFF)) for token in tokens[:3]) + name_of(tokens[3])


def _soa(tokens: Sequence[str], name_of: NameOf) -> bytes:
    _exactly(tokens, 7)
    times = [ttl_seconds(token) for token in tokens[3:]]
    if max(times) > 0xFFFFFFFF:
        raise BadRdata("a time of the SOA does not fit 32 bits")
    numbers = [number(tokens[2], 0xFFFFFFFF), *times]
    return name_of(tokens[0]) + name_of(tokens[1]) + b"".join(map(U32.pack, numbers))


def _txt(tokens: Sequence[str], name_of: NameOf) -> bytes:
    if not tokens:
        raise BadRdata("no string")
    value = b"".join(map(character_string, tokens))
    if len(value) > MAX_TXT_OCTETS:
        raise BadRdata("more than 65535 octets")
    return value


def _caa(tokens: Sequence[str], name_of: NameOf) -> bytes:
    _exactly(tokens, 3)
    tag = octets(tokens[1])
    if not 0 < len(tag) <= MAX_STRING_OCTETS or not tag.isalnum():
        raise BadRdata("the tag of a CAA is letters and digits")
    return bytes((number(tokens[0], 255), len(tag))) + tag + octets(tokens[2])


def _hex(tokens: Sequence[str]) -> bytes:
    try:
        return binascii.unhexlify("".join(tokens))
    except (binascii.Error, ValueError) as problem:
        raise BadRdata(f"bad hexadecimal: {problem}") from None


def _base64(tokens: Sequence[str]) -> bytes:
    try:
        return base64.b64decode("".join(tokens), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise BadRdata(f"bad base64: {problem}") from None


# Digest length by type of digest (RFC 4034, 4509, 6605); unknown ones are not checked.
_DIGEST_OCTETS = {1: 20, 2: 32, 4: 48}


def _ds(tokens: Sequence[str], name_of: NameOf) -> bytes:
    digest = _hex(tokens[3:])
    kind = number(tokens[2], 255)
    if not digest or len(digest) != _DIGEST_OCTETS.get(kind, len(digest)):
        raise BadRdata(f"digest of {len(digest)} octets for digest type {kind}")
    return U16.pack(number(tokens[0], 0xFFFF)) + bytes((_algorithm(tokens[1]), kind)) + digest


_ALGORITHMS = {
    "RSAMD5": 1, "DH": 2, "DSA": 3, "RSASHA1": 5, "DSANSEC3SHA1": 6, "RSASHA1NSEC3SHA1": 7, "RSASHA256": 8,
    "RSASHA512": 10, "ECCGOST": 12, "ECDSAP256SHA256": 13, "ECDSAP384SHA384": 14, "ED25519": 15, "ED448": 16,
}  # fmt: skip


def _algorithm(token: str) -> int:
    """A DNSSEC algorithm by number or mnemonic (RFC 4034 App. A.1)."""
    known = _ALGORITHMS.get(token.upper().replace("-", ""))
    return number(token, 255) if known is None else known


def _cds(tokens: Sequence[str], name_of: NameOf) -> bytes:
    """CDS is DS, or `0 0 0 00` to delete (RFC 8078 §4)."""
    if [*tokens] in (["0", "0", "0", "00"], ["0", "0", "0", "0"]):
        return b"\x00\x00\x00\x00\x00"
    return _ds(tokens, name_of)


def _dnskey(tokens: Sequence[str], name_of: NameOf) -> bytes:
    flags, protocol = number(tokens[0], 0xFFFF), number(tokens[1], 255)
    return U16.pack(flags) + bytes((protocol, _algorithm(tokens[2]))) + _base64(tokens[3:])


def _tlsa(tokens: Sequence[str], name_of: NameOf) -> bytes:
    data = _hex(tokens[3:])
    if not data:
        raise BadRdata("no association data")
    return bytes(number(token, 255) for token in tokens[:3]) + data


def _sshfp(tokens: Sequence[str], name_of: NameOf) -> bytes:
    data = _hex(tokens[2:])
    if not data:
        raise BadRdata("no fingerprint")
    return bytes(number(token, 255) for token in tokens[:2]) + data


FAST: dict[int, Parser] = {
    rrtype.A: _a,
    rrtype.AAAA: _aaaa,
    **dict.fromkeys((rrtype.NS, rrtype.CNAME, rrtype.PTR, rrtype.DNAME), _name),
    rrtype.MX: _mx,
    rrtype.SRV: _srv,
    rrtype.SOA: _soa,
    rrtype.TXT: _txt,
    rrtype.SPF: _txt,
    rrtype.CAA: _caa,
    rrtype.DS: _ds,
    rrtype.CDS: _cds,
    rrtype.DNSKEY: _dnskey,
    rrtype.CDNSKEY: _dnskey,
    rrtype.TLSA: _tlsa,
    rrtype.SSHFP: _sshfp,
}
