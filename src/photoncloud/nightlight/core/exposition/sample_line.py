"""Grammar: a sample line, common to the text format and OpenMetrics."""

from __future__ import annotations

import re
from dataclasses import dataclass

from photoncloud.nightlight.core.exposition.page import normalised
from photoncloud.nightlight.core.labels import METRIC_NAME, Labels
from photoncloud.nightlight.errors import InvalidExposition

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
LABEL = re.compile(r'[ \t]*([a-zA-Z_][a-zA-Z0-9_]*|"(?:[^"\\\n]|\\.)*")[ \t]*', re.ASCII)
QUOTED = re.compile(r'[ \t]*"((?:[^"\\\n]|\\.)*)"[ \t]*')
_ESCAPES = re.compile(r'\\([\\"n])')


@dataclass(frozen=True, slots=True)
class Head:
    """Name and labels of a sample line, and where what follows begins."""

    labels: Labels
    end: int


def unescaped(text: str) -> str:
    r"""The value of a label or help text: `\\`, `\"`, `\n`; other escapes stay as they are."""
    return text if "\\" not in text else _ESCAPES.sub(lambda found: "\n" if found[1] == "n" else found[1], text)


def read_head(line: str, number: int) -> Head:
    """`name{label="value", …}` or `{"quoted name", …}` at the start of a line. Raises `InvalidExposition`."""
    found = NAME.match(line)
    index = found.end() if found else 0
    name = found[0] if found else ""
    while index < len(line) and line[index] in " \t":
        index += 1
    pairs: dict[str, str] = {}
    if index < len(line) and line[index] == "{":
        quoted, index = read_labels(line, index, number, pairs)
        if name and quoted:
            raise InvalidExposition("metric name already set", number)
        name = name or quoted
    elif found and index < len(line):
        index = found.end()
    if not name:
        raise InvalidExposition(f"expected a metric name, got {line[:40]!r}", number)
    pairs[METRIC_NAME] = name
    return Head(Labels.of(pairs), index)


def read_labels(line: str, index: int, number: int, pairs: dict[str, str]) -> tuple[str, int]:
    """Fill `pairs` from the braces at `index`; the quoted metric name in them and the index behind."""
    index += 1
    quoted_name = ""
    while True:
        while index < len(line) and line[index] in " \t":
            index += 1
        if line.startswith("}", index):
            return quoted_name, index + 1
        label = LABEL.match(line, index)
        if label is None:
            raise InvalidExposition(f"expected a label name, got {line[index : index + 20]!r}", number)
        name, index = label[1], label.end()
        is_quoted = name.startswith('"')
        name = unescaped(name[1:-1]) if is_quoted else name
        if line.startswith("=", index):
            value = QUOTED.match(line, index + 1)
            if value is None:
                raise InvalidExposition(f"expected a quoted value of label {name!r}", number)
            if name in pairs or not name:
                raise InvalidExposition(f"label {name!r} stands twice", number)
            pairs[name], index = normalised(name, unescaped(value[1])), value.end()
        elif is_quoted and not quoted_name and name:
            quoted_name = name
        else:
            raise InvalidExposition(f"expected `=` after label {name!r}", number)
        if line.startswith(",", index):
            index += 1
        elif not line.startswith("}", index):
            raise InvalidExposition("expected `,` or `}` after a label", number)
