from __future__ import annotations

from typing import Any

import pytest
import tomlkit

from photoncloud.config.migrations.step import Move, Respell, find_table, make_table


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ({"a": {"x": 1}}, {"a": {}, "b": {"y": 1}}, 1),
        ({"a": {"x": 1}, "b": {"y": 1}}, {"a": {}, "b": {"y": 1}}, 1),
        ({"a": {"x": 1}, "b": {"y": 2}}, {"a": {"x": 1}, "b": {"y": 2}}, 0),
        ({"b": {"y": 2}}, {"b": {"y": 2}}, 0),
        ({"a": 3}, {"a": 3}, 0),
    ],
)
def test_move(before: dict[str, Any], after: dict[str, Any], changes: int) -> None:
    move = Move("a.x", "b.y")
    document = tomlkit.parse(tomlkit.dumps(before))
    assert len(move.apply(before)) == changes
    assert before == after
    assert len(move.apply(document)) == changes
    assert document.unwrap() == after
    assert move.apply(before) == []


def test_respell() -> None:
    respell = Respell("a.x", {"old": "new"})
    document = tomlkit.parse("[a]\nx = 'old'  # why\n")
    assert [change.description for change in respell.apply(document)] == ['a.x: "old" is now written "new"']
    assert tomlkit.dumps(document) == '[a]\nx = "new"  # why\n'
    for untouched in ({"a": {"x": 1}}, {"a": {"x": "other"}}, {}, {"a": 1}):
        assert respell.apply(untouched) == []


def test_tables_are_found_and_made() -> None:
    document: dict[str, Any] = {"a": {"b": {}}}
    assert find_table(document, ("a", "b")) == {}
    assert find_table(document, ("a", "z")) is None
    make_table(document, ("a", "c", "d"))["e"] = 1
    assert document == {"a": {"b": {}, "c": {"d": {"e": 1}}}}
