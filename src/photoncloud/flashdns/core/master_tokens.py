"""Master file text → entries of tokens (RFC 1035 §5.1): comments, parentheses over lines, quotes.

Escapes stay in the tokens; whoever knows whether a token is a name or a string resolves them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from photoncloud.flashdns.core.limits import ZoneLimits
from photoncloud.flashdns.core.rdata_text import Quoted
from photoncloud.flashdns.errors import FlashdnsError

# Anything here sends a line down the careful path; other lines are split at blanks.
_SPECIAL = re.compile(r'[";()\\]|[^\t -~]')
_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\f]+)
      | (?P<comment>;.*)
      | (?P<open>\()
      | (?P<close>\))
      | "(?P<quoted>(?:[^"\\]|\\.)*)"
      | (?P<word>(?:[^ \t\r\f";()\\]|\\.)+(?:(?<==)"(?:[^"\\]|\\.)*")?)""",
    re.VERBOSE | re.DOTALL,
)


class Entry(NamedTuple):
    """One logical line: where it starts, whether it starts with a blank, its tokens (at least one)."""

    line: int
    is_indented: bool
    tokens: list[str]


class BadEntry(FlashdnsError):
    """An entry that cannot be split into tokens. `line` is where it went wrong."""

    def __init__(self, code: str, message: str, line: int) -> None:
        super().__init__(code, message)
        self.line = line


def entries(text: str, limits: ZoneLimits) -> Iterator[Entry | BadEntry]:
    """Entries of a file in order; a broken one comes as a BadEntry and the next line starts afresh."""
    pending: _Pending | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if pending is None and len(line) <= limits.line_octets and not _SPECIAL.search(line):
            if tokens := line.split():
                yield Entry(number, line[0] in " \t", tokens)
            continue
        if pending is None:
            pending = _Pending(number, line[:1] in (" ", "\t"))
        try:
            pending.take(line, number, limits)
        except BadEntry as problem:
            pending = None
            yield problem
            continue
        if pending.depth == 0:
            if pending.tokens:
                yield Entry(pending.line, pending.is_indented, pending.tokens)
            pending = None
    if pending is not None:
        yield BadEntry("syntax", "parenthesis is never closed", pending.line)


class _Pending:
    """An entry that may go on over several lines."""

    def __init__(self, line: int, is_indented: bool) -> None:
        self.line = line
        self.is_indented = is_indented
        self.tokens: list[str] = []
        self.depth = 0
        self._size = 0

    def take(self, text: str, number: int, limits: ZoneLimits) -> None:
        """Add the tokens of one physical line. Raises BadEntry."""
        self._size += len(text)
        if len(text) > limits.line_octets or self._size > limits.entry_octets:
            raise BadEntry(
                "limit_exceeded", f"line longer than {limits.line_octets} octets (limits.line_bytes)", number
            )
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise BadEntry("syntax", "quote is never closed, or a backslash ends the line", number)
            position = match.end()
            self._add(match, number)

    def _add(self, match: re.Match[str], number: int) -> None:
        kind, value = match.lastgroup, match.group()
        if kind == "word":
            self.tokens.append(value)
        elif kind == "quoted":
            self.tokens.append(Quoted(match["quoted"]))
        elif kind == "open":
            self.depth += 1
        elif kind == "close":
            self.depth -= 1
            if self.depth < 0:
                raise BadEntry("syntax", "parenthesis closed that was not opened", number)
