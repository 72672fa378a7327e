"""Condition operators by table: `decisions/conditions.json`, one row for each sentence of photonauth.md §4.8."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from photoncloud.backends.auth.iam.conditions import compile_condition
from photoncloud.backends.auth.iam.document_syntax import as_list, condition_text

ROWS: list[list[Any]] = json.loads((Path(__file__).parent / "decisions" / "conditions.json").read_text())[1:]
VARIABLES: dict[str, str | tuple[str, ...]] = {
    "aws:username": "alice",
    "photon:stars": "*?",
    "photon:many": ("a", "b"),
    "photon:colon": "a:b",
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[1]}: {row[0]}")
def test_condition(row: list[Any]) -> None:
    _, operator, policy, given, expected = row
    condition = compile_condition(operator, "Test:Key", map(condition_text, as_list(policy)), has_variables=True)
    context = dict(VARIABLES)
    if given is not None:
        context["test:key"] = tuple(given) if isinstance(given, list) else given
    assert condition.matches(context.get) is expected


def test_policies_of_2008_have_no_variables() -> None:
    condition = compile_condition("StringEquals", "k", ["${aws:username}"], has_variables=False)
    assert condition.matches({"k": "${aws:username}", **VARIABLES}.get)
    assert not condition.matches({"k": "alice", **VARIABLES}.get)
