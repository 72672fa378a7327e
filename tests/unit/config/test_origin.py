from __future__ import annotations

import pytest

from photoncloud.config.origin import DEFAULT, NOWHERE, Leaf, Origin


@pytest.mark.parametrize(
    ("origin", "place", "described"),
    [
        (Origin("file", path="/x", line=3, column=4), "/x:3:4", "/x:3"),
        (Origin("file", path="/x"), "/x", "/x"),
        (Origin("env", "A"), "env A", "env A"),
        (Origin("flag", "--set a.b"), "flag --set a.b", "flag --set a.b"),
        (Origin("central", "n@7"), "central n@7", "central n@7"),
        (DEFAULT, "", "default"),
        (NOWHERE, "", ""),
    ],
)
def test_how_places_are_written(origin: Origin, place: str, described: str) -> None:
    assert (origin.place(), origin.describe()) == (place, described)


def test_a_leaf_remembers_everything_it_overrode() -> None:
    low, middle, high = (Leaf(value, Origin("file", path=str(value))) for value in (1, 2, 3))
    leaf = high.over(middle.over(low))
    assert leaf == high.over(middle).over(low)
    assert [value for value, _origin in leaf.overridden] == [2, 1]
