"""The notation of series in PromQL unit tests: `up{job="a"} 0+1x4 _ stale {{schema:0 sum:1 count:2 buckets:[1
1]}}x2`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from photoncloud.nightlight.core.histogram import FloatHistogram, ResetHint
from photoncloud.nightlight.core.histogram_arithmetic import added
from photoncloud.nightlight.core.labels import METRIC_NAME, Labels
from photoncloud.nightlight.core.promql.selector_parser import matcher_list
from photoncloud.nightlight.core.promql.token_stream import TokenStream
from photoncloud.nightlight.core.sample import STALE, parse_float
from photoncloud.nightlight.errors import InvalidNotation, ParseError

VALUES_MAX = 1_000_000
"""Values one item may expand to: a slip of the pen must not exhaust memory."""

Item = float | FloatHistogram | None
"""None = no sample at that place; a stale marker is a float with the stale bits."""


@dataclass(frozen=True, slots=True)
class SeriesValues:
    """A series and its values, one per step."""

    labels: Labels
    values: tuple[Item, ...]


_HISTOGRAM = r"\{\{[^}]*\}\}"
_NUMBER = r"(?:[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?[iI]nf|[nN]a[nN])"
_ITEM = re.compile(
    rf"(?P<gap>_)(?:x(?P<gaps>[0-9]+))?|(?P<stale>stale)"
    rf"|(?P<histogram>{_HISTOGRAM})(?:(?P<sign>[+-])(?P<step>{_HISTOGRAM}))?(?:x(?P<times>[0-9]+))?"
    rf"|(?P<number>{_NUMBER})(?:(?P<delta>[+-]{_NUMBER.replace('[+-]?', '')}))?(?:x(?P<repeats>[0-9]+))?"
)


def parse_series(text: str) -> SeriesValues:
    """A series with its values. Raises `InvalidNotation`."""
    head, rest = _split(text.strip())
    return SeriesValues(_labels(head), parse_values(rest))


def parse_labels(text: str) -> Labels:
    """The labels of `name{a="b"}`, `{a="b"}`, `name` or `{}`. Raises `InvalidNotation`."""
    return _labels(text.strip())


def _split(text: str) -> tuple[str, str]:
    """The series and the values behind it."""
    in_quotes, depth = "", 0
    for index, character in enumerate(text):
        if in_quotes:
            in_quotes = "" if character == in_quotes and text[index - 1] != "\\" else in_quotes
        elif character in "\"'`" and depth:
            in_quotes = character
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
        elif character in " \t" and not depth:
            following = text[index:].lstrip()
            if not following.startswith("{") or following.startswith("{{") or "{" in text[:index]:
                return text[:index], following
    return text, ""


def _labels(text: str) -> Labels:
    """Matchers of a selector read as labels; a name-less empty set is `{}`."""
    name, brace, _ = text.partition("{")
    name = name.strip()
    if not brace:
        return Labels.of({METRIC_NAME: name})
    try:
        matchers, quoted = matcher_list(TokenStream(text[len(text.partition("{")[0]) :]))
    except ParseError as error:
        raise InvalidNotation(str(error)) from error
    labels = {matcher.name: matcher.value for matcher in matchers}
    if name or quoted:
        labels[METRIC_NAME] = name or quoted
    return Labels.of(labels)


def parse_values(text: str) -> tuple[Item, ...]:
    """The values behind a series. Raises `InvalidNotation`."""
    values: list[Item] = []
    index = 0
    while index < len(text):
        if text[index] in " \t":
            index += 1
            continue
        found = _ITEM.match(text, index)
        if found is None or (found.end() < len(text) and text[found.end()] not in " \t"):
            raise InvalidNotation(f"unexpected {text[index : index + 20]!r} in series values")
        values += _expanded(found)
        index = found.end()
    return tuple(values)


def _expanded(found: re.Match[str]) -> list[Item]:
    if found["stale"]:
        return [STALE]
    if found["gap"]:
        return [None] * _repeats(found["gaps"] or "1")
    if found["histogram"]:
        return _histograms(found)
    first = parse_float(found["number"])
    if found["repeats"] is None:
        if found["delta"]:
            raise InvalidNotation("a step without a number of repeats in series values")
        return [first]
    values: list[Item] = [first]
    step = parse_float(found["delta"]) if found["delta"] else 0.0
    for _ in range(_repeats(found["repeats"])):
        first += step
        values.append(first)
    return values


def _repeats(digits: str) -> int:
    if int(digits) > VALUES_MAX:
        raise InvalidNotation(f"more than {VALUES_MAX} values")
    return int(digits)


def _histograms(found: re.Match[str]) -> list[Item]:
    current = parse_histogram(found["histogram"])
    values: list[Item] = [current]
    step = parse_histogram(found["step"]) if found["step"] else None
    for _ in range(_repeats(found["times"] or "0")):
        if step is not None:
            total = added(current, step, -1.0 if found["sign"] == "-" else 1.0)
            if total is None:
                raise InvalidNotation("histograms with exponential and custom buckets cannot be added")
            current = total.histogram
        values.append(current)
    return values


_FIELD = re.compile(r"\s*([a-z_]+):(\[[^\]]*\]|[^\s\]]+)")


def parse_histogram(text: str) -> FloatHistogram:
    """`{{schema:0 sum:1 count:2 z_bucket:1 buckets:[1 2] offset:0 …}}` with any fields. Raises `InvalidNotation`."""
    fields: dict[str, str] = {}
    body = text.strip()[2:-2]
    index = 0
    while body[index:].strip():
        found = _FIELD.match(body, index)
        if found is None or found[1] in fields:
            raise InvalidNotation(f"unexpected {body[index:].strip()[:20]!r} in histogram")
        fields[found[1]] = found[2]
        index = found.end()
    histogram = FloatHistogram(
        schema=int(fields.pop("schema", "0")),
        zero_threshold=parse_float(fields.pop("z_bucket_w", "0")),
        zero_count=parse_float(fields.pop("z_bucket", "0")),
        count=parse_float(fields.pop("count", "0")),
        sum=parse_float(fields.pop("sum", "0")),
        positive=_buckets(fields.pop("buckets", ""), fields.pop("offset", "0")),
        negative=_buckets(fields.pop("n_buckets", ""), fields.pop("n_offset", "0")),
        custom_bounds=tuple(_numbers(fields.pop("custom_values", ""))),
        hint=ResetHint(fields.pop("counter_reset_hint", "unknown")),
    )
    if fields:
        raise InvalidNotation(f"unknown field {next(iter(fields))!r} in histogram")
    return histogram


def _numbers(text: str) -> list[float]:
    return [parse_float(word) for word in text.strip("[]").split()]


def _buckets(text: str, offset: str) -> dict[int, float]:
    return {int(offset) + place: count for place, count in enumerate(_numbers(text))}
