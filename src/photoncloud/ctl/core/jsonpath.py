"""Kubernetes' dialect of JSONPath: `{.items[*].metadata.name}`, ranges, filters, slices, literals.

    evaluate('{range .items[*]}{.name}{"\\n"}{end}', document) -> text

A path that leads nowhere gives nothing. Several results of one path are separated by a space. Not RFC 9535: text
stands outside braces, `$` and `@` may be left out, filters are `[?(@.x=="y")]`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

TEMPLATE_CHARACTERS_MAX = 10_000
Step = Callable[[Any], Iterator[Any]]


class JsonPathWrong(ValueError):
    """The template cannot be understood; the message says where."""


@dataclass(frozen=True, slots=True)
class _Text:
    text: str


@dataclass(frozen=True, slots=True)
class _Path:
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Range:
    path: _Path
    body: tuple[Any, ...]


def evaluate(template: str, document: Any) -> str:
    """The text a template gives for a document. Raises JsonPathWrong."""
    nodes, rest = _parse(_pieces(template), inside_range=False)
    if rest:
        raise JsonPathWrong("{end} without {range}")
    return "".join(_rendered(nodes, document))


def find(path: str, document: Any) -> list[Any]:
    """Values at one path, with or without braces. Raises JsonPathWrong."""
    text = path.strip()
    inner = text[1:-1] if text.startswith("{") and text.endswith("}") else text
    return list(_follow(_path(inner).steps, document))


def as_text(value: Any) -> str:
    """Scalars bare, everything else as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False)


def _pieces(template: str) -> list[tuple[bool, str]]:
    """(is_in_braces, text) in order; quotes inside braces may hold braces."""
    if len(template) > TEMPLATE_CHARACTERS_MAX:
        raise JsonPathWrong(f"longer than {TEMPLATE_CHARACTERS_MAX} characters")
    pieces = []
    position = 0
    pattern = re.compile(r"""\{((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^{}"'])*)\}""")
    while position < len(template):
        start = template.find("{", position)
        if start < 0:
            pieces.append((False, template[position:]))
            break
        if start > position:
            pieces.append((False, template[position:start]))
        match = pattern.match(template, start)
        if match is None:
            raise JsonPathWrong(f"no closing brace after {template[start : start + 20]!r}")
        pieces.append((True, match.group(1).strip()))
        position = match.end()
    return pieces


def _parse(pieces: list[tuple[bool, str]], *, inside_range: bool) -> tuple[tuple[Any, ...], list[tuple[bool, str]]]:
    """Nodes up to the matching `{end}`, and the pieces after it."""
    nodes: list[Any] = []
    while pieces:
        (is_expression, text), pieces = pieces[0], pieces[1:]
        if not is_expression:
            nodes.append(_Text(text))
        elif text == "end":
            if not inside_range:
                raise JsonPathWrong("{end} without {range}")
            return tuple(nodes), pieces
        elif text.startswith("range "):
            body, pieces = _parse(pieces, inside_range=True)
            nodes.append(_Range(_path(text.removeprefix("range ")), body))
        elif text[:1] in "\"'" and text:
            nodes.append(_Text(_literal(text)))
        else:
            nodes.append(_path(text))
    if inside_range:
        raise JsonPathWrong("{range} without {end}")
    return tuple(nodes), []


def _rendered(nodes: tuple[Any, ...], document: Any) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, _Text):
            yield node.text
        elif isinstance(node, _Path):
            yield " ".join(as_text(value) for value in _follow(node.steps, document))
        else:
            for item in _follow(node.path.steps, document):
                yield from _rendered(node.body, item)


def _follow(steps: tuple[Step, ...], value: Any) -> Iterator[Any]:
    if not steps:
        yield value
        return
    for item in steps[0](value):
        yield from _follow(steps[1:], item)


def _literal(text: str) -> str:
    if len(text) < 2 or text[-1] != text[0]:
        raise JsonPathWrong(f"unclosed text {text!r}")
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t", "r": "\r"}.get(m.group(1), m.group(1)), text[1:-1])


_NAME = re.compile(r"(?:[\w/-]|\\.)+")
_BRACKET = re.compile(r"""\[((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\[\]"']|\[[^\]]*\])*)\]""")


