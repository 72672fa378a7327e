"""Regular expressions of RE2, always anchored at both ends; `.` matches a newline.

Literals, prefixes and alternations of literals are by far the most common and need no automaton.
"""

from __future__ import annotations

import re

import re2

from photoncloud.nightlight.errors import InvalidPattern

PROGRAM_MAX_BYTES = 8 << 20
"""RE2's own default: a larger program is refused, so a query cannot make matching slow or large."""

_ALTERNATION = re.compile(r"[^\\.+*?()\[\]{}^$|]*(\|[^\\.+*?()\[\]{}^$|]*)*")


class Pattern:
    """An anchored expression. Raises `InvalidPattern` with RE2's reason."""

    __slots__ = ("_program", "literals", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.literals: frozenset[str] | None = None
        """The finite set of texts that match, where the expression is just that."""
        if _ALTERNATION.fullmatch(text):
            self.literals = frozenset(text.split("|"))
        self._program: re2._Regexp | None = None if self.literals is not None else _compiled(text)

    def matches(self, value: str) -> bool:
        """Whether the whole of `value` matches."""
        if self._program is None:
            return self.literals is not None and value in self.literals
        return self._program.fullmatch(_searchable(value)) is not None

    def expand(self, value: str, template: str) -> str | None:
        """`template` with `$1`, `${name}`, `$$` replaced from the match of `value`; None if it does not match."""
        program = self._program or _compiled(self.text)
        found = program.fullmatch(_searchable(value))
        if found is None:
            return None
        return _TEMPLATE.sub(lambda reference: _referenced(found, reference), template)


_TEMPLATE = re.compile(r"\$(?:\$|\{([^{}]*)\}|([A-Za-z0-9_]+))", re.ASCII)


def _referenced(found: re2._Match, reference: re.Match[str]) -> str:
    """What one `$…` of a template stands for, as Go's Regexp.Expand says: unknown groups are empty."""
    if reference[0] == "$$":
        return "$"
    name = reference[1] if reference[1] is not None else reference[2]
    if name.isdecimal():
        number = int(name)
        return (found.group(number) or "") if number <= found.re.groups else ""
    return (found.group(name) or "") if name in found.re.groupindex else ""


def _compiled(text: str) -> re2._Regexp:
    options = re2.Options()
    options.max_mem = PROGRAM_MAX_BYTES
    options.log_errors = False
    try:
        re2.compile(_searchable(text), options)
        return re2.compile(f"^(?s:{_searchable(text)})$", options)
    except re2.error as error:
        reason = error.args[0] if error.args else "invalid"
        raise InvalidPattern(reason.decode() if isinstance(reason, bytes) else str(reason)) from error


def _searchable(text: str) -> str:
    """RE2 sees only valid UTF-8; bytes that are none (impossible in stored labels) become U+FFFD."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") if not text.isascii() else text


def quote_literal(text: str) -> str:
    """`text` as an expression that matches only itself."""
    return str(re2.escape(text))
