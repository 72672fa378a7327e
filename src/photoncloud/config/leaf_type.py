"""The type of one leaf as the loader sees it: what text is accepted for it and how its value is shown."""

from __future__ import annotations

import pathlib
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from photoncloud.config.marks import ConfigModel
from photoncloud.config.secret import Secret
from photoncloud.config.value_types import EXPORTED_RULES, AddressRule, UrlRule

# Suffix of a key's name → how many of the smallest unit it is. Durations count nanoseconds, sizes bytes.
DURATIONS = {
    "_ns": 1,
    "_us": 10**3,
    "_ms": 10**6,
    "_sec": 10**9,
    "_min": 60 * 10**9,
    "_hours": 3600 * 10**9,
    "_days": 86_400 * 10**9,
}
SIZES = {"_bytes": 1, "_kb": 1 << 10, "_kib": 1 << 10, "_mb": 1 << 20, "_gb": 1 << 30}
SCALARS: Mapping[Any, str] = {bool: "bool", int: "int", float: "float", str: "text", Secret: "secret"}


@dataclass(frozen=True)
class LeafType:
    """`kind`: bool int float text choice secret path list map tables any. `item`: type of a list's or map's values.

    `model`: entries of `tables`. `choices`: of `choice`. `rule`: address or URL rule of a text. `nullable`: None is
    the unset value. `annotation`: what pydantic checks.
    """

    kind: str
    item: LeafType | None = None
    model: type[ConfigModel] | None = None
    choices: tuple[Any, ...] = ()
    rule: AddressRule | UrlRule | None = None
    nullable: bool = False
    annotation: Any = field(default=None, compare=False)

    @property
    def has_secret(self) -> bool:
        """True when the leaf itself, or the items of its list or map, are secrets."""
        return self.kind == "secret" or (self.item is not None and self.item.has_secret)

    def describe(self) -> str:
        """`list of URL`, `int`, `standalone | hybrid`, as a person reads it."""
        if self.kind == "choice":
            return " | ".join(str(choice) for choice in self.choices)
        if self.kind in ("list", "map"):
            return f"{self.kind} of {self.item.describe() if self.item else 'values'}"
        if self.rule is not None:
            return self.rule.name
        return {"text": "string", "tables": "array of tables", "any": "value"}.get(self.kind, self.kind)


def leaf_type(annotation: Any, metadata: Sequence[Any] = ()) -> LeafType:
    """The type behind an annotation; anything unusual is `any`, which pydantic alone judges."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return leaf_type(inner, (*more, *metadata))
    if get_origin(annotation) in (Union, types.UnionType):
        return _optional(annotation, metadata)
    rule = next((item for item in metadata if isinstance(item, EXPORTED_RULES)), None)
    if annotation in SCALARS:
        return LeafType(SCALARS[annotation], rule=rule, annotation=annotation)
    if isinstance(annotation, type) and issubclass(annotation, pathlib.PurePath):
        return LeafType("path", annotation=annotation)
    return _composite(annotation)


def _optional(annotation: Any, metadata: Sequence[Any]) -> LeafType:
    members = [arg for arg in get_args(annotation) if arg is not type(None)]
    nullable = len(members) < len(get_args(annotation))
    if len(members) != 1:
        return LeafType("any", nullable=nullable, annotation=annotation)
    inner = leaf_type(members[0], metadata)
    return LeafType(inner.kind, inner.item, inner.model, inner.choices, inner.rule, True, annotation)


def _composite(annotation: Any) -> LeafType:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return LeafType("choice", choices=args, annotation=annotation)
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        model = table_model(args[0])
        if model is not None:
            return LeafType("tables", model=model, annotation=annotation)
        return LeafType("list", leaf_type(args[0]), annotation=annotation)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return LeafType("map", leaf_type(args[1]), annotation=annotation)
    return LeafType("any", annotation=annotation)


def table_model(annotation: Any) -> type[ConfigModel] | None:
    """The `ConfigModel` an annotation (perhaps optional) stands for, or None."""
    members = [arg for arg in get_args(annotation) if arg is not type(None)]
    if get_origin(annotation) is Annotated:
        return table_model(members[0])
    if get_origin(annotation) in (Union, types.UnionType) and len(members) == 1:
        annotation = members[0]
    return annotation if isinstance(annotation, type) and issubclass(annotation, ConfigModel) else None


def unit_of(name: str, declared: str) -> str:
    """The unit suffix that governs a key (`_sec`, `_mb`, ...), "" for a plain number. Rates (`_per_sec`) are plain."""
    if declared == "none":
        return ""
    suffix = declared or name
    if not suffix.startswith("_"):
        suffix = f"_{suffix}"
    for unit in (*DURATIONS, *SIZES):
        if suffix.endswith(unit) and not suffix.endswith(f"_per{unit}"):
            return unit
    return ""
