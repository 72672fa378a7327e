"""How condition values are read: numbers, dates, booleans, addresses, binary. `None` means "not such a value"."""

from __future__ import annotations

import base64
import binascii
from datetime import date
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NS_PER_SEC = 1_000_000_000
_MAX_DIGITS = 40  # numbers longer than this are no quantities; bounds decimal arithmetic
_MAX_EPOCH_SEC = 9223372036854775807
_MIN_EPOCH_SEC = -_MAX_EPOCH_SEC - 1
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_SEC_PER_DAY = 86400
_FRACTION_DIGITS = 9
_BOOLS = {"true": True, "false": False}


def parse_number(text: str) -> Decimal | None:
    """A decimal with optional sign and fraction, compared exactly; no exponents."""
    unsigned = text[1:] if text[:1] in ("-", "+") else text
    whole, dot, fraction = unsigned.partition(".")
    digits = whole + fraction
    if not _are_digits(digits) or len(digits) > _MAX_DIGITS or not whole or (dot and not fraction):
        return None
    return Decimal(text)


def parse_bool(text: str) -> bool | None:
    return _BOOLS.get(text.lower())


def parse_binary(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def parse_address(text: str) -> Address | None:
    """An IPv4-mapped IPv6 address is the IPv4 address it stands for."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def parse_network(text: str) -> Network | None:
    """An address or a block; host bits may be set."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def parse_date(text: str) -> int | None:
    """W3C date-time, or whole epoch seconds, as Unix nanoseconds. A time without zone is UTC."""
    unsigned = text[1:] if text[:1] == "-" else text
    if _are_digits(unsigned):
        if len(unsigned) > _MAX_DIGITS:
            return None
        seconds = int(text)
        return seconds * NS_PER_SEC if _MIN_EPOCH_SEC <= seconds <= _MAX_EPOCH_SEC else None
    day_text, separator, clock_text = text.partition("T" if "T" in text else "t")
    day = _parse_day(day_text)
    if day is None:
        return None
    clock = _parse_clock(clock_text) if separator else 0
    return None if clock is None else day * _SEC_PER_DAY * NS_PER_SEC + clock


def _are_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _parse_day(text: str) -> int | None:
    """`YYYY-MM[-DD]` to days since 1970."""
    parts = text.split("-")
    widths = [len(part) for part in parts]
    if widths not in ([4, 2], [4, 2, 2]) or not all(map(_are_digits, parts)):
        return None
    numbers = [int(part) for part in parts]
    try:
        return date(numbers[0], numbers[1], numbers[2] if len(numbers) == 3 else 1).toordinal() - _EPOCH_ORDINAL
    except ValueError:
        return None


def _parse_clock(text: str) -> int | None:
    """`hh:mm[:ss[.f]][Z|+hh[:mm]|-hh[:mm]]` to nanoseconds after midnight UTC."""
    zone_at = next((index for index, character in enumerate(text) if character in "Zz+-"), len(text))
    offset_sec = _parse_zone(text[zone_at:])
    parts = text[:zone_at].split(":")
    if offset_sec is None or len(parts) not in (2, 3):
        return None
    seconds, dot, fraction = parts[2].partition(".") if len(parts) == 3 else ("00", "", "")
    if dot and (not _are_digits(fraction) or len(fraction) > _FRACTION_DIGITS):
        return None
    fields = (parts[0], parts[1], seconds)
    if not all(len(field) == 2 and _are_digits(field) for field in fields):
        return None
    hour, minute, second = map(int, fields)
    if hour > 23 or minute > 59 or second > 59:
        return None
    whole = hour * 3600 + minute * 60 + second - offset_sec
    return whole * NS_PER_SEC + int(fraction.ljust(_FRACTION_DIGITS, "0"))


def _parse_zone(text: str) -> int | None:
    """Seconds east of UTC."""
    if text in ("", "Z", "z"):
        return 0
    hours, colon, minutes = text[1:].partition(":")
    fields = (hours, minutes) if colon else (hours,)
    if text[0] not in "+-" or not all(len(field) == 2 and _are_digits(field) for field in fields):
        return None
    offset = int(hours) * 3600 + int(minutes or 0) * 60
    return -offset if text[0] == "-" else offset
