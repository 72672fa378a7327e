"""Text to typed values, and typed values to the form a leaf keeps.

`from_text` reads what a variable or a flag says; `fit` brings a value of a file (or of `from_text`) into the leaf's
own form: durations and sizes become numbers of the key's unit, lists become tuples, secrets are wrapped, addresses and
URLs are made canonical. Values of a wrong type pass `fit` unchanged: pydantic judges them afterwards.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path as FilePath
from typing import Any

from photoncloud.config.leaf_type import DURATIONS, SIZES, LeafType
from photoncloud.config.problem import Code
from photoncloud.config.secret import MASK, SECRET_BYTES_MAX, Secret
from photoncloud.config.suggestion import nearest
from photoncloud.config.tree import LeafNode

# More items than any list of endpoints, networks or names needs; the limit keeps a hostile variable cheap.
LIST_ITEMS_MAX = 10_000

TRUE = frozenset(("true", "1", "yes", "on"))
FALSE = frozenset(("false", "0", "no", "off"))
INTEGER = re.compile(r"[+-]?[0-9]+(?:_[0-9]+)*\Z")
# Python refuses to convert longer decimal strings, and no setting is near it.
INTEGER_DIGITS_MAX = 40
FLOAT = re.compile(r"[+-]?(?:[0-9]+(?:_[0-9]+)*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?\Z")
QUANTITY = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?)\s*([A-Za-zµ]+)")
DURATION_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9}
DURATION_UNITS |= {"h": 3600 * 10**9, "d": 86_400 * 10**9, "w": 7 * 86_400 * 10**9}
SIZE_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
SIZE_UNITS |= {"kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


class Refused(Exception):
    """A value does not fit its leaf: problem code, reason, nearest right spelling, and where inside the value."""

    def __init__(self, code: Code, message: str, suggestion: str = "", at: tuple[Any, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.suggestion = suggestion
        self.at = at


def bad(message: str, suggestion: str = "") -> Refused:
    return Refused("bad-value", message, suggestion)


def from_text(text: str, leaf: LeafNode) -> Any:
    """The value a variable or flag text means for this leaf, in the leaf's own form. Raises Refused."""
    try:
        text.encode()
        value = _parse(text, leaf.type, leaf)
    except UnicodeEncodeError:
        raise bad("is not valid UTF-8") from None
    except Refused as error:
        if leaf.holds_secret:
            raise Refused(error.code, f"cannot be read as {leaf.type.describe()}") from None
        raise
    return fit(value, leaf)


def _parse(text: str, kind: LeafType, leaf: LeafNode) -> Any:
    parser = _PARSERS.get(kind.kind)
    return text if parser is None else parser(text, kind, leaf)


def _parse_bool(text: str, _kind: LeafType, _leaf: LeafNode) -> bool:
    word = text.strip().lower()
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise bad(f"{shown(text)} is not true or false")


def _parse_int(text: str, _kind: LeafType, leaf: LeafNode) -> Any:
    word = text.strip()
    if INTEGER.match(word) and len(word) <= INTEGER_DIGITS_MAX:
        return int(word)
    if leaf.unit:
        return word
    raise bad(f"{shown(text)} is not a whole number")


def _parse_float(text: str, _kind: LeafType, leaf: LeafNode) -> Any:
    word = text.strip()
    if FLOAT.match(word):
        return float(word)
    if leaf.unit:
        return word
    raise bad(f"{shown(text)} is not a number")


def _parse_list(text: str, kind: LeafType, leaf: LeafNode) -> list[Any]:
    if text.lstrip().startswith("["):
        return _bounded(_json(text, list))
    items = [item.strip() for item in text.split(",")]
    if "" in items:
        raise bad(f"{shown(text)} has an empty item")
    assert kind.item is not None
    return [_parse(item, kind.item, leaf) for item in _bounded(items)]


def _parse_map(text: str, kind: LeafType, leaf: LeafNode) -> dict[str, Any]:
    if text.lstrip().startswith("{"):
        value: dict[str, Any] = _json(text, dict)
        _bounded(list(value))
        return value
    assert kind.item is not None
    result: dict[str, Any] = {}
    for item in _bounded(text.split(",")):
        key, equals, value_text = (part.strip() for part in item.partition("="))
        if not equals or not key:
            raise bad(f"{shown(item)} is not key=value")
        if key in result:
            raise bad(f"{shown(key)} is given twice")
        result[key] = _parse(value_text, kind.item, leaf)
    return result


def _parse_tables(text: str, _kind: LeafType, _leaf: LeafNode) -> list[Any]:
    if not text.lstrip().startswith("["):
        raise bad("an array of tables is written as JSON: [{...}]")
    return _bounded(_json(text, list))


def _parse_any(text: str, _kind: LeafType, _leaf: LeafNode) -> Any:
    try:
        return _json(text, object)
    except Refused:
        return text


_PARSERS: dict[str, Callable[[str, LeafType, LeafNode], Any]] = {
    "bool": _parse_bool,
    "int": _parse_int,
    "float": _parse_float,
    "list": _parse_list,
    "map": _parse_map,
    "tables": _parse_tables,
    "any": _parse_any,
}


def _json(text: str, expected: type) -> Any:
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise bad(f"{shown(text)} is not JSON: {error}") from None
    if not isinstance(value, expected):
        raise bad(f"{shown(text)} is not a JSON {'array' if expected is list else 'object'}")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key is given twice")
    return result


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not a number")


