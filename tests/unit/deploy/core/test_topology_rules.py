"""Rules across a topology: each refusal of deploy.md §8 by name."""

from __future__ import annotations

from typing import Any

import pytest

from photoncloud.deploy.core.topology_rules import EXAMPLE_CREDENTIALS, problems
from photoncloud.deploy.core.topology_schema import parse


def codes(components: dict[str, dict[str, Any]]) -> list[str]:
    topology, found = parse({"level": {"name": "x"}, "components": components})
    assert topology is not None, found
    return [finding.code for finding in problems(topology)]


def test_a_good_topology_has_no_problem() -> None:
    kv = {"ports": {"client": 2379}}
    store = {
        "ports": {"ops": 9003, "s3": {"number": 9001, "public": True}},
        "needs": {"kv": "healthy"},
        "env": {"KV": "@kv.client.http", "V": "@version", "AT": "@@home"},
        "config": {"a": {"listen": "@listen.s3", "dir": "@data/x", "peers": ["@kv.client"]}},
        "files": {"@data/zone": "zones/a.zone", "/etc/store/key": "@secret.store.key"},
    }
    assert codes({"kv": kv, "store": store}) == []


BOTH = {"number": 53, "protocol": "tcp+udp"}
PUBLIC = {"a": {"number": 1, "public": True}}


@pytest.mark.parametrize(
    ("component", "code"),
    [
        ({"needs": {"ghost": "healthy"}}, "unknown-component"),
        ({"ports": {"a": 1, "b": 1}}, "duplicate-port"),
        (
            {"ports": {"a": BOTH, "b": {"number": 53, "protocol": "udp"}}},
            "duplicate-port",
        ),
        ({"health": "ops"}, "unknown-port"),
        ({"readiness": "tcp"}, "unknown-port"),
        ({"readiness": "health", "ports": {"a": 1}}, "unknown-port"),
        ({"env": {"A": "@ghost.client"}}, "bad-reference"),
        ({"env": {"A": "@listen.ghost"}}, "bad-reference"),
        ({"env": {"A": "@other.nope"}}, "bad-reference"),
        ({"env": {"A": "@other.ops.gopher"}}, "bad-reference"),
        ({"ports": {"a": 1}, "env": {"A": "@c.a"}}, "bad-reference"),
        ({"config": {"t": {"l": ["@secret.../x"]}}}, "bad-reference"),
        ({"files": {"relative": "x"}}, "bad-path"),
        ({"files": {"/etc/../x": "x"}}, "bad-path"),
        ({"files": {"/etc/x": "../../x"}}, "bad-path"),
        (
            {"ports": PUBLIC, "config": {"k": EXAMPLE_CREDENTIALS[0]}},
            "example-credentials",
        ),
        ({"ports": PUBLIC, "env": {"K": EXAMPLE_CREDENTIALS[1]}}, "example-credentials"),
    ],
)
def test_refused(component: dict[str, Any], code: str) -> None:
    assert codes({"c": component, "other": {"ports": {"ops": 7}}}) == [code]


def test_example_credentials_are_allowed_on_loopback() -> None:
    assert codes({"c": {"ports": {"a": 1}, "config": {"k": EXAMPLE_CREDENTIALS[0]}}}) == []


def test_cycles_are_named() -> None:
    components = {"a": {"needs": {"b": "healthy"}}, "b": {"needs": {"c": "started"}}, "c": {"needs": {"a": "healthy"}}}
    topology, _ = parse({"level": {"name": "x"}, "components": components})
    assert topology is not None
    (finding,) = problems(topology)
    assert finding.code == "cycle"
    assert "a -> b -> c -> a" in finding.message
