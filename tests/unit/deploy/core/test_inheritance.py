"""`extends`: leaf by leaf, in order, and never in circles."""

from __future__ import annotations

from typing import Any

import pytest

from photoncloud.deploy.core.inheritance import InheritanceBroken, flattened, merged

LEVELS: dict[str, dict[str, Any]] = {
    "0": {"level": {"name": "0"}, "components": {"store": {"ports": {"ops": 1}, "env": {"A": "1"}}}},
    "1": {"level": {"name": "1", "extends": "0"}, "components": {"dns": {"ports": {"dns": 53}}}},
    "loop": {"level": {"name": "loop", "extends": "pool"}},
    "pool": {"level": {"name": "pool", "extends": "loop"}},
}


def test_a_child_adds_and_overrides_single_leaves() -> None:
    child = {"level": {"name": "2", "extends": "1"}, "components": {"store": {"env": {"B": "2"}}, "kv": {}}}
    found = flattened(child, LEVELS.get)
    assert found["level"]["name"] == "2"
    assert list(found["components"]) == ["store", "dns", "kv"]
    assert found["components"]["store"] == {"ports": {"ops": 1}, "env": {"A": "1", "B": "2"}}


@pytest.mark.parametrize(("name", "words"), [("loop", "loop -> pool -> loop"), ("orphan", "does not exist")])
def test_broken_chains(name: str, words: str) -> None:
    document = LEVELS.get(name) or {"level": {"name": name, "extends": "nowhere"}}
    with pytest.raises(InheritanceBroken, match=words):
        flattened(document, LEVELS.get)


def test_lists_and_scalars_are_replaced() -> None:
    assert merged({"a": [1], "b": {"c": 1}}, {"a": [2], "b": 3}) == {"a": [2], "b": 3}
