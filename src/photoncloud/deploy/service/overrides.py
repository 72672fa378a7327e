"""What a person changes on a level from the command line: fewer components, other values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from photoncloud.deploy.core.inheritance import merged
from photoncloud.deploy.errors import DeployError

# Keys of a component's table that `--set` may address; everything else is a leaf of its configuration.
_TABLE_KEYS = frozenset({"env", "ports", "needs", "files", "resources"})
_LEAF_KEYS = frozenset({"mode", "data", "logs", "readiness", "restart", "start_timeout_sec", "stop_timeout_sec"})


class OverrideRefused(DeployError):
    code = "override-refused"
    exit_status = 64


def with_settings(document: Mapping[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """Lay `COMPONENT:KEY=VALUE` over a level's document. Raises OverrideRefused."""
    result = dict(document)
    for text in settings:
        head, equals, value = text.partition("=")
        name, colon, key = head.partition(":")
        if not equals or not colon or not key:
            raise OverrideRefused(f"--set {text!r} is not COMPONENT:KEY=VALUE")
        if name not in result.get("components", {}):
            known = ", ".join(result.get("components", {}))
            raise OverrideRefused(f"--set {text!r}: the level has no component {name!r} (it has: {known})")
        result = merged(result, {"components": {name: _nested(key.split("."), _value(key, value))}})
    return result


def narrowed(document: Mapping[str, Any], only: Sequence[str], without: Sequence[str]) -> dict[str, Any]:
    """Keep `only` (all when empty) less `without`; needs on components that left are dropped."""
    tables: Mapping[str, Any] = document.get("components", {})
    unknown = [name for name in (*only, *without) if name not in tables]
    if unknown:
        raise OverrideRefused(f"the level has no component {unknown[0]!r} (it has: {', '.join(tables)})")
    kept = {name: table for name, table in tables.items() if (not only or name in only) and name not in without}
    if not kept:
        raise OverrideRefused("no component is left to run")
    return {**document, "components": {name: _without_needs(table, kept) for name, table in kept.items()}}


def _without_needs(table: Mapping[str, Any], kept: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(table.get("needs"), Mapping):
        return table
    return {**table, "needs": {name: condition for name, condition in table["needs"].items() if name in kept}}


def _nested(path: list[str], value: Any) -> dict[str, Any]:
    if path[0] not in _TABLE_KEYS and path[0] not in _LEAF_KEYS:
        path = ["config", *path]
    for part in reversed(path):
        value = {part: value}
    return dict(value)


def _value(key: str, text: str) -> Any:
    """As TOML when it is TOML, else as the text itself; variables are always text."""
    if key.startswith("env."):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
