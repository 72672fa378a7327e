"""Which texts IAM takes as a date in a condition when a policy is written. More than a comparison understands."""

from __future__ import annotations

import re

_EPOCH_MAX = 9223372036854775807
_EPOCH_MAX_DIGITS = 19
_YEAR_MIN, _YEAR_MAX = -292275054, 292278993  # the years of a signed 64-bit count of milliseconds
_ISO = re.compile(
    r"(?P<year>-?[0-9]{1,9})(?:-(?P<month>[0-9]{1,2})(?:-(?P<day>[0-9]{1,2}))?)?"
    r"(?:t(?:(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{1,2})(?::(?P<second>[0-9]{1,2})(?:\.[0-9]{1,9})?"
    r"(?:z|[+-](?P<zone_hour>[0-9]{2})(?::(?P<zone_minute>[0-9]{2}))?)?)?)?)?)?"
)
_RANGES = {
    "year": (_YEAR_MIN, _YEAR_MAX),
    "month": (1, 12),
    "day": (1, 31),
    "hour": (0, 23),
    "minute": (0, 59),
    "second": (0, 59),
    "zone_hour": (0, 23),
    "zone_minute": (0, 59),
}


def is_policy_date(text: str) -> bool:
    """Epoch seconds without sign, or ISO 8601 from a year alone down to fractions of a second."""
    lowered = text.lower()
    if "t" not in lowered and "-" not in lowered:
        digits = lowered.isascii() and lowered.isdigit() and len(lowered) <= _EPOCH_MAX_DIGITS
        return digits and int(lowered) <= _EPOCH_MAX
    match = _ISO.fullmatch(lowered)
    if match is None:
        return False
    groups = match.groupdict()
    return all(
        lowest <= int(groups[name]) <= highest
        for name, (lowest, highest) in _RANGES.items()
        if groups[name] is not None
    )
