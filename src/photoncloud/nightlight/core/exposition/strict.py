"""OpenMetrics text 1.0 by the letter: what `check metrics --strict` accepts."""

from __future__ import annotations

import re

from photoncloud.nightlight.core.exposition.openmetrics import EOF
from photoncloud.nightlight.core.exposition.page import MetricType
from photoncloud.nightlight.core.exposition.strict_family import SUFFIXES, FamilyCheck
from photoncloud.nightlight.core.exposition.strict_line import read_strict_sample
from photoncloud.nightlight.core.exposition.text import decoded
from photoncloud.nightlight.errors import InvalidExposition

_METADATA = re.compile(r"# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)", re.ASCII | re.DOTALL)


def check_openmetrics(body: bytes) -> None:
    """Raises `InvalidExposition` with the first line that the standard does not allow."""
    text = decoded(body)
    if text.startswith("\ufeff"):
        raise InvalidExposition("byte order mark", 1)
    if "\r" in text:
        raise InvalidExposition("carriage return", text.count("\n", 0, text.index("\r")) + 1)
    lines = text.removesuffix("\n").split("\n")
    if lines[-1] != EOF:
        raise InvalidExposition("data does not end with # EOF", len(lines))
    checker = _PageCheck()
    for number, line in enumerate(lines[:-1], 1):
        checker.line(line, number)
    checker.end(len(lines))


class _PageCheck:
    """The order of families and what names they take."""

    def __init__(self) -> None:
        self._family: FamilyCheck | None = None
        self._taken: set[str] = set()

    def line(self, line: str, number: int) -> None:
        if line == EOF:
            raise InvalidExposition("more data after # EOF", number + 1)
        if not line:
            raise InvalidExposition("blank line", number)
        if line.startswith("#"):
            self._metadata(line, number)
        else:
            self._sample(line, number)

    def end(self, number: int) -> None:
        if self._family is None:
            return
        self._family.end(number)
        names = {self._family.name + suffix for suffix in ("", *SUFFIXES[self._family.type])}
        if clash := names & self._taken:
            raise InvalidExposition(f"name {min(clash)!r} belongs to two families", number)
        self._taken |= names
        self._family = None

    def _begin(self, name: str, number: int) -> FamilyCheck:
        self.end(number)
        if name in self._taken:
            raise InvalidExposition(f"lines of {name!r} are not together, or its name is taken", number)
        self._family = FamilyCheck(name)
        return self._family

    def _metadata(self, line: str, number: int) -> None:
        found = _METADATA.fullmatch(line)
        if found is None:
            raise InvalidExposition("expected `# TYPE`, `# UNIT` or `# HELP`, a name and a text", number)
        kind, name, text = found.groups()
        family = self._family
        if family is None or family.name != name:
            family = self._begin(name, number)
        if family.has_samples:
            raise InvalidExposition(f"metadata of {name!r} after its samples", number)
        if kind in family.metadata:
            raise InvalidExposition(f"{kind} of {name!r} stands twice", number)
        family.metadata[kind] = text
        if kind == "TYPE":
            try:
                family.type = MetricType(text)
            except ValueError as error:
                raise InvalidExposition(f"invalid metric type {text!r}", number) from error

    def _sample(self, line: str, number: int) -> None:
        sample = read_strict_sample(line, number)
        family = self._family
        if family is None or not family.takes(sample.name):
            family = self._begin(sample.name, number)
        family.sample(sample, number)
