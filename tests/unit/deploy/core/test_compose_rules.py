"""Compose files that others wrote."""

from __future__ import annotations

from typing import Any

import pytest

from photoncloud.deploy.core.compose_rules import examine


def errors(document: Any) -> list[str]:
    return [str(finding) for finding in examine(document)[0] if finding.is_error]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (None, "at least one service"),
        ({"services": {}}, "at least one service"),
        ({"services": {"a b": {"image": "x:1"}}}, "service's name"),
        ({"services": {"a": []}}, "expected a mapping"),
        ({"services": {"a": {}}}, "neither image nor build"),
        ({"services": {"a": {"image": "x:1", "depends_on": ["ghost"]}}}, "no service 'ghost'"),
        (
            {"services": {"a": {"image": "x:1", "depends_on": ["b"]}, "b": {"image": "x:1", "depends_on": {"a": {}}}}},
            "cycle",
        ),
        ({"services": {"a": {"image": "x:1", "network_mode": "host", "ports": ["1:1"]}}}, "publishes no ports"),
        (
            {
                "services": {
                    "a": {"image": "x:1", "network_mode": "host", "environment": ["KV=http://kv:2379"]},
                    "kv": {"image": "x:1"},
                }
            },
            "cannot resolve",
        ),
    ],
)
def test_errors(document: Any, words: str) -> None:
    found = errors(document)
    assert any(words in line for line in found), found


def test_advice_is_no_error() -> None:
    document = {
        "version": "3",
        "services": {"a": {"image": "photoncloud/a:latest"}, "b": {"image": "nats", "depends_on": ["a"]}},
    }
    found, _ = examine(document)
    assert not any(finding.is_error for finding in found)
    where = [finding.where for finding in found]
    assert where == ["services.a.image", "services.b.image", "services.b.depends_on", "version"]


def test_our_services_are_found_with_environment_arguments_and_mounts() -> None:
    document = {
        "services": {
            "kv": {
                "image": "registry.example/photoncloud/chainfire:1",
                "command": "--cluster-mode --bootstrap-cluster",
                "environment": {"A": 1, "B": None},
                "volumes": [
                    "./x.toml:/etc/chainfire/config.toml:ro",
                    "data:/var/lib",
                    {"type": "bind", "source": "/s", "target": "/t"},
                ],
            },
            "bus": {"image": "nats:2"},
        }
    }
    (ours,) = examine(document)[1]
    assert (ours.service, ours.component) == ("kv", "chainfire")
    assert ours.environment == {"A": "1", "B": ""}
    assert ours.arguments == ("--cluster-mode", "--bootstrap-cluster")
    assert ours.mounts == {"/etc/chainfire/config.toml": "./x.toml", "/t": "/s"}
