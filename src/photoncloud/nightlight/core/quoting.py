"""Go's string literals: how Prometheus reads strings in queries and prints label values.

Text that is no UTF-8 travels as surrogate escapes (PEP 383), so a query may hold any byte.
"""

from __future__ import annotations

import re

SIMPLE_ESCAPES = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
}
NAMES_OF_CONTROLS = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
_PLAIN = re.compile(r"[ !#-\[\]-~]*")


class BadEscape(ValueError):
    """An escape Go does not know. `index` is where its backslash stands, `text` Prometheus' reason."""

    def __init__(self, text: str, index: int) -> None:
        super().__init__(text)
        self.text = text
        self.index = index


def unquote(body: str, quote: str) -> str:
    """The value of the characters between two `quote`s. Raises `BadEscape`."""
    if "\\" not in body:
        return body
    value = bytearray()
    index = 0
    while index < len(body):
        if body[index] == "\\":
            piece, index = _escape(body, index, quote)
            value += piece
        else:
            value += body[index].encode("utf-8", "surrogateescape")
            index += 1
    return value.decode("utf-8", "surrogateescape")


def _escape(body: str, start: int, quote: str) -> tuple[bytes, int]:
    """The bytes of the escape at `start` and the index behind it."""
    if start + 1 >= len(body):
        raise BadEscape("escape sequence not terminated", start)
    kind = body[start + 1]
    if kind in SIMPLE_ESCAPES and (kind not in "'\"" or kind == quote):
        return SIMPLE_ESCAPES[kind].encode(), start + 2
    if kind in "01234567":
        return _numeric(body, start, start + 1, 3, 8, as_byte=True)
    if kind in HEX_DIGITS:
        return _numeric(body, start, start + 2, HEX_DIGITS[kind], 16, as_byte=kind == "x")
    raise BadEscape(f"unknown escape sequence {unicode_name(kind)}", start)


def _numeric(body: str, start: int, first: int, width: int, radix: int, *, as_byte: bool) -> tuple[bytes, int]:
    digits = body[first : first + width]
    for index, digit in enumerate(digits):
        if digit not in "0123456789abcdefABCDEF"[: 22 if radix == 16 else 8]:
            raise BadEscape(f"illegal character {unicode_name(digit)} in escape sequence", first + index)
    if len(digits) < width:
        raise BadEscape("escape sequence not terminated", start)
    code = int(digits, radix)
    if as_byte:
        if code > 255:
            raise BadEscape(f"octal escape value {code} > 255", start)
        return bytes([code]), first + width
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise BadEscape("escape sequence is an invalid Unicode code point", start)
    return chr(code).encode(), first + width


def unicode_name(character: str) -> str:
    """A character as Go prints it in messages: `U+0071 'q'`."""
    code = ord(character)
    return f"U+{code:04X} '{character}'" if character.isprintable() else f"U+{code:04X}"


def quote(value: str) -> str:
    """`value` as a Go string literal in double quotes (strconv.Quote)."""
    if _PLAIN.fullmatch(value):
        return f'"{value}"'
    return '"' + "".join(map(_quoted_character, value)) + '"'


def _quoted_character(character: str) -> str:
    code = ord(character)
    if character in '"\\':
        return "\\" + character
    if character in NAMES_OF_CONTROLS:
        return NAMES_OF_CONTROLS[character]
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if character == " " or (character.isprintable() and code != 0xAD):
        return character
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
