"""Text into compose files, unit files and variable files, so that it means itself and nothing else, and back.

Each pair `x(text)` and `un_x(...)` is inverse for every text without NUL (refused when a topology is read).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_YAML_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
# Written as they are inside double quotes; everything else becomes a numeric escape.
_YAML_PLAIN = re.compile(r"[\x20-\x7e\xa1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]\Z")


def yaml_text(text: str) -> str:
    """A double-quoted YAML 1.2 scalar on one line."""
    return '"' + "".join(_yaml_character(character) for character in text) + '"'


def _yaml_character(character: str) -> str:
    if character in _YAML_ESCAPES:
        return _YAML_ESCAPES[character]
    if _YAML_PLAIN.match(character):
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def compose_text(text: str) -> str:
    """Compose substitutes variables in every string: `$` is written twice."""
    return text.replace("$", "$$")


def un_compose_text(text: str) -> str:
    return text.replace("$$", "$")


# Inside double quotes of a unit file.
_UNIT_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "%": "%%"}
_UNIT_UNESCAPE = re.compile(r'%%|\$\$|\\x([0-9a-f]{2})|\\(["\\ntr])')


def unit_word(text: str, *, is_command: bool = False) -> str:
    """A quoted word of a unit file. In `ExecStart=` (`is_command`) `$` would be a variable and is written twice."""
    parts = []
    for character in text:
        if character in _UNIT_ESCAPES:
            parts.append(_UNIT_ESCAPES[character])
        elif character == "$" and is_command:
            parts.append("$$")
        elif ord(character) < 0x20 or ord(character) == 0x7F:
            parts.append(f"\\x{ord(character):02x}")
        else:
            parts.append(character)
    return '"' + "".join(parts) + '"'


def unit_words(line: str, *, is_command: bool = False) -> tuple[str, ...]:
    """The words of a line made of `unit_word`s. Raises ValueError for anything else."""
    words = []
    position = 0
    for match in re.finditer(r'"((?:[^"\\]|\\.)*)"(?: |\Z)', line):
        if match.start() != position:
            break
        words.append(_un_unit(match.group(1), is_command))
        position = match.end()
    if position != len(line):
        raise ValueError(f"not a line of quoted words: {line!r}")
    return tuple(words)


def _un_unit(body: str, is_command: bool) -> str:
    plain = {"n": "\n", "t": "\t", "r": "\r"}

    def meaning(match: re.Match[str]) -> str:
        if match.group(0) == "%%":
            return "%"
        if match.group(0) == "$$":
            return "$" if is_command else "$$"
        if match.group(1):
            return chr(int(match.group(1), 16))
        return plain.get(match.group(2), match.group(2))

    return _UNIT_UNESCAPE.sub(meaning, body)


def variable_line(name: str, value: str) -> str:
    """`NAME="value"`: one line that systemd's EnvironmentFile= and a POSIX shell read alike.

    Line ends cannot stand in such a line for both readers; they are refused with ValueError.
    """
    if "\n" in value or "\r" in value:
        raise ValueError(f"{name}: a value with a line end cannot stand in a variable file")
    escaped = re.sub(r'(["\\$`])', r"\\\1", value)
    return f'{name}="{escaped}"'


def variables(lines: Iterable[str]) -> dict[str, str]:
    """The inverse of `variable_line` over a file; comments and empty lines are skipped."""
    found = {}
    for line in lines:
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(r'([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"', line)
        if match is None:
            raise ValueError(f"not a variable line: {line!r}")
        found[match.group(1)] = re.sub(r"\\(.)", r"\1", match.group(2))
    return found
