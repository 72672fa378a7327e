from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from photoncloud.config import Address, ConfigModel, Secret, Url
from photoncloud.config.leaf_type import leaf_type, table_model, unit_of


class Row(ConfigModel):
    """A row."""


@pytest.mark.parametrize(
    ("annotation", "described"),
    [
        (bool, "bool"),
        (int, "int"),
        (float | None, "float"),
        (str, "string"),
        (Secret | None, "secret"),
        (pathlib.Path, "path"),
        (Literal["a", "b"], "a | b"),
        (tuple[Url, ...], "list of URL"),
        (Annotated[Address, Field(max_length=9)], "address"),
        (Mapping[str, int], "map of int"),
        (dict[str, Secret], "map of secret"),
        (tuple[Row, ...], "array of tables"),
        (tuple[int, str], "value"),
        (int | str, "value"),
    ],
)
def test_kinds(annotation: Any, described: str) -> None:
    assert leaf_type(annotation).describe() == described


def test_secrets_inside_are_seen() -> None:
    assert leaf_type(dict[str, Secret]).has_secret
    assert not leaf_type(dict[str, str]).has_secret
    assert leaf_type(Secret | None).nullable


def test_tables_are_found_behind_optional_and_annotated() -> None:
    assert table_model(Row | None) is Row
    assert table_model(Annotated[Row, "x"]) is Row
    assert table_model(int | None) is None


@pytest.mark.parametrize(
    ("name", "declared", "unit"),
    [
        ("grace_timeout_sec", "", "_sec"),
        ("commit_delay_us", "", "_us"),
        ("retention_days", "", "_days"),
        ("cache_size_mb", "", "_mb"),
        ("min_free_bytes", "", "_bytes"),
        ("scrub_bytes_per_sec", "", ""),
        ("responses_per_sec", "", ""),
        ("degradation_entries_max", "none", ""),
        ("ttl", "sec", "_sec"),
        ("port", "", ""),
    ],
)
def test_units(name: str, declared: str, unit: str) -> None:
    assert unit_of(name, declared) == unit
