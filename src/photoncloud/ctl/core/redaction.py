"""Secrets out of texts that leave the machine: logs and configurations in a bundle, requests shown with -vvv.

By name (`secret_key = …`, `"token": "…"`), by shape (access keys, PEM keys, bearer tokens, userinfo in URLs), and
verbatim for values known to be secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "***"
# Shorter values would mask ordinary words.
VERBATIM_CHARACTERS_MIN = 8

_NAMES = r"[\w.-]*(?:password|passwd|secret|token|private_key|secret_key|access_key|credential|authorization|cookie)\w*"
_BY_NAME = re.compile(
    rf"""(?ix) (["']?\b{_NAMES}["']?\s*[=:]\s*)
    (?: "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | (?!["'{{\[])[^\s,;&}}\]]+ )"""
)
_SHAPES = (
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"(?i)\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(?i)X-Amz-(?:Signature|Credential|Security-Token)=[^&\s\"]+"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
)
_USERINFO = re.compile(r"(?<=://)[^/@\s?#\"]+@")


def redacted(text: str, known: Iterable[str] = ()) -> str:
    """The text with every secret found replaced by `***`."""
    for value in known:
        if len(value) >= VERBATIM_CHARACTERS_MIN:
            text = text.replace(value, MASK)
    for shape in _SHAPES:
        text = shape.sub(MASK, text)
    text = _USERINFO.sub(f"{MASK}@", text)
    return _BY_NAME.sub(rf"\1{MASK}", text)


def leaks(text: str, known: Iterable[str]) -> list[str]:
    """Which of the known secrets still stand in a text (by a hint of each, not the value)."""
    return [f"{value[:2]}…" for value in known if len(value) >= VERBATIM_CHARACTERS_MIN and value in text]
