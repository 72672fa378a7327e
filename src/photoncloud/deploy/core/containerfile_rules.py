"""Static rules for the image build file, for machines without a container engine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

_KNOWN = frozenset(
    {"FROM", "ARG", "ENV", "RUN", "COPY", "ADD", "USER", "LABEL", "HEALTHCHECK"}
    | {"STOPSIGNAL", "ENTRYPOINT", "CMD", "VOLUME", "WORKDIR", "EXPOSE", "SHELL"}
)
_SECRET_WORDS = re.compile(r"(?i)(password|secret_key|token|private_key)\s*=\s*\S")


@dataclass(frozen=True, slots=True)
class Instruction:
    line: int
    word: str
    rest: str


def instructions(text: str) -> tuple[Instruction, ...]:
    """Instructions with continuation lines joined; comments dropped. `word` is upper-case."""
    found = []
    pending, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        start = start or number
        pending += stripped.removesuffix("\\").rstrip() + " "
        if not stripped.endswith("\\"):
            word, _, rest = pending.strip().partition(" ")
            found.append(Instruction(start, word.upper(), rest.strip()))
            pending, start = "", 0
    return tuple(found)


def findings(text: str) -> tuple[str, ...]:
    """Every broken rule as `line N: what`; empty when the file is as it must be."""
    parts = instructions(text)
    return (*_of_each(parts), *_of_bases(parts), *_of_last_stage(parts))


def _of_each(parts: tuple[Instruction, ...]) -> Iterator[str]:
    for part in parts:
        if part.word not in _KNOWN:
            yield f"line {part.line}: {part.word} is not an instruction"
        if part.word == "ADD" and re.search(r"(?i)\b(https?|ftp|git)://|git@", part.rest):
            yield f"line {part.line}: ADD fetches from the network"
        if re.search(r":latest\b", part.rest):
            yield f"line {part.line}: 'latest' names no version"
        if _SECRET_WORDS.search(part.rest):
            yield f"line {part.line}: a secret would stay in a layer"


def _of_bases(parts: tuple[Instruction, ...]) -> Iterator[str]:
    defaults = dict(part.rest.split("=", 1) for part in parts if part.word == "ARG" and "=" in part.rest)
    stages: set[str] = set()
    if not any(part.word == "FROM" for part in parts):
        yield "line 1: no FROM"
    for part in (part for part in parts if part.word == "FROM"):
        words = part.rest.split()
        base = re.sub(r"\$\{?(\w+)\}?", lambda m: defaults.get(m.group(1), ""), words[0])
        name = words[2] if len(words) == 3 and words[1].upper() == "AS" else ""
        if name in stages:
            yield f"line {part.line}: two stages are named {name}"
        if base not in stages and not re.search(r"[:@][^/]+\Z", base):
            yield f"line {part.line}: base image {words[0]} has neither a tag nor a digest"
        stages.add(name)


def _of_last_stage(parts: tuple[Instruction, ...]) -> Iterator[str]:
    start = max((n for n, part in enumerate(parts) if part.word == "FROM"), default=0)
    last = {part.word: part for part in parts[start:]}
    for word in ("USER", "HEALTHCHECK", "STOPSIGNAL", "ENTRYPOINT"):
        if word not in last:
            yield f"the last stage has no {word}"
    user = last["USER"].rest.split(":")[0] if "USER" in last else ""
    if "USER" in last and (not user.isdigit() or int(user) == 0):
        yield f"line {last['USER'].line}: USER is a number other than 0"
    if "ENTRYPOINT" in last and not _is_exec_form(last["ENTRYPOINT"].rest):
        yield f"line {last['ENTRYPOINT'].line}: ENTRYPOINT is a list of words, so that signals reach the program"


def _is_exec_form(text: str) -> bool:
    try:
        words = json.loads(text)
    except ValueError:
        return False
    return isinstance(words, list) and bool(words) and all(isinstance(word, str) for word in words)
