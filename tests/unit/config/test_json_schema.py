"""What the schema says; that it judges files as the loader does is in tests/conformance/config/test_agreement.py."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from config_samples import COMPONENTS, Dns, Lb, Stor

from photoncloud.config.json_schema import json_schema, quantity_pattern
from photoncloud.config.tree import schema_of


def at(document: dict[str, Any], *path: str) -> dict[str, Any]:
    for name in path:
        document = document["properties"][name]
    return document


@pytest.mark.parametrize("model", COMPONENTS.values())
def test_it_is_a_valid_closed_schema(model: Any) -> None:
    document = json_schema(schema_of(model))
    jsonschema.Draft202012Validator.check_schema(document)
    assert document["additionalProperties"] is False
    assert (
        document["properties"]["standalone"]["properties"].keys()
        == document["properties"]["integrated"]["properties"].keys()
    )


def test_marks_are_keywords() -> None:
    document = json_schema(schema_of(Stor))
    grace = at(document, "photon", "grace_timeout_sec")
    assert (grace["x-unit"], grace["x-reload"], grace["default"]) == ("sec", True, 30)
    secret = at(document, "standalone", "auth", "secret_key")
    assert (secret["x-secret"], secret["writeOnly"]) == (True, True)
    assert at(document, "photon", "mode")["x-env"] == ["PHOTON_MODE"]
    assert at(document, "standalone", "server", "log_level")["x-second-name-of"] == "photon.logging.level"
    assert at(document, "photon", "logging", "levels")["x-merge"] == "replace"


def test_merging_of_arrays_is_told() -> None:
    balancers = at(json_schema(schema_of(Lb)), "standalone", "loadbalancers")
    assert (balancers["x-merge"], balancers["items"]["required"]) == ("by name", ["name"])
    policy = at(json_schema(schema_of(Dns)), "standalone", "updates", "policy")
    assert (policy["x-merge"], policy["items"]["required"]) == ("replace", ["key"])


@pytest.mark.parametrize(("unit", "good", "bad"), [("_sec", "1h30m", "1 moon"), ("_mb", "1GiB", "1GiB1MiB")])
def test_quantities(unit: str, good: str, bad: str) -> None:
    validator = jsonschema.Draft202012Validator({"pattern": quantity_pattern(unit)})
    assert validator.is_valid(good)
    assert validator.is_valid("30")
    assert not validator.is_valid(bad)
