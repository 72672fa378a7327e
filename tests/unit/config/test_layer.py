from __future__ import annotations

import tomllib
from typing import Any

import pytest
from config_samples import Dns, Lb, Stor

from photoncloud.config import Origin
from photoncloud.config.layer import Layer, beside_file, merge, read_tree, unknown_key
from photoncloud.config.leaf import Item, dotted
from photoncloud.config.origin import Leaf
from photoncloud.config.tree import TableNode, schema_of


def read(text: str, model: Any = Stor) -> Layer:
    def place(path: tuple[Any, ...]) -> Origin:
        return Origin("file", path="/etc/x/f.toml", line=len(path))

    return read_tree(tomllib.loads(text), schema_of(model), place)


def codes(layer: Layer) -> list[tuple[str, str]]:
    return [(problem.code, problem.key) for problem in layer.problems]


def test_leaves_of_both_halves_stay_apart() -> None:
    layer = read("standalone.server.region = 'a'\nintegrated.server.region = 'b'\n")
    assert {dotted(path): leaf.value for path, leaf in layer.leaves.items()} == {
        "standalone.server.region": "a",
        "integrated.server.region": "b",
    }


def test_second_names_are_normalised_and_conflicts_name_both() -> None:
    layer = read("standalone.server.log_level = 'warn'\nphoton.logging.level = 'error'\n")
    assert codes(layer) == [("conflict", "photon.logging.level")]
    assert "standalone.server.log_level and photon.logging.level" in layer.problems[0].message
    twin = read("integrated.server.log_level = 'warn'\n")
    assert twin.leaves[("integrated", "server", "log_level")].value == "warning"


def test_named_entries_become_items() -> None:
    layer = read(
        "[[standalone.loadbalancers]]\nname='a'\nport=1\n[[standalone.loadbalancers.backends]]\nname='u'\n", Lb
    )
    path = ("standalone", "loadbalancers", Item("a"))
    assert layer.leaves[(*path, "port")].value == 1
    assert layer.leaves[(*path, "backends", Item("u"), "name")].value == "u"
    assert path in layer.tables


def test_entries_without_identity_are_one_value() -> None:
    layer = read("[[standalone.updates.policy]]\nkey='a'\n[[standalone.updates.policy]]\nkey='b'\nmatch='exact'\n", Dns)
    leaf = layer.leaves[("standalone", "updates", "policy")]
    assert leaf.value == ({"key": "a"}, {"key": "b", "match": "exact"})
    assert codes(read("[[standalone.updates.policy]]\nkye='a'\n", Dns)) == [
        ("unknown-key", "standalone.updates.policy[0].kye")
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[[standalone.loadbalancers]]\nport = 1\n", "missing-key"),
        ("[[standalone.loadbalancers]]\nname = 1\n", "wrong-type"),
        ("standalone.loadbalancers = [{name='a'}, {name='a'}]\n", "conflict"),
        ("standalone.loadbalancers = [1]\n", "wrong-type"),
        ("[standalone.loadbalancers]\nname = 'a'\n", "wrong-type"),
    ],
)
def test_entries_that_are_refused(text: str, code: str) -> None:
    assert [problem.code for problem in read(text, Lb).problems] == [code]


def test_suggestions() -> None:
    schema = schema_of(Stor)
    table = schema.find(("standalone", "server"))
    assert isinstance(table, TableNode)

    def asked(name: str) -> str:
        return unknown_key(schema, table, ("standalone", "server", name), Origin()).message

    assert asked("s3_adr").endswith('did you mean "s3_addr"?')
    assert asked("cache_size_mb").endswith("it belongs in [standalone.metadata]")
    assert asked("cache_size_bm").endswith('did you mean "cache_size_mb"?')
    assert asked("zzzzzzzz") == 'unknown key "standalone.server.zzzzzzzz"'


def test_relative_paths_count_from_the_file() -> None:
    layer = read("standalone.zones.zone_dir = 'zones'\n[[standalone.zones.zone]]\nname='a'\nfile='a.zone'\n", Dns)
    assert layer.leaves[("standalone", "zones", "zone_dir")].value == "/etc/x/zones"
    assert layer.leaves[("standalone", "zones", "zone", Item("a"), "file")].value == "/etc/x/a.zone"
    file, env = Origin("file", path="conf/f.toml"), Origin("env", "X")
    assert beside_file(["a", "/b"], file) == ["conf/a", "/b"]
    assert (beside_file("a", env), beside_file("", file), beside_file(3, file)) == ("a", "", 3)


def test_a_rewritten_scheme_is_noted() -> None:
    (note,) = read("photon.integrated.event_bus_endpoint = 'http://e:4222'\n").notes
    assert (note.level, note.event) == ("warning", "endpoint_scheme_normalised")
    assert note.fields["value"] == "nats://e:4222"


def test_merge_keeps_history() -> None:
    low, high = Leaf(1, Origin("default")), Leaf(2, Origin("env", "X"))
    merged = merge([{("a",): low, ("b",): low}, {("a",): high}])
    assert merged == {("a",): Leaf(2, high.origin, ((1, low.origin),)), ("b",): low}