def _bounded(items: list[Any]) -> list[Any]:
    if len(items) > LIST_ITEMS_MAX:
        raise Refused("out-of-range", f"has {len(items)} items; at most {LIST_ITEMS_MAX}")
    return items


def fit(value: Any, leaf: LeafNode) -> Any:
    """The value in the form the leaf keeps; raises Refused when a text cannot mean such a value."""
    if type(value) is leaf.plain_type:
        return value
    return _fit(value, leaf.type, leaf)


def _fit(value: Any, kind: LeafType, leaf: LeafNode) -> Any:
    if kind.kind == "list":
        return _fit_list(value, kind, leaf)
    if kind.kind == "map":
        return _fit_map(value, kind, leaf)
    if leaf.marks.secret or kind.kind == "secret":
        return _fit_secret(value)
    if kind.kind == "float" and type(value) is int:
        return float(value)
    if kind.kind == "choice" and not isinstance(value, str) and value not in kind.choices:
        names = ", ".join(str(choice) for choice in kind.choices)
        raise Refused("wrong-type", f"should be one of {names}")
    return _fit_text(value, kind, leaf) if isinstance(value, str) else value


def _fit_list(value: Any, kind: LeafType, leaf: LeafNode) -> Any:
    if leaf.marks.single and not isinstance(value, list | dict):
        value = [value]
    if not isinstance(value, list):
        return value
    assert kind.item is not None
    return tuple(_fit_at(index, item, kind.item, leaf) for index, item in enumerate(_bounded(value)))


def _fit_map(value: Any, kind: LeafType, leaf: LeafNode) -> Any:
    if not isinstance(value, dict):
        return value
    assert kind.item is not None
    _bounded(list(value))
    return {key: _fit_at(key, item, kind.item, leaf) for key, item in value.items()}


def _fit_at(place: Any, value: Any, kind: LeafType, leaf: LeafNode) -> Any:
    try:
        return _fit(value, kind, leaf)
    except Refused as error:
        raise Refused(error.code, error.message, error.suggestion, (place, *error.at)) from None


def _fit_secret(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value == MASK:
        raise bad(f'"{MASK}" is what is printed instead of a secret; write the secret itself or its file')
    if len(value) > SECRET_BYTES_MAX:
        raise Refused("out-of-range", f"is longer than {SECRET_BYTES_MAX} characters")
    return Secret(value)


def _fit_text(value: str, kind: LeafType, leaf: LeafNode) -> Any:
    if kind.kind in ("int", "float"):
        return _quantity(value, kind.kind == "int", leaf.unit)
    if kind.kind == "path":
        return FilePath(value)
    if kind.kind == "choice":
        return _choice(value, kind, leaf)
    if kind.rule is not None:
        try:
            return kind.rule.normalise(value)
        except ValueError as error:
            raise bad(f"{shown(value)}: {error}") from None
    return value


def _choice(value: str, kind: LeafType, leaf: LeafNode) -> str:
    word = value.strip().lower() if leaf.marks.fold_case else value
    word = dict(leaf.marks.synonyms).get(word, word)
    if word in kind.choices:
        return word
    names = [str(choice) for choice in kind.choices]
    near = nearest(word, names)
    raise bad(f"{shown(value)} is not one of {', '.join(names)}", near)


def _quantity(text: str, whole: bool, unit: str) -> Any:
    """`1h30m` in a `_sec` key → 5400. A text in a key without a unit passes: pydantic calls it the wrong type."""
    if not unit:
        return text
    table, base = (DURATION_UNITS, DURATIONS[unit]) if unit in DURATIONS else (SIZE_UNITS, SIZES[unit])
    kind = "duration" if unit in DURATIONS else "size"
    amount = _amount(text.strip(), table, kind, base)
    if not whole:
        return float(amount)
    if amount.denominator != 1:
        raise bad(f"{shown(text)} is not a whole number of {unit.removeprefix('_')}")
    return int(amount)


def _amount(text: str, table: dict[str, int], kind: str, base: int) -> Fraction:
    if FLOAT.match(text) and len(text) <= INTEGER_DIGITS_MAX:
        return Fraction(text)
    total, end, seen = Fraction(0), 0, []
    for match in QUANTITY.finditer(text):
        number, name = match.groups()
        if match.start() != end or name not in table or name in seen:
            break
        total += Fraction(number) * table[name] / base
        seen.append(name)
        end = match.end()
    if not seen or end != len(text) or (kind == "size" and len(seen) > 1):
        example = "500ms 30s 5m 1h30m 7d" if kind == "duration" else "256MiB 1GiB 10MB"
        raise bad(f"{shown(text)} is not a {kind}; a number or one of the form {example}")
    return total


# A refused value is quoted in the problem; a long one would hide the reason.
SHOWN_CHARACTERS_MAX = 80
# Up to the last "@": a password may hold any character.
USER_INFORMATION = re.compile(r"//.*@", re.S)
QUERY = re.compile(r"(?<=://)(?P<before>[^?]*)\?.*", re.S)


def shown(value: Any) -> str:
    """A value as problems quote it: in double quotes, shortened, without the user information and query of URLs."""
    text = QUERY.sub(rf"\g<before>?{MASK}", USER_INFORMATION.sub(f"//{MASK}@", str(value)))
    if len(text) > SHOWN_CHARACTERS_MAX:
        text = text[:SHOWN_CHARACTERS_MAX] + "..."
    return f'"{text}"'
