"""One log event as one line of JSON, or as one readable line of the console."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

from photoncloud.runtime.redaction import as_text, one_line

Render = Callable[[dict[str, Any]], bytes]

_encode = msgspec.json.Encoder(enc_hook=as_text).encode

_COLOURS = {
    "debug": "\x1b[2m",
    "info": "\x1b[32m",
    "warning": "\x1b[33m",
    "error": "\x1b[31m",
    "critical": "\x1b[1;31m",
}
_RESET = "\x1b[0m"
_LEADING = ("ts", "level", "event")
_LEFT_OUT = ("component", "component_id", "logger", "exception")
"""On the console: the same on every line, or printed below the line."""


def render_json(event: dict[str, Any]) -> bytes:
    """`event` as one line of JSON. Never raises: what JSON cannot carry is carried as text."""
    try:
        return _encode(event) + b"\n"
    except Exception:  # lone surrogates, integers beyond 64 bits, keys that are no text
        return (json.dumps(_as_json(event), ensure_ascii=True) + "\n").encode()


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {as_text(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_json(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else as_text(value)


def render_console(event: dict[str, Any], colours: bool = False) -> bytes:
    """`TIME level event name=value …`, an exception on the lines below."""
    level = str(event.get("level", ""))
    painted = f"{_COLOURS.get(level, '')}{level:<8}{_RESET}" if colours else f"{level:<8}"
    fields = [
        f"{one_line(str(name))}={_value(item)}" for name, item in event.items() if name not in _LEADING + _LEFT_OUT
    ]
    text = " ".join([str(event.get("ts", "")), painted, one_line(str(event.get("event", ""))), *fields])
    if exception := event.get("exception"):
        text += "".join(f"\n    {one_line(line)}" for line in str(exception).splitlines())
    return (text + "\n").encode("utf-8", "backslashreplace")


def _value(value: Any) -> str:
    text = one_line(value if isinstance(value, str) else render_json(value).decode().rstrip("\n"))
    if isinstance(value, str) and (not text or " " in text or '"' in text or "=" in text):
        return '"' + text.replace('"', '\\"') + '"'
    return text
