"""Text and wire of every record type. The one file that imports dnspython, and only its pure parts.

`from_text` and `to_text` agree with dnspython; types in `core.rdata_text.FAST` take a short way there.
"""

from __future__ import annotations

from collections.abc import Sequence

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype
from photoncloud.flashdns.core.rdata_layout import LAYOUTS, expand, name_start
from photoncloud.flashdns.core.rdata_text import FAST, NameOf, Quoted, number
from photoncloud.flashdns.core.wire import read_plain_name
from photoncloud.flashdns.errors import BadMessage, BadName, BadRdata

TYPE_NUMBERS: dict[str, int] = {
    member.name.replace("_", "-"): int(member)
    for member in dns.rdatatype.RdataType
    if rrtype.is_data(int(member)) and not member.name.startswith("TYPE")
}
_TYPE_NAMES = {value: text for text, value in TYPE_NUMBERS.items()}
_META_NAMES = {"ANY": 255, "AXFR": 252, "IXFR": 251, "MAILA": 254, "MAILB": 253, "TSIG": 250, "TKEY": 249, "OPT": 41}
MAX_RDATA_OCTETS = 65535
_SERVICE_BINDINGS = frozenset({rrtype.SVCB, rrtype.HTTPS})
# Parameters in AliasMode are ignored, not refused (RFC 9460 §2.4.2); dnspython refuses them, so it sees ServiceMode.
_ALIAS_MODE, _SERVICE_MODE = b"\x00\x00", b"\x00\x01"
_IN = dns.rdataclass.IN
_RDATA_TYPE = dns.rdatatype.RdataType.make


def type_number(text: str) -> int | None:
    """The number of a type a zone may hold, by mnemonic or `TYPEnnn`; None when it is none."""
    upper = text.upper()
    known = TYPE_NUMBERS.get(upper)
    if known is not None:
        return known
    if upper.startswith("TYPE") and upper[4:].isascii() and upper[4:].isdigit() and len(upper) < 10:
        value = int(upper[4:])
        if value <= 0xFFFF and rrtype.is_data(value):
            return value
    return None


def query_type_number(text: str) -> int | None:
    """Like `type_number`, with ANY, AXFR and the other question types."""
    return _META_NAMES.get(text.upper()) or type_number(text)


def type_text(value: int) -> str:
    """The mnemonic of a type, `TYPEnnn` when it has none."""
    if value in _TYPE_NAMES:
        return _TYPE_NAMES[value]
    return next((text for text, meta in _META_NAMES.items() if meta == value), f"TYPE{value}")


def from_text(rtype: int, tokens: Sequence[str], name_of: NameOf) -> bytes:
    """Wire rdata of the tokens after the type. Raises BadRdata, BadName."""
    if tokens and tokens[0] == "\\#" and not isinstance(tokens[0], Quoted):
        return _generic(rtype, tokens)
    parser = FAST.get(rtype)
    if parser is None:
        return _rare(rtype, tokens, name_of)
    try:
        return parser(tokens, name_of)
    except (ValueError, KeyError, IndexError) as problem:
        raise BadRdata(f"bad {type_text(rtype)} data: {problem}") from None


def _generic(rtype: int, tokens: Sequence[str]) -> bytes:
    r"""The `\# n hex` form of RFC 3597 §5; data of a known type is then held against its format."""
    if len(tokens) < 2:
        raise BadRdata("'\\#' without a length")
    length = number(tokens[1], MAX_RDATA_OCTETS)
    try:
        rdata = bytes.fromhex("".join(tokens[2:]))
    except ValueError:
        raise BadRdata("bad hexadecimal after '\\#'") from None
    if len(rdata) != length:
        raise BadRdata(f"'\\#' says {length} octets and gives {len(rdata)}")
    check(rtype, rdata)
    return rdata


def _rare(rtype: int, tokens: Sequence[str], name_of: NameOf) -> bytes:
    if rtype in _SERVICE_BINDINGS:
        _check_svcb_keys(tokens)
        if tokens and tokens[0] == "0":
            return _ALIAS_MODE + _rare(rtype, ["1", *tokens[1:]], name_of)[2:]
    text = " ".join(f'"{_ascii(token)}"' if isinstance(token, Quoted) else _ascii(token) for token in tokens)
    origin = dns.name.Name([*names.labels(name_of("@")), b""])
    try:
        parsed = dns.rdata.from_text(_IN, _RDATA_TYPE(rtype), text, origin=origin, relativize=False)
        return parsed.to_wire() or b""
    except Exception as problem:  # dnspython raises whatever its parsers meet: each of them means bad text
        raise BadRdata(f"bad {type_text(rtype)} data: {problem or type(problem).__name__}") from None


