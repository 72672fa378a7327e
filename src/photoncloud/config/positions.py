"""Lines and columns of the keys of a TOML document that `tomllib` has already accepted.

The scanner decides nothing: it follows brackets, quotes and dots just far enough to say where each key stands. A
path is a tuple of keys and list indices. The seam of a native twin is `scan(text) -> positions`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any

RawPath = tuple[Any, ...]
Place = tuple[int, int]

SPACE = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
BLANK = re.compile(r"[ \t]*")
BARE = re.compile(r"[A-Za-z0-9_-]+")
PLAIN_VALUE = re.compile(r"[^,\]}\r\n#]*")
# Most lines are one bare key and one plain value, or a list of plain values; they are read with one match. The items of
# such a list have the place of its key.
PLAIN = r"""(?:"[^"\\\n]*"|'[^'\n]*'|[^"'\[\]{}\n\#,\s]+)"""
SIMPLE_LINE = re.compile(
    rf"[ \t]*([A-Za-z0-9_-]+)[ \t]*=[ \t]*(?:{PLAIN}|\[[ \t]*(?:{PLAIN}(?:[ \t]*,[ \t]*{PLAIN})*)?[ \t]*\])"
    r"[ \t]*(?:\#[^\n]*)?(?:\n|\Z)"
)
STRINGS = (
    ('"""', re.compile(r'"""(?:[^\\"]|\\.|"(?!"")|"(?="""))*"""(?!")', re.S)),
    ("'''", re.compile(r"'''(?:[^']|'(?!'')|'(?='''))*'''(?!')", re.S)),
    ('"', re.compile(r'"(?:[^"\\\n]|\\.)*"')),
    ("'", re.compile(r"'[^'\n]*'")),
)
ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.S)
ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


def scan(text: str) -> dict[RawPath, Place]:
    """Path → (line, column), both from 1, of every key and table header. Never raises on a valid document."""
    return _Scanner(text).run()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: dict[RawPath, Place] = {}
        self.line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        # Arrays of tables seen so far → index of the entry that headers below it mean.
        self.open_entries: dict[RawPath, int] = {}

    def run(self) -> dict[RawPath, Place]:
        prefix: RawPath = ()
        text, places, simple = self.text, self.places, SIMPLE_LINE.match
        while True:
            while match := simple(text, self.at):
                places[(*prefix, match[1])] = self.place(match.start(1))
                self.at = match.end()
            self.skip(SPACE)
            start = self.at
            if start >= len(text):
                return places
            if text[start] == "[":
                prefix = self.header()
            elif not simple(text, start):
                self.pair(prefix)
                if self.at == start:
                    return places

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()

    def place(self, offset: int) -> Place:
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def header(self) -> RawPath:
        is_entry = self.text.startswith("[[", self.at)
        self.at += 2 if is_entry else 1
        self.skip(BLANK)
        keys = self.keys()
        closing = self.text.find("]", self.at)
        self.at = len(self.text) if closing < 0 else closing + (2 if is_entry else 1)
        path: RawPath = ()
        for index, (segment, offset) in enumerate(keys):
            path = (*path, segment)
            self.places.setdefault(path, self.place(offset))
            if index < len(keys) - 1 or not is_entry:
                path = self.entry(path)
        if is_entry and keys:
            number = self.open_entries[path] = self.open_entries.get(path, -1) + 1
            path = (*path, number)
            self.places[path] = self.place(keys[-1][1])
        return path

    def entry(self, path: RawPath) -> RawPath:
        return (*path, self.open_entries[path]) if path in self.open_entries else path

    def keys(self) -> list[tuple[str, int]]:
        """A dotted key at the current place: its segments with their offsets."""
        found: list[tuple[str, int]] = []
        while True:
            self.skip(BLANK)
            offset = self.at
            segment = self.segment()
            if segment is None:
                return found
            found.append((segment, offset))
            self.skip(BLANK)
            if not self.text.startswith(".", self.at):
                return found
            self.at += 1

    def segment(self) -> str | None:
        match = BARE.match(self.text, self.at)
        if match:
            self.at = match.end()
            return match.group()
        for quote, pattern in STRINGS[2:]:
            match = pattern.match(self.text, self.at)
            if match:
                self.at = match.end()
                inner = match.group()[1:-1]
                return ESCAPE.sub(_unescape, inner) if quote == '"' else inner
        return None

    def pair(self, prefix: RawPath) -> None:
        path = prefix
        for segment, offset in self.keys():
            path = (*path, segment)
            self.places.setdefault(path, self.place(offset))
        if self.text.startswith("=", self.at):
            self.at += 1
        self.skip(BLANK)
        self.value(path)

    def value(self, path: RawPath) -> None:
        start = self.text[self.at : self.at + 1]
        if start == "[":
            self.array(path)
        elif start == "{":
            self.inline_table(path)
        elif start in ('"', "'"):
            self.string()
        else:
            self.skip(PLAIN_VALUE)

    def string(self) -> None:
        for quote, pattern in STRINGS:
            if self.text.startswith(quote, self.at):
                match = pattern.match(self.text, self.at)
                self.at = match.end() if match else len(self.text)
                return

    def array(self, path: RawPath) -> None:
        self.at += 1
        index = 0
        while True:
            self.skip(SPACE)
            if self.at >= len(self.text):
                return
            if self.text[self.at] == "]":
                self.at += 1
                return
            here = self.at
            self.places[(*path, index)] = self.place(here)
            self.value((*path, index))
            self.skip(SPACE)
            if self.text.startswith(",", self.at):
                self.at += 1
            if self.at == here:
                return
            index += 1

    def inline_table(self, path: RawPath) -> None:
        self.at += 1
        while True:
            self.skip(SPACE)
            if self.at >= len(self.text):
                return
            if self.text[self.at] == "}":
                self.at += 1
                return
            here = self.at
            self.pair(path)
            self.skip(SPACE)
            if self.text.startswith(",", self.at):
                self.at += 1
            if self.at == here:
                return


def _unescape(match: re.Match[str]) -> str:
    code = match.group(1)
    if code[0] in "uU":
        return chr(int(code[1:], 16))
    return ESCAPED.get(code, code)
