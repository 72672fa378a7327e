"""The language of PromQL test files: commands cut out of a text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from photoncloud.nightlight.core.duration import parse_duration
from photoncloud.nightlight.core.promql.series_notation import SeriesValues, parse_series
from photoncloud.nightlight.core.promql.token_stream import TokenStream
from photoncloud.nightlight.core.sample import parse_float

EVAL = re.compile(
    r"(?P<command>eval(?:_fail|_warn|_info|_ordered)?)\s+"
    r"(?:instant\s+at\s+(?P<at>\S+)|range\s+from\s+(?P<start>\S+)\s+to\s+(?P<end>\S+)\s+step\s+(?P<step>\S+))\s+(?P<query>.*)"
)
RANGE_VECTOR = re.compile(r"from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)")
CONDITION = re.compile(r"(?P<kind>msg|regex)\s*:\s*(?P<text>.*)")


@dataclass(frozen=True)
class Condition:
    """A text an error or annotation must equal (`msg`) or contain a match of (`regex`); both empty = any."""

    kind: str = ""
    text: str = ""

    def accepts(self, actual: str) -> bool:
        if self.kind == "msg":
            return actual == self.text
        return self.kind == "" or re.search(self.text, actual) is not None


@dataclass
class Load:
    series: list[SeriesValues]
    step_ms: int
    with_nhcb: bool


@dataclass
class Eval:
    """One evaluation and everything it expects."""

    line: int
    query: str
    times: tuple[int, int, int]
    is_range: bool
    fails: list[Condition] = field(default_factory=list)
    warnings: list[Condition] = field(default_factory=list)
    infos: list[Condition] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    is_ordered: bool = False
    string: str | None = None
    scalar: float | None = None
    matrix_times: tuple[int, int, int] | None = None
    series: list[SeriesValues] = field(default_factory=list)


class Clear:
    """Empty storage."""


def parse_script(text: str) -> list[Load | Eval | Clear]:
    lines = [("" if line.strip().startswith("#") else line.strip()) for line in text.splitlines()]
    commands: list[Load | Eval | Clear] = []
    number = 0
    while number < len(lines):
        if not lines[number]:
            number += 1
            continue
        end = number + 1
        while lines[number] != "clear" and end < len(lines) and lines[end]:
            end += 1
        commands.append(_command(lines[number:end], number + 1))
        number = end
    return commands


def _command(block: list[str], line: int) -> Load | Eval | Clear:
    head = block[0]
    if head == "clear":
        return Clear()
    if head.startswith("load"):
        word, step = head.split()
        return Load([parse_series(text) for text in block[1:]], parse_duration(step), word == "load_with_nhcb")
    found = EVAL.fullmatch(head)
    assert found, f"line {line}: {head}"
    if found["at"]:
        at = _time(found["at"])
        own = Eval(line, found["query"], (at, at, 1), is_range=False)
    else:
        own = Eval(
            line, found["query"], (_time(found["start"]), _time(found["end"]), _time(found["step"])), is_range=True
        )
    _deprecated(own, found["command"])
    for text in block[1:]:
        _expectation(own, text)
    return own


def _time(text: str) -> int:
    return round(float(text) * 1000) if re.fullmatch(r"[0-9.]+", text) else parse_duration(text)


def _deprecated(own: Eval, command: str) -> None:
    match command:
        case "eval_fail":
            own.fails.append(Condition())
        case "eval_warn":
            own.warnings.append(Condition())
        case "eval_info":
            own.infos.append(Condition())
        case "eval_ordered":
            own.is_ordered = True


def _expectation(own: Eval, text: str) -> None:
    if not text.startswith("expect "):
        _result(own, text)
        return
    kind, _, rest = text[len("expect ") :].strip().partition(" ")
    match kind:
        case "fail" | "warn" | "info":
            found = CONDITION.fullmatch(rest.strip())
            condition = Condition(found["kind"], found["text"].strip()) if found else Condition()
            {"fail": own.fails, "warn": own.warnings, "info": own.infos}[kind].append(condition)
        case "no_warn" | "no_info":
            own.forbidden.add(kind[3:])
        case "ordered":
            own.is_ordered = True
        case "string":
            own.string = TokenStream(rest.strip()).current.value
        case "range":
            found = RANGE_VECTOR.search(rest)
            assert found
            own.matrix_times = (_time(found[1]), _time(found[2]), _time(found[3]))
        case _:
            raise AssertionError(text)


def _result(own: Eval, text: str) -> None:
    try:
        own.scalar = parse_float(text)
    except ValueError:
        own.series.append(parse_series(text))
