"""Level documents to topologies, and everything that may be wrong with their shape."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.deploy.core.topology import Port, Topology
from photoncloud.deploy.core.topology_schema import parse


def document(**component: Any) -> dict[str, Any]:
    return {"level": {"name": "x"}, "components": {"store": component}}


def parsed(**component: Any) -> Topology:
    topology, found = parse(document(**component))
    assert found == ()
    assert topology is not None
    return topology


def test_defaults() -> None:
    (component,) = parsed(ports={"ops": 9003}).components
    assert component.program == ("store-server",)
    assert component.extra == "store"
    assert component.image == "photoncloud/store"
    assert component.ports == (Port("ops", 9003, "tcp", public=False),)
    assert (component.health, component.readiness, component.restart) == ("ops", "notify", "on-failure")
    assert (component.start_timeout_sec, component.stop_timeout_sec) == (60, 35)
    assert component.resources.open_files_max == 65536


@pytest.mark.parametrize(
    ("ports", "health"),
    [({"s3": 1, "ops": 2}, "ops"), ({"http": 1}, "http"), ({"client": 1, "peer": 2}, "client"), ({"dns": 53}, "")],
)
def test_health_port_is_found_by_name(ports: dict[str, int], health: str) -> None:
    assert parsed(ports=ports).components[0].health == health


@pytest.mark.parametrize(
    ("component", "code", "key", "words"),
    [
        ({"prots": {}}, "unknown-key", "prots", "did you mean 'ports'"),
        ({"mode": "integratd"}, "bad-value", "mode", "did you mean 'integrated'"),
        ({"program": []}, "bad-value", "program", "at least one word"),
        ({"program": "x"}, "bad-value", "program", "expected a list"),
        ({"ports": {"a": 0}}, "bad-value", "ports", "outside 1-65535"),
        ({"ports": {"a": 70000}}, "bad-value", "ports", "outside"),
        ({"ports": {"a": True}}, "bad-value", "ports", "whole number"),
        ({"ports": {"A!": 1}}, "bad-value", "ports", "port's name"),
        ({"ports": {"a": {"number": 1, "protcol": "tcp"}}}, "bad-value", "ports", "a port is a number"),
        ({"ports": {"a": {"number": 1, "protocol": "sctp"}}}, "bad-value", "ports", "none of tcp"),
        ({"env": {"A-B": "x"}}, "bad-value", "env", "variable's name"),
        ({"env": {"A": 1}}, "bad-value", "env", "expected a string"),
        ({"env": {"A": "a\0b"}}, "bad-value", "env", "NUL"),
        ({"needs": {"b": "ready"}}, "bad-value", "needs", "none of healthy, started"),
        ({"requires_host": ["gpu"]}, "bad-value", "requires_host", "none of"),
        ({"readiness": "http"}, "bad-value", "readiness", "none of"),
        ({"restart": "sometimes"}, "bad-value", "restart", "none of"),
        ({"start_timeout_sec": 0}, "bad-value", "start_timeout_sec", "outside"),
        ({"resources": {"memory_mb": 1}}, "bad-value", "resources", "unknown limit"),
        ({"capabilities": ["CAP_SYS_ADMIN"]}, "bad-value", "capabilities", "none of"),
        ({"network": "bridge"}, "bad-value", "network", "none of"),
        ({"optional": "yes"}, "bad-value", "optional", "true or false"),
        ({"files": {"/a": 1}}, "bad-value", "files", "expected a string"),
        ({"config": {"a": {"b": object()}}}, "bad-value", "config", "cannot stand"),
    ],
)
def test_refused(component: dict[str, Any], code: str, key: str, words: str) -> None:
    topology, found = parse(document(**component))
    assert topology is None
    assert [(finding.code, finding.key[2]) for finding in found] == [(code, key)]
    assert words in found[0].message


@pytest.mark.parametrize("name", ["Store", "a_b", "-a", "a--b", "x" * 41, "a b", "ü", "a\n"])
def test_component_names_fit_every_rendering(name: str) -> None:
    topology, found = parse({"level": {"name": "x"}, "components": {name: {}}})
    assert topology is None
    assert found[0].code == "bad-value"


def test_all_findings_come_at_once() -> None:
    _, found = parse({"levl": {}, "level": {"name": "X Y"}, "components": {"a": {"mode": 1, "zz": 2}, "b": 3}})
    assert len(found) >= 5


def test_empty_level_is_refused() -> None:
    assert parse({"level": {"name": "x"}})[1][0].code == "missing-key"


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["level", "components", "other"]), json_like, max_size=3))
def test_never_raises(found: dict[str, Any]) -> None:
    topology, findings = parse(found)
    assert (topology is None) == bool(findings)
