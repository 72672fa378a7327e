"""What must not be read in a log: values under secret names, userinfo in URLs, control characters of terminals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from photoncloud.runtime.limits import LOG_DEPTH, LOG_VALUE_CHARACTERS

MASK = "***"

SECRET_NAMES = (
    "password",
    "secret",
    "token",
    "authorization",
    "cookie",
    "credential",
    "private_key",
    "access_key",
    "secret_key",
)
"""A field is secret when its name is one of these or ends with one after `_`, `-` or `.`, in any case."""

_PLAIN = (int, float, bool, type(None))
_DEPTH = int(LOG_DEPTH.value)
_LONGEST = int(LOG_VALUE_CHARACTERS.value)
_USERINFO = re.compile(r"(?<=://)[^/@\s?#]+@")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL_AND_NEWLINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether a value under `name` is masked. Plurals (`tokens`, `cookies`) count too."""
    lowered = re.sub(r"[-. ]", "_", name.lower())
    singular = lowered.removesuffix("s")
    return any(part in SECRET_NAMES or part.endswith(_SUFFIXES) for part in (lowered, singular))


_SUFFIXES = tuple("_" + name for name in SECRET_NAMES)


def redact(fields: dict[str, Any]) -> dict[str, Any]:
    """Mask and clean `fields` in place and return it. Nested mappings and sequences are copied, not changed."""
    for name, value in fields.items():
        kind = type(value)
        if kind is str:
            if is_secret_name(name):
                fields[name] = MASK
            elif not value.isprintable() or "://" in value or len(value) > _LONGEST:
                fields[name] = clean(value)
        elif kind not in _PLAIN or is_secret_name(name):
            fields[name] = _redacted(name, value, _DEPTH)
    return fields


def _redacted(name: str, value: Any, depth: int) -> Any:
    if is_secret_name(name) and value is not None:
        return MASK
    if isinstance(value, _PLAIN):
        return value
    if depth and isinstance(value, Mapping):
        return {clean(str(key)): _redacted(str(key), item, depth - 1) for key, item in value.items()}
    if depth and isinstance(value, (list, tuple, set, frozenset)):
        return [_redacted("", item, depth - 1) for item in value]
    return clean(as_text(value))


def as_text(value: object) -> str:
    """`str(value)`, whatever its `__str__` does. Bytes are shown as text where they are text."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "backslashreplace")
    try:
        return str(value)
    except Exception as error:  # a broken __str__ must not cost the line
        return f"<{type(value).__name__} without text: {type(error).__name__}>"


def clean(text: str) -> str:
    """Without userinfo in URLs and without control characters except tab and newline; at most the limit long."""
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}… ({len(text)} characters)"
    if "://" in text:
        text = _USERINFO.sub(f"{MASK}@", text)
    return text if text.isprintable() else _CONTROL.sub(_escape, text)


def one_line(text: str) -> str:
    """`text` with every control character, newline and tab included, shown as an escape."""
    return text if text.isprintable() else _CONTROL_AND_NEWLINE.sub(_escape, text)


_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    return _SHORT_ESCAPES.get(character) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
