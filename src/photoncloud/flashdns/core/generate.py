"""`$GENERATE start-stop[/step] lhs [ttl] [class] type rhs` (BIND's directive): the entries it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from photoncloud.flashdns.core.rdata_text import Quoted
from photoncloud.flashdns.errors import FlashdnsError

_RANGE = re.compile(r"([0-9]{1,10})-([0-9]{1,10})(?:/([0-9]{1,10}))?")
_PLACE = re.compile(r"\\\$|\$\$|\$\{([^}]*)\}|\$")
_MODIFIER = re.compile(r"(-?[0-9]{1,10})(?:,([0-9]{1,3})(?:,([doxXnN]))?)?")
WIDTH_MAX = 253  # no name is longer


def generated(tokens: Sequence[str], allowed: int) -> Iterator[list[str]]:
    """The entries of the tokens after `$GENERATE`, at most `allowed`. Raises FlashdnsError: syntax, generate_limit."""
    match = _RANGE.fullmatch(tokens[0]) if len(tokens) >= 4 else None
    if match is None:
        raise FlashdnsError("syntax", "$GENERATE needs start-stop[/step], a name, a type and data")
    start, stop, step = int(match[1]), int(match[2]), int(match[3] or 1)
    if start > stop or step == 0 or stop > 0x7FFFFFFF:
        raise FlashdnsError("syntax", f"bad $GENERATE range {tokens[0]}")
    if (stop - start) // step + 1 > allowed:
        raise FlashdnsError("generate_limit", f"{tokens[0]} makes more than the {allowed} entries left")
    for value in range(start, stop + 1, step):
        yield [_substituted(token, value) for token in tokens[1:]]


def _substituted(token: str, value: int) -> str:
    if "$" not in token:
        return token

    def one(match: re.Match[str]) -> str:
        text = match.group()
        if text in ("\\$", "$$"):
            return "$"
        return str(value) if match[1] is None else _formatted(match[1], value)

    made = _PLACE.sub(one, token)
    return Quoted(made) if isinstance(token, Quoted) else made


def _formatted(modifier: str, value: int) -> str:
    match = _MODIFIER.fullmatch(modifier)
    if match is None or int(match[2] or 0) > WIDTH_MAX:
        raise FlashdnsError("syntax", f"bad $GENERATE modifier {{{modifier}}}")
    shifted, width, base = value + int(match[1]), int(match[2] or 0), match[3] or "d"
    if shifted < 0:
        raise FlashdnsError("syntax", f"$GENERATE modifier {{{modifier}}} makes {shifted}")
    if base in "nN":
        return _nibbles(shifted, width, "x" if base == "n" else "X")
    return format(shifted, f"0{width}{base}" if width else base)


def _nibbles(value: int, width: int, base: str) -> str:
    """Hexadecimal digits, lowest first, with dots between: a reverse IPv6 name. `width` counts the dots too."""
    digits = ".".join(reversed(format(value, base)))
    while len(digits) < width:
        digits += "." if digits[-1] != "." else "0"
    return digits
