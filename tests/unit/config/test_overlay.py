from __future__ import annotations

from config_samples import Lb, Stor

from photoncloud.config import Origin
from photoncloud.config.leaf import Item, Path
from photoncloud.config.origin import Leaf
from photoncloud.config.overlay import overlay
from photoncloud.config.tree import schema_of

FILE, ENV = Origin("file", path="f"), Origin("env", "X")


def test_the_integrated_half_wins_whatever_its_layer() -> None:
    own: Path = ("standalone", "server", "region")
    theirs: Path = ("integrated", "server", "region")
    merged = {own: Leaf("high", ENV, (("default", Origin("default")),)), theirs: Leaf("low", FILE)}
    result = overlay(merged, schema_of(Stor))
    assert result[own] == Leaf("low", FILE, (("high", ENV), ("default", Origin("default"))))
    assert result[theirs] == merged[theirs]


def test_arrays_of_tables_are_replaced_whole() -> None:
    def name(half: str, entry: str, *rest: str) -> Path:
        return (half, "loadbalancers", Item(entry), *rest)

    merged = {
        name("standalone", "a", "port"): Leaf(1, FILE),
        name("standalone", "a", "backends", Item("u"), "port"): Leaf(2, FILE),
        name("integrated", "b", "port"): Leaf(3, FILE),
        ("standalone", "dataplane", "type"): Leaf("ipvs", FILE),
    }
    result = overlay(merged, schema_of(Lb))
    assert set(result) == {
        name("integrated", "b", "port"),
        name("standalone", "b", "port"),
        ("standalone", "dataplane", "type"),
    }


def test_twins_of_second_names_reach_their_leaf() -> None:
    level: Path = ("photon", "logging", "level")
    merged = {level: Leaf("info", FILE), ("integrated", "server", "log_level"): Leaf("debug", FILE)}
    assert overlay(merged, schema_of(Stor))[level].value == "debug"


def test_laying_twice_changes_no_value() -> None:
    merged = {("standalone", "server", "region"): Leaf("a", FILE), ("integrated", "server", "region"): Leaf("b", ENV)}
    once = overlay(merged, schema_of(Stor))
    twice = overlay(once, schema_of(Stor))
    assert {p: leaf.value for p, leaf in once.items()} == {p: leaf.value for p, leaf in twice.items()}
