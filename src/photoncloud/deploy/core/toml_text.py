"""Write nested tables as TOML, byte-identical for equal values in equal order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from photoncloud.config.toml_text import toml_header, toml_key, toml_value


def dumps(document: Mapping[str, Any]) -> str:
    """TOML 1.0 text of scalars, lists and tables; `tomllib.loads` gives the same value back."""
    return "\n".join(_table(document, ())).lstrip("\n") + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    leaves = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    tables = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    if path and (leaves or not tables):
        yield ""
        yield f"[{toml_header(path)}]"
    for key, value in leaves.items():
        yield f"{toml_key(key)} = {toml_value(value)}"
    for key, value in tables.items():
        yield from _table(value, (*path, key))
