from __future__ import annotations

from photoncloud.config.leaf import Item, dotted, path_of, unflatten


def test_dotted_paths() -> None:
    assert dotted(("standalone", "loadbalancers", Item("web.lb"), "port")) == "standalone.loadbalancers[web.lb].port"
    assert path_of("photon.ops.addr") == ("photon", "ops", "addr")


def test_items_are_not_keys() -> None:
    assert Item("a") != "a"
    assert Item("a") == Item("a")
    assert len({Item("a"), "a"}) == 2


def test_unflatten_keeps_the_order_of_entries() -> None:
    leaves = {
        ("a", "list"): (),
        ("a", "list", Item("z"), "name"): "z",
        ("a", "list", Item("b"), "name"): "b",
        ("a", "list", Item("z"), "port"): 1,
        ("a", "empty"): (),
        ("a", "map"): {"x": 1},
    }
    expected = {"a": {"list": ({"name": "z", "port": 1}, {"name": "b"}), "empty": (), "map": {"x": 1}}}
    assert unflatten(leaves) == expected


def test_an_empty_list_gives_way_to_entries_in_either_order() -> None:
    entry = {("a", Item("x"), "name"): "x"}
    assert unflatten({("a",): (), **entry}) == unflatten({**entry, ("a",): ()}) == {"a": ({"name": "x"},)}
