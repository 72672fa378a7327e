"""Routing subjects `photon.<family>.<tenant or _>.<leaf>...` and patterns with `*` and `>` (NATS' rules)."""

from __future__ import annotations

import re

from photoncloud.backends.events.errors import InvalidEvent
from photoncloud.backends.events.event import TENANT, Event

MAX_TOKENS = 8
MAX_SUBJECT_BYTES = 255
NO_TENANT = "_"

_TOKEN = re.compile(r"[a-z0-9_-]{1,63}")
_ROOTS = frozenset({"photon", "photonusage", "photoncommand", "photondead"})


def token(name: str) -> str:
    """Any name as one token: lower case, a dot becomes `_`, any other foreign byte `_xx`."""
    parts = []
    for byte in name.lower().encode():
        character = chr(byte)
        if character == ".":
            parts.append("_")
        elif character.isascii() and (character.isalnum() or character in "_-"):
            parts.append(character)
        else:
            parts.append(f"_{byte:02x}")
    return "".join(parts)


def subject_of(event: Event) -> str:
    """Where an event is published: its `route`, else `photon.<family>.<tenant>.<rest of the type>`."""
    if event.route:
        return check_subject(event.route)
    _, family, *leaves = event.type.split(".")
    tenant = token(event.extensions.get(TENANT, "")) or NO_TENANT
    return check_subject(".".join(["photon", family, tenant, *leaves]))


def check_subject(subject: str) -> str:
    """The subject itself. Raises InvalidEvent when it breaks the grammar."""
    tokens = subject.split(".")
    if tokens[0] not in _ROOTS or not 2 <= len(tokens) <= MAX_TOKENS or len(subject) > MAX_SUBJECT_BYTES:
        raise InvalidEvent("subject", f"{subject!r} does not fit photon.<family>.<tenant>.<leaf>")
    if not all(_TOKEN.fullmatch(part) for part in tokens):
        raise InvalidEvent("subject", f"{subject!r} has a token outside [a-z0-9_-]")
    return subject


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression for whole subjects. `*` is one token, `>` at the end one or more."""
    tokens = pattern.split(".")
    expressions = []
    for index, part in enumerate(tokens):
        if part == ">" and index == len(tokens) - 1:
            expressions.append(r".+")
        elif part == "*":
            expressions.append(r"[^.]+")
        elif _TOKEN.fullmatch(part):
            expressions.append(re.escape(part))
        else:
            raise InvalidEvent("pattern", f"{pattern!r} has a bad token {part!r}")
    return re.compile(r"\.".join(expressions))
