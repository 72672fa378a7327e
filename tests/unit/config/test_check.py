from __future__ import annotations

import tomllib
from typing import Any

import pytest
from config_samples import Dns, Lb, Stor

from photoncloud.config import Origin, Problem
from photoncloud.config.check import check_layer, nearest_origin
from photoncloud.config.layer import read_tree
from photoncloud.config.leaf import Item
from photoncloud.config.origin import Leaf
from photoncloud.config.tree import schema_of


def check(text: str, model: Any = Stor) -> list[Problem]:
    schema = schema_of(model)
    layer = read_tree(tomllib.loads(text), schema, lambda path: Origin("file", path="f", line=len(path)))
    assert layer.problems == []
    return check_layer(layer, schema)


@pytest.mark.parametrize(
    ("text", "code", "key"),
    [
        ("standalone.server.max_connections = 0", "out-of-range", "standalone.server.max_connections"),
        ("integrated.server.max_connections = 'x'", "wrong-type", "integrated.server.max_connections"),
        ("standalone.server.domains = ['a', 1]", "wrong-type", "standalone.server.domains[1]"),
        ("photon.component_id = '.a'", "bad-value", "photon.component_id"),
        ("photon.standalone = {}", "", ""),
        (
            "photon.integrated.registration.metadata = {a = 1}",
            "wrong-type",
            "photon.integrated.registration.metadata.a",
        ),
        ("integrated.server.log_level = 'debug'", "", ""),
    ],
)
def test_codes(text: str, code: str, key: str) -> None:
    problems = check(text)
    assert [(problem.code, problem.key) for problem in problems] == ([(code, key)] if code else [])


def test_entries_are_named_in_keys() -> None:
    entry = "[[standalone.loadbalancers]]\nname = 'web'\nport = 0\nbackends = [{name = 'u', port = -1}]\n"
    assert sorted(problem.key for problem in check(entry, Lb)) == [
        "standalone.loadbalancers[web].backends[u].port",
        "standalone.loadbalancers[web].port",
    ]


def test_a_layer_may_give_a_part_of_an_entry() -> None:
    assert check("[[standalone.loadbalancers]]\nname = 'web'\n", Lb) == []


def test_values_are_quoted_but_not_those_of_secrets() -> None:
    (problem,) = check("standalone.storage.data_dir = 12345")
    assert problem.message == "standalone.storage.data_dir should be a valid string, not 12345"
    (problem,) = check("standalone.auth.secret_key = 12345")
    assert "12345" not in problem.message
    (problem,) = check("[[standalone.updates.policy]]\nkey = 'a'\nsecret = 12345\n", Dns)
    assert "12345" not in problem.message
    assert problem.key == "standalone.updates.policy[0].secret"


def test_nearest_origin() -> None:
    leaf, table = Origin("env", "L"), Origin("file", path="t")
    leaves, tables = {("a", "b"): Leaf(1, leaf)}, {("a", Item("x")): table}
    assert nearest_origin(leaves, tables, ("a", "b", "c")) == leaf
    assert nearest_origin(leaves, tables, ("a", Item("x"), "c")) == table
    assert nearest_origin(leaves, tables, ("z",)) == Origin()
