"""UTF-8 names for readers that know only `[a-zA-Z_:][a-zA-Z0-9_:]*`: the four escaping schemes."""

from __future__ import annotations

import re
from enum import StrEnum

from photoncloud.nightlight.core.labels import is_legacy_metric_name

PREFIX = "U__"
_LEGACY = re.compile(r"[a-zA-Z0-9_:]", re.ASCII)
_UNESCAPE = re.compile(r"__|_([0-9a-fA-F]{1,6})_|[a-zA-Z0-9:]", re.ASCII)


class Escaping(StrEnum):
    """How names that are not legacy are written; the value is the term of content negotiation."""

    NONE = "allow-utf-8"
    UNDERSCORES = "underscores"
    DOTS = "dots"
    VALUES = "values"


def escape_name(name: str, scheme: Escaping) -> str:
    """A name in a scheme; only `VALUES` can be read back exactly."""
    if not name or scheme is Escaping.NONE:
        return name
    if scheme is Escaping.DOTS:
        return "".join(_dotted(character, index) for index, character in enumerate(name))
    if is_legacy_metric_name(name):
        return name
    if scheme is Escaping.UNDERSCORES:
        return "".join(character if _is_legacy(character, index) else "_" for index, character in enumerate(name))
    return PREFIX + "".join(_valued(character, index) for index, character in enumerate(name))


def _is_legacy(character: str, index: int) -> bool:
    return bool(_LEGACY.fullmatch(character)) and not (index == 0 and character.isdigit())


def _dotted(character: str, index: int) -> str:
    if character in "_.":
        return "__" if character == "_" else "_dot_"
    return character if _is_legacy(character, index) else "__"


def _valued(character: str, index: int) -> str:
    if character == "_":
        return "__"
    if _is_legacy(character, index):
        return character
    code = 0xFFFD if 0xD800 <= ord(character) < 0xE000 else ord(character)
    return f"_{code:x}_"


def unescape_name(text: str) -> str:
    """A `U__…` name as it was; anything that is no such name stays."""
    if not text.startswith(PREFIX):
        return text
    name, index = "", len(PREFIX)
    while index < len(text):
        found = _UNESCAPE.match(text, index)
        if found is None:
            return text
        if found[1]:
            code = int(found[1], 16)
            if code > 0x10FFFF or 0xD800 <= code < 0xE000:
                return text
            name += chr(code)
        else:
            name += "_" if found[0] == "__" else found[0]
        index = found.end()
    return name
