"""Grammar: a sample line of strict OpenMetrics; single spaces, decimal numbers, no trailing comma."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from photoncloud.nightlight.core.exposition.openmetrics import EXEMPLAR_CHARACTERS_MAX
from photoncloud.nightlight.errors import InvalidExposition

_NUMBER = r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?|(?i:inf|infinity|nan))"
_PAIR = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\.)*"'
_LABELS = rf"\{{(?:{_PAIR}(?:,{_PAIR})*)?\}}"
_SAMPLE = re.compile(
    rf"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?P<labels>{_LABELS})? (?P<value>{_NUMBER})(?: (?P<time>{_NUMBER}))?"
    rf"(?P<exemplar> # (?P<own>{_LABELS}) (?:{_NUMBER})(?: (?P<at>{_NUMBER}))?)?",
    re.ASCII | re.DOTALL,
)
_PAIRS = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\.)*)"', re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class StrictSample:
    """`time` is exact seconds, None = not given."""

    name: str
    labels: dict[str, str]
    value: float
    time: Fraction | None
    has_exemplar: bool


def read_strict_sample(line: str, number: int) -> StrictSample:
    """Raises `InvalidExposition`."""
    found = _SAMPLE.fullmatch(line)
    if found is None:
        raise InvalidExposition(f"expected a sample, got {line[:60]!r}", number)
    if found["own"] is not None:
        exemplar = _pairs(found["own"], number)
        if sum(len(name) + len(value) for name, value in exemplar.items()) > EXEMPLAR_CHARACTERS_MAX:
            raise InvalidExposition(f"labels of an exemplar exceed {EXEMPLAR_CHARACTERS_MAX} characters", number)
        _time(found["at"], number)
    return StrictSample(
        found["name"],
        _pairs(found["labels"] or "", number),
        float(found["value"]),
        _time(found["time"], number),
        found["exemplar"] is not None,
    )


def _pairs(text: str, number: int) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for name, value in _PAIRS.findall(text):
        if name in pairs:
            raise InvalidExposition(f"label {name!r} stands twice", number)
        pairs[name] = value
    return pairs


def _time(text: str | None, number: int) -> Fraction | None:
    if text is None:
        return None
    if not math.isfinite(float(text)):
        raise InvalidExposition("a timestamp must be finite", number)
    return Fraction(text)
