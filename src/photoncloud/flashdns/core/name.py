"""Domain names as uncompressed wire octets (RFC 1035 §3.1), case as written.

A *folded* name is the same octets with A-Z made a-z: length octets are at most 63, below `A`, so `bytes.lower`
folds a whole name at once. Text is Latin-1: one character an octet.
"""

from __future__ import annotations

import re

from photoncloud.flashdns.errors import BadName

ROOT = b"\x00"
MAX_NAME_OCTETS = 255  # RFC 1035 §2.3.4
MAX_LABEL_OCTETS = 63
_PLAIN_LABEL = re.compile(r"[^.\\]{1,63}")
_ESCAPED = re.compile(r"\\(?:([0-9]{3})|(.))", re.DOTALL)
_SPECIAL = frozenset(b'.\\"();@$ ')


def from_text(text: str, origin: bytes | None = None) -> bytes:
    """The name `text` spells. `@` is the origin; a name without a final dot is completed by `origin`.

    Raises BadName: empty label, label or name too long, bad escape, relative without an origin.
    """
    if text == "@":
        if origin is None:
            raise BadName("'@' without an origin")
        return origin
    if text == ".":
        return ROOT
    if not text:
        raise BadName("empty name")
    labels, absolute = _split_escaped(text) if "\\" in text else _split_plain(text)
    out = bytearray()
    for label in labels:
        if not 0 < len(label) <= MAX_LABEL_OCTETS:
            raise BadName(f"label of {len(label)} octets in {text[:80]!r}")
        out.append(len(label))
        out += label
    if absolute:
        out += ROOT
    elif origin is None:
        raise BadName(f"relative name {text[:80]!r} without an origin")
    else:
        out += origin
    if len(out) > MAX_NAME_OCTETS:
        raise BadName(f"name of {len(out)} octets: {text[:80]!r}")
    return bytes(out)


def _split_plain(text: str) -> tuple[list[bytes], bool]:
    absolute = text[-1] == "."
    if absolute:
        text = text[:-1]
    try:
        return text.encode("latin-1").split(b"."), absolute
    except UnicodeEncodeError:
        raise BadName(f"character above 255 in {text[:80]!r}") from None


def _split_escaped(text: str) -> tuple[list[bytes], bool]:
    labels: list[bytes] = []
    label = bytearray()
    position, absolute = 0, False
    while position < len(text):
        character = text[position]
        if character == ".":
            labels.append(bytes(label))
            label.clear()
            absolute = position == len(text) - 1
            position += 1
        elif character == "\\":
            octet, position = read_escape(text, position)
            label.append(octet)
        else:
            if ord(character) > 255:
                raise BadName(f"character above 255 in {text[:80]!r}")
            label.append(ord(character))
            position += 1
    if not absolute:
        labels.append(bytes(label))
    return labels, absolute


def read_escape(text: str, position: int) -> tuple[int, int]:
    r"""The octet of the `\DDD` or `\X` at `position`, and where it ends. Raises BadName."""
    match = _ESCAPED.match(text, position)
    if match is None:
        raise BadName("backslash at the end")
    if match[1]:
        value = int(match[1])
        if value > 255:
            raise BadName(f"escape \\{match[1]} is above 255")
        return value, match.end()
    if match[2].isdigit() or ord(match[2]) > 255:
        raise BadName("an escape needs three digits or one character")
    return ord(match[2]), match.end()


def to_text(name: bytes) -> str:
    """Presentation form, absolute, with `\\DDD` for what is not printable ASCII."""
    if name == ROOT:
        return "."
    return "".join(label_text(label) + "." for label in labels(name))


def label_text(label: bytes) -> str:
    """One label in presentation form."""
    if label.isalnum():
        return label.decode("ascii")
    out = []
    for octet in label:
        if octet in _SPECIAL and octet != 32:
            out.append("\\" + chr(octet))
        elif 32 < octet < 127:
            out.append(chr(octet))
        else:
            out.append(f"\\{octet:03d}")
    return "".join(out)


def fold(name: bytes) -> bytes:
    """The name for lookup and comparison (RFC 4343)."""
    return name.lower()


def labels(name: bytes) -> list[bytes]:
    """Labels from the left, without the root."""
    found, position = [], 0
    while length := name[position]:
        found.append(name[position + 1 : position + 1 + length])
        position += 1 + length
    return found


def offsets(name: bytes) -> list[int]:
    """Where each label starts, from the left, and last where the root octet stands."""
    found, position = [0], 0
    while length := name[position]:
        position += 1 + length
        found.append(position)
    return found


def join(parts: list[bytes]) -> bytes:
    """The absolute name of these labels."""
    return b"".join(bytes([len(part)]) + part for part in parts) + ROOT


def label_count(name: bytes) -> int:
    """Labels without the root."""
    count, position = 0, 0
    while length := name[position]:
        position += 1 + length
        count += 1
    return count


def parent(name: bytes) -> bytes:
    """The name without its first label; the root's parent is the root."""
    return name[name[0] + 1 :] if name[0] else name


def is_under(name: bytes, ancestor: bytes) -> bool:
    """Whether `name` is `ancestor` or below it. Both folded."""
    if not name.endswith(ancestor):
        return False
    start, position = len(name) - len(ancestor), 0
    while position < start:
        position += name[position] + 1
    return position == start


def common_ancestor(one: bytes, other: bytes) -> bytes:
    """The longest name both are at or below. Both folded."""
    for position in offsets(one):
        if is_under(other, one[position:]):
            return one[position:]
    return ROOT


def is_wildcard(name: bytes) -> bool:
    """Whether the first label is exactly `*` (RFC 4592 §2.1.1)."""
    return name[:2] == b"\x01*"


def canonical_key(name: bytes) -> tuple[bytes, ...]:
    """Sort key of RFC 4034 §6.1: labels from the right, folded, as octet strings."""
    return tuple(reversed(labels(name.lower())))


def prepend(label: bytes, name: bytes) -> bytes:
    """`label`.`name`. Raises BadName when that is longer than 255 octets."""
    made = bytes([len(label)]) + label + name
    if len(made) > MAX_NAME_OCTETS:
        raise BadName(f"name of {len(made)} octets")
    return made