def _path(text: str) -> _Path:
    text = text.strip()
    position = 1 if text[:1] in ("$", "@") else 0
    steps: list[Step] = []
    while position < len(text):
        if text.startswith("..", position):
            steps.append(_descendants)
            position += 1 if text[position + 2 : position + 3] not in ("[", "*") else 2
        elif text[position] == ".":
            position = _member(text, position + 1, steps)
        elif text[position] == "[":
            match = _BRACKET.match(text, position)
            if match is None:
                raise JsonPathWrong(f"no closing bracket in {text!r}")
            steps.append(_subscript(match.group(1).strip()))
            position = match.end()
        elif text[position] == "*":
            steps.append(_every)
            position += 1
        else:
            position = _member(text, position, steps)
    return _Path(tuple(steps))


def _member(text: str, position: int, steps: list[Step]) -> int:
    if position >= len(text) or text[position] == "[":
        return position
    if text[position] == "*":
        steps.append(_every)
        return position + 1
    match = _NAME.match(text, position)
    if match is None:
        raise JsonPathWrong(f"unexpected {text[position]!r} in {text!r}")
    steps.append(_key(re.sub(r"\\(.)", r"\1", match.group())))
    return match.end()


def _subscript(inner: str) -> Step:
    if inner == "*":
        return _every
    if inner.startswith("?(") and inner.endswith(")"):
        return _filter(inner[2:-1])
    parts = re.findall(r"""\s*("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^,]+?)\s*(?:,|\Z)""", inner)
    steps = [_one_subscript(part) for part in parts]
    if not steps:
        raise JsonPathWrong("an empty subscript")
    return lambda value: (item for step in steps for item in step(value))


def _one_subscript(part: str) -> Step:
    if part[0] in "\"'":
        return _key(_literal(part))
    match = re.fullmatch(r"(-?\d+)?(:)?(-?\d+)?(?::(-?\d+))?", part)
    if match is None or part == "":
        raise JsonPathWrong(f"{part!r} is no subscript")
    start, colon, stop, stride = match.groups()
    if not colon:
        return _index(int(start))
    if stride is not None and int(stride) < 1:
        raise JsonPathWrong(f"{part!r}: a step is at least 1")
    bounds = slice(int(start) if start else None, int(stop) if stop else None, int(stride) if stride else None)
    return lambda value: iter(value[bounds]) if isinstance(value, list) else iter(())


def _filter(condition: str) -> Step:
    match = re.fullmatch(r"\s*(.+?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?)\s*)?", condition)
    if match is None:
        raise JsonPathWrong(f"{condition!r} is no condition")
    left, operator, right = match.groups()
    if operator is None:
        return lambda value: (item for item in _elements(value) if _operand(left, item))
    compare = _COMPARE[operator]

    def step(value: Any) -> Iterator[Any]:
        for item in _elements(value):
            lefts, rights = _operand(left, item), _operand(right, item)
            if lefts and rights and compare(lefts[0], rights[0]):
                yield item

    return step


def _operand(text: str, item: Any) -> list[Any]:
    if text[0] in "\"'":
        return [_literal(text)]
    if text[0] in "@$":
        return list(_follow(_path(text).steps, item))
    try:
        return [json.loads(text)]
    except ValueError:
        raise JsonPathWrong(f"{text!r} is neither a path nor a value") from None


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def check(left: Any, right: Any) -> bool:
        same = isinstance(left, str) == isinstance(right, str)
        return (
            same
            and isinstance(left, (str, int, float))
            and isinstance(right, (str, int, float))
            and compare(left, right)
        )

    return check


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda left, right: bool(left == right),
    "!=": lambda left, right: bool(left != right),
    "<": _ordered(lambda left, right: left < right),
    ">": _ordered(lambda left, right: left > right),
    "<=": _ordered(lambda left, right: left <= right),
    ">=": _ordered(lambda left, right: left >= right),
}


def _key(name: str) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, Mapping) and name in value:
            yield value[name]

    return step


def _index(number: int) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, list) and -len(value) <= number < len(value):
            yield value[number]

    return step


def _elements(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _every(value: Any) -> Iterator[Any]:
    yield from _elements(value)


def _descendants(value: Any) -> Iterator[Any]:
    yield value
    for item in _elements(value):
        yield from _descendants(item)
