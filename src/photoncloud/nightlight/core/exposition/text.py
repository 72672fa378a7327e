"""The Prometheus text format, 0.0.4 and 1.0.0: the page of a scrape."""

from __future__ import annotations

from photoncloud.nightlight.core.exposition.page import ExposedSample, MetricType, Page
from photoncloud.nightlight.core.exposition.sample_line import NAME, QUOTED, read_head, unescaped
from photoncloud.nightlight.core.sample import parse_float
from photoncloud.nightlight.errors import InvalidExposition

TYPES = {
    "counter": MetricType.COUNTER,
    "gauge": MetricType.GAUGE,
    "histogram": MetricType.HISTOGRAM,
    "summary": MetricType.SUMMARY,
    "untyped": MetricType.UNKNOWN,
    "unknown": MetricType.UNKNOWN,
}
TIME_LIMIT_MS = 1 << 63


def parse_text(body: bytes) -> Page:
    """Read a page. Raises `InvalidExposition` with the first line that is wrong."""
    page = Page()
    for number, line in enumerate(decoded(body).split("\n"), 1):
        stripped = line.strip(" \t\r")
        if not stripped:
            continue
        if stripped.startswith("#"):
            _comment(page, stripped, number)
        else:
            page.samples.append(_sample(stripped, number))
    return page


def decoded(body: bytes) -> str:
    """The text of a page; invalid UTF-8 names its line."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidExposition("invalid UTF-8", body.count(b"\n", 0, error.start) + 1) from error


def _comment(page: Page, line: str, number: int) -> None:
    """`# HELP` and `# TYPE`; any other comment says nothing."""
    words = line[1:].split(None, 1)
    if len(words) < 2 or words[0] not in ("HELP", "TYPE"):
        return
    name, rest = family_name(words[1], number)
    if words[0] == "HELP":
        page.family(name).help = unescaped(rest)
    elif rest.strip() in TYPES:
        page.family(name).type = TYPES[rest.strip()]
    else:
        raise InvalidExposition(f"invalid metric type {rest.strip()!r}", number)


def family_name(text: str, number: int) -> tuple[str, str]:
    """The name at the start of a metadata line, bare or quoted, and what follows it."""
    found = NAME.match(text) or QUOTED.match(text)
    if found is None:
        raise InvalidExposition(f"expected a metric name, got {text[:40]!r}", number)
    name = unescaped(found[1]) if found.re is QUOTED else found[0]
    return name, text[found.end() :].lstrip(" \t")


def _sample(line: str, number: int) -> ExposedSample:
    head = read_head(line, number)
    words = line[head.end :].split()
    if not 1 <= len(words) <= 2:
        raise InvalidExposition("expected a value and at most a timestamp", number)
    try:
        value = parse_float(words[0])
    except ValueError as error:
        raise InvalidExposition(f"invalid value {words[0]!r}", number) from error
    time_ms: int | None = None
    if len(words) == 2:
        time_ms = _time(words[1], number)
    return ExposedSample(head.labels, value, time_ms)


def _time(text: str, number: int) -> int:
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19 and int(digits) < TIME_LIMIT_MS):
        raise InvalidExposition(f"invalid timestamp {text!r}", number)
    return int(text)
