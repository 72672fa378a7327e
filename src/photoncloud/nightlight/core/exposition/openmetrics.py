"""OpenMetrics text as a scrape reads it: the grammar is checked, the order of lines is not."""

from __future__ import annotations

import math
import re

from photoncloud.nightlight.core.exposition.page import Exemplar, ExposedSample, MetricType, Page
from photoncloud.nightlight.core.exposition.sample_line import read_head, read_labels, unescaped
from photoncloud.nightlight.core.exposition.text import decoded, family_name
from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.core.sample import parse_float
from photoncloud.nightlight.errors import InvalidExposition

EOF = "# EOF"
EXEMPLAR_CHARACTERS_MAX = 128
"""Names and values of an exemplar's labels together, by the standard."""
SECONDS_MAX = 1e15
_METADATA = re.compile(r"# (HELP|TYPE|UNIT) (.*)")


def parse_openmetrics(body: bytes) -> Page:
    """Read a page. Raises `InvalidExposition` with the first line that is wrong."""
    lines = decoded(body).split("\n")
    if lines and not lines[-1]:
        lines.pop()
    if not lines or lines[-1] != EOF:
        raise InvalidExposition("data does not end with # EOF")
    page = Page()
    for number, line in enumerate(lines[:-1], 1):
        if line == EOF:
            raise InvalidExposition("unexpected data after # EOF", number + 1)
        if line.startswith("#"):
            _metadata(page, line, number)
        elif not line:
            raise InvalidExposition("blank line", number)
        else:
            page.samples.append(read_sample(line, number))
    return page


def _metadata(page: Page, line: str, number: int) -> None:
    found = _METADATA.fullmatch(line)
    if found is None:
        raise InvalidExposition(f"expected HELP, TYPE, UNIT or EOF, got {line[:40]!r}", number)
    name, rest = family_name(found[2], number)
    family = page.family(name)
    match found[1]:
        case "HELP":
            family.help = unescaped(rest)
        case "UNIT":
            if rest and not name.endswith("_" + rest):
                raise InvalidExposition(f"unit {rest!r} is no suffix of metric {name!r}", number)
            family.unit = rest
        case _:
            try:
                family.type = MetricType(rest)
            except ValueError as error:
                raise InvalidExposition(f"invalid metric type {rest!r}", number) from error


def read_sample(line: str, number: int) -> ExposedSample:
    """A sample line with its exemplar. Raises `InvalidExposition`."""
    head = read_head(line, number)
    rest, mark, tail = line[head.end :].partition(" # ")
    words = rest.split()
    if not 1 <= len(words) <= 2:
        raise InvalidExposition("expected a value and at most a timestamp", number)
    value = _number(words[0], "value", number)
    time_ms = milliseconds(words[1], number) if len(words) == 2 else None
    return ExposedSample(head.labels, value, time_ms, _exemplar(tail, number) if mark else None)


def _exemplar(text: str, number: int) -> Exemplar:
    if not text.startswith("{"):
        raise InvalidExposition("expected the labels of an exemplar", number)
    pairs: dict[str, str] = {}
    name, end = read_labels(text, 0, number, pairs)
    words = text[end:].split()
    if name or not 1 <= len(words) <= 2:
        raise InvalidExposition("expected labels, a value and at most a timestamp of an exemplar", number)
    if sum(len(own) + len(value) for own, value in pairs.items()) > EXEMPLAR_CHARACTERS_MAX:
        raise InvalidExposition(f"labels of an exemplar exceed {EXEMPLAR_CHARACTERS_MAX} characters", number)
    time_ms = milliseconds(words[1], number) if len(words) == 2 else None
    return Exemplar(Labels.of(pairs), _number(words[0], "exemplar value", number), time_ms)


def _number(text: str, what: str, number: int) -> float:
    try:
        return parse_float(text)
    except ValueError as error:
        raise InvalidExposition(f"invalid {what} {text!r}", number) from error


def milliseconds(text: str, number: int) -> int:
    """A timestamp in seconds."""
    seconds = _number(text, "timestamp", number)
    if not math.isfinite(seconds) or abs(seconds) > SECONDS_MAX:
        raise InvalidExposition(f"invalid timestamp {text!r}", number)
    return round(seconds * 1000)
