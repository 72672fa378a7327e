"""What a second `up` touches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from photoncloud.deploy.core.addresses import LocalAddresses
from photoncloud.deploy.core.difference import changed_leaves, difference
from photoncloud.deploy.core.port_plan import fixed
from photoncloud.deploy.core.run_plan import PlanBroken, RunPlan, as_data, build, fingerprint, from_data
from photoncloud.deploy.core.topology import Component, Port, Topology


def plan(**components: dict[str, Any]) -> RunPlan:
    parts = tuple(
        Component(name, (f"{name}-server",), name, ports=(Port("ops", 9000 + number),), health="ops", **keys)
        for number, (name, keys) in enumerate(components.items())
    )
    level = Topology("x", parts)
    return build(level, LocalAddresses(fixed(level), "/d", "1", {}))


def variant(value: int) -> RunPlan:
    return plan(
        same={},
        gone={},
        env={"env": {"A": str(value)}},
        soft={"config": {"t": {"a": value}}},
        hard={"config": {"t": {"a": value, "b": value}}},
    )


def test_each_kind_of_change() -> None:
    old, new = variant(1), variant(2)
    new = replace(new, programs=tuple(p for p in new.programs if p.name != "gone") + plan(added={}).programs)
    found = difference(old, new, {"soft": ["t.a"], "hard": ["t.a"]})
    assert found.added == ("added",)
    assert found.removed == ("gone",)
    assert found.restart == ("env", "hard")
    assert found.reload == ("soft",)
    assert found.unchanged == ("same",)
    assert found.reasons == {"env": ("environment",), "soft": ("t.a",), "hard": ("t.a", "t.b")}


def test_how_it_is_supervised_needs_no_new_process() -> None:
    found = difference(plan(a={}), plan(a={"stop_timeout_sec": 99, "restart": "always"}), {})
    assert found.unchanged == ("a",)
    assert found.is_empty


@pytest.mark.parametrize(
    ("old", "new", "leaves"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, ["a.b", "a.c"]),
        ({"a": {"b": {"c": 1}}}, {}, ["a.b.c"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a"]),
        ({"a": 1}, {"a": {"b": 1}}, ["a"]),
        ({}, {"a": {}}, ["a"]),
    ],
)
def test_changed_leaves(old: dict[str, Any], new: dict[str, Any], leaves: list[str]) -> None:
    assert list(changed_leaves(old, new)) == leaves


def test_plans_survive_storage() -> None:
    made = plan(a={"config": {"x": [1, {"y": "z"}]}, "env": {"S": "@secret.k"}}, b={"needs": {"a": "healthy"}})
    again = from_data(as_data(made))
    assert again == made
    assert fingerprint(again) == fingerprint(made)
    assert made.program("a").secrets == ("k",)  # type: ignore[union-attr]
    assert made.ports == {("a", "ops"): 9000, ("b", "ops"): 9001}


@pytest.mark.parametrize("data", [{}, [], None, {"plan_version": 99}, {"plan_version": 1, "programs": [{}]}])
def test_broken_plans_are_refused(data: Any) -> None:
    with pytest.raises(PlanBroken):
        from_data(data)


def test_files_outside_the_data_directory_cannot_be_placed_here() -> None:
    with pytest.raises(PlanBroken, match="write @data"):
        plan(a={"files": {"/etc/x": "y"}})
    assert plan(a={"files": {"@data/x": "y"}}).programs[0].files == {"/d/a/x": "y"}