def _ascii(token: str) -> str:
    """Octets above 126 as escapes: dnspython would take them for Unicode."""
    if token.isascii():
        return token
    return "".join(character if ord(character) < 127 else f"\\{ord(character):03d}" for character in token)


def _check_svcb_keys(tokens: Sequence[str]) -> None:
    """RFC 9460 §2.1 (no key twice) and §8 (what `mandatory` names is there). Raises BadRdata with a code of its own."""
    keys = [token.split("=", 1)[0].lower() for token in tokens[2:]]
    if len(keys) != len(set(keys)):
        raise BadRdata("a service parameter stands twice", code="svcb_duplicate_key")
    for token in tokens[2:]:
        if token.lower().startswith("mandatory="):
            wanted = token.split("=", 1)[1].strip('"').lower().split(",")
            missing = [key for key in wanted if key not in keys]
            if missing:
                raise BadRdata(f"mandatory parameter {missing[0]} is missing", code="svcb_mandatory_missing")


_FIXED_OCTETS = {rrtype.A: 4, rrtype.AAAA: 16}
_AFTER_NAMES = {rrtype.SOA: 20}
# Types whose format is complete once its names are (nothing may follow).
_NAMES_ONLY = frozenset({2, 3, 4, 5, 7, 8, 9, 12, 14, 15, 17, 18, 21, 26, 33, 35, 36, 39})


def check(rtype: int, rdata: bytes) -> None:
    """Hold uncompressed wire rdata against the format of its type. Raises BadRdata."""
    fixed = _FIXED_OCTETS.get(rtype)
    if fixed is not None:
        if len(rdata) != fixed:
            raise BadRdata(f"{type_text(rtype)} data has {len(rdata)} octets instead of {fixed}")
        return
    if rtype in _NAMES_ONLY or rtype in _AFTER_NAMES:
        _check_names(rtype, rdata)
        return
    if rtype in _SERVICE_BINDINGS and rdata[:2] == _ALIAS_MODE:
        rdata = _SERVICE_MODE + rdata[2:]
    try:
        dns.rdata.from_wire(_IN, _RDATA_TYPE(rtype), rdata, 0, len(rdata))
    except Exception as problem:  # dnspython raises whatever its parsers meet: each of them means bad octets
        raise BadRdata(f"bad {type_text(rtype)} data: {problem or type(problem).__name__}") from None


def _check_names(rtype: int, rdata: bytes) -> None:
    layout = LAYOUTS[rtype]
    try:
        position = name_start(layout, rdata)
        for _ in range(layout.names):
            position = read_plain_name(rdata, position)
    except BadMessage as problem:
        raise BadRdata(f"bad {type_text(rtype)} data: {problem}") from None
    if len(rdata) - position != _AFTER_NAMES.get(rtype, 0):
        raise BadRdata(f"{type_text(rtype)} data has {len(rdata) - position} octets after its names")


def from_message(rtype: int, message: bytes, start: int, end: int) -> bytes:
    """Rdata of a received record, expanded and checked. Raises BadMessage."""
    rdata = expand(rtype, message, start, end)
    try:
        check(rtype, rdata)
    except BadRdata as problem:
        raise BadMessage(problem.message) from None
    return rdata


def to_text(rtype: int, rdata: bytes) -> str:
    """Presentation form; the generic form for unknown types and for octets that do not parse."""
    if rtype == rrtype.A and len(rdata) == 4:
        return ".".join(map(str, rdata))
    try:
        if rtype in (rrtype.NS, rrtype.CNAME, rrtype.PTR, rrtype.DNAME):
            return names.to_text(rdata)
        if rtype in _SERVICE_BINDINGS and rdata[:2] == _ALIAS_MODE:
            return "0" + to_text(rtype, _SERVICE_MODE + rdata[2:])[1:]
        return dns.rdata.from_wire(_IN, _RDATA_TYPE(rtype), rdata, 0, len(rdata)).to_text().rstrip()
    except Exception:  # whatever dnspython met, the generic form of RFC 3597 says the same octets
        return f"\\# {len(rdata)} {rdata.hex()}".rstrip()


def soa_fields(rdata: bytes) -> tuple[bytes, bytes, int, int, int, int, int]:
    """(mname, rname, serial, refresh, retry, expire, minimum) of wire SOA data. Raises BadName on a short one."""
    try:
        one = read_plain_name(rdata, 0)
        two = read_plain_name(rdata, one)
    except BadMessage as problem:
        raise BadName(problem.message) from None
    if len(rdata) - two != 20:
        raise BadName("SOA data has a wrong length")
    numbers = [int.from_bytes(rdata[two + at : two + at + 4], "big") for at in range(0, 20, 4)]
    return rdata[:one], rdata[one:two], numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
