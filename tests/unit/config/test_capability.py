from __future__ import annotations

from typing import Any

import pytest

from photoncloud.config.capability import Choice, choose, stage_of
from photoncloud.config.declaration import Declaration
from photoncloud.config.origin import DEFAULT, Leaf, Origin

EVERYTHING = Declaration(
    "lightningstor",
    ":1",
    {
        "metadata": ("rocksdb", "memory"),
        "auth": ("local",),
        "events": ("none", "memory"),
        "registry": ("none",),
        "config": ("file",),
        "network": ("host",),
        "telemetry": ("local",),
    },
    {"storage_backend": ("filesystem", "s3")},
    {"auth": ("dual",)},
)
CHAINFIRE = {"integrated.chainfire_endpoints": ("http://cf:1",)}
AUTH = {"integrated.auth_service_endpoint": "http://auth:1"}
BUS = {"integrated.event_bus_endpoint": "nats://bus:1"}
NETWORK = {"integrated.network_service_endpoint": "http://net:1"}
PLANE = {"integrated.control_plane_endpoint": "http://cp:1"}
LOCAL = {
    "metadata": "rocksdb",
    "auth": "local",
    "events": "none",
    "registry": "none",
    "config": "file",
    "network": "host",
    "telemetry": "local",
}


def resolve(mode: str, said: dict[str, Any] | None = None, declaration: Declaration = EVERYTHING) -> Choice:
    values = said or {}

    def look(table: str, name: str) -> Leaf:
        fixed = f"{table}.{name}"
        if fixed in values:
            return Leaf(values[fixed], Origin("file", path="f", line=3))
        if name.endswith("_backend"):
            engines = declaration.capabilities.get(name.removesuffix("_backend"), (None,))
            return Leaf("local" if table == "hybrid" else engines[0], DEFAULT)
        return Leaf(() if name == "chainfire_endpoints" else "", DEFAULT)

    return choose(declaration, mode, look)


def codes(choice: Choice) -> list[tuple[str, str]]:
    return [(problem.code, problem.key) for problem in choice.problems]


def test_standalone_is_local() -> None:
    choice = resolve("standalone", {**CHAINFIRE, **AUTH})
    assert (choice.backends, choice.stage, choice.problems) == (LOCAL, "S0", [])
    assert choice.engines == {"storage_backend": "filesystem"}


def test_standalone_names_engines_and_adapters() -> None:
    choice = resolve("standalone", {"standalone.metadata_backend": "memory", "standalone.storage_backend": "local"})
    assert choice.backends["metadata"] == "memory"
    assert choice.engines == {"storage_backend": "filesystem"}
    assert resolve("standalone", {"standalone.metadata_backend": "local"}).backends["metadata"] == "rocksdb"
    assert resolve("standalone", {"standalone.auth_backend": "dual", **AUTH}).backends["auth"] == "dual"
    missing = resolve("standalone", {"standalone.metadata_backend": "chainfire"})
    assert codes(missing) == [("missing-endpoint", "photon.standalone.metadata_backend")]
    assert "photon.integrated.chainfire_endpoints" in missing.problems[0].message


def test_integrated_with_everything_known() -> None:
    choice = resolve("integrated", {**CHAINFIRE, **AUTH, **BUS, **NETWORK, **PLANE})
    assert choice.backends == {
        "metadata": "chainfire",
        "auth": "photonauth",
        "events": "nats",
        "registry": "chainfire",
        "config": "control-plane",
        "network": "photonnet",
        "telemetry": "nightlight",
    }
    assert (choice.stage, choice.problems, choice.notes) == ("S4", [], [])


def test_integrated_keeps_local_what_has_no_endpoint() -> None:
    choice = resolve("integrated", CHAINFIRE)
    assert choice.backends == {
        **LOCAL,
        "metadata": "chainfire",
        "registry": "chainfire",
        "events": "chainfire",
        "telemetry": "nightlight",
    }
    assert [(n.event, n.fields["capability"]) for n in choice.notes] == [
        ("capability_local", "auth"),
        ("capability_local", "config"),
        ("capability_local", "network"),
    ]
    assert choice.stage == "S1"


def test_integrated_demands_chainfire() -> None:
    assert codes(resolve("integrated", AUTH)) == [("missing-endpoint", "photon.integrated.chainfire_endpoints")]
    without = Declaration("chainfire", ":1", {"auth": ("local",)})
    assert codes(resolve("integrated", AUTH, without)) == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, {}),
        ({"hybrid.auth_backend": "integrated", **AUTH}, {"auth": "photonauth"}),
        ({"hybrid.auth_backend": "photonauth", "hybrid.auth_endpoint": "http://own:1"}, {"auth": "photonauth"}),
        ({"hybrid.events_backend": "integrated", **BUS}, {"events": "nats"}),
        ({"hybrid.events_backend": "integrated", **CHAINFIRE}, {"events": "chainfire"}),
        ({"hybrid.events_backend": "nats", **BUS, **CHAINFIRE}, {"events": "nats"}),
        ({"hybrid.metadata_backend": "memory"}, {"metadata": "memory"}),
        ({"hybrid.metadata_backend": "local", "standalone.metadata_backend": "memory"}, {"metadata": "memory"}),
        ({"hybrid.metadata_backend": "local", "standalone.metadata_backend": "chainfire"}, {}),
        ({"hybrid.telemetry_backend": "integrated"}, {"telemetry": "nightlight"}),
    ],
)
def test_hybrid_chooses_one_by_one(said: dict[str, Any], expected: dict[str, str]) -> None:
    choice = resolve("hybrid", said)
    assert (choice.backends, choice.problems) == ({**LOCAL, **expected}, [])


def test_hybrid_refuses_what_it_cannot_have() -> None:
    assert codes(resolve("hybrid", {"hybrid.events_backend": "integrated"})) == [
        ("missing-endpoint", "photon.hybrid.events_backend")
    ]
    unsupported = resolve("hybrid", {"hybrid.auth_backend": "photonauht", **AUTH})
    assert codes(unsupported) == [("unsupported-backend", "photon.hybrid.auth_backend")]
    assert unsupported.problems[0].suggestion == "photonauth"
    assert unsupported.problems[0].origin.line == 3


def test_a_choice_for_a_lacking_capability_is_only_said() -> None:
    declaration = Declaration("flashdns", ":1", {"metadata": ("file",)})
    choice = resolve("hybrid", {"hybrid.auth_backend": "integrated"}, declaration)
    assert (choice.backends, choice.problems) == ({"metadata": "file"}, [])
    assert [(n.event, n.fields["capability"]) for n in choice.notes] == [("capability_absent", "auth")]


def test_hybrid_endpoints_count_in_hybrid_only() -> None:
    said = {**AUTH, "hybrid.auth_endpoint": "http://own:1"}
    assert resolve("hybrid", said).endpoints.auth == "http://own:1"
    assert resolve("integrated", {**said, **CHAINFIRE}).endpoints.auth == "http://auth:1"
    assert resolve("hybrid", AUTH).endpoints.auth == "http://auth:1"


def test_engines_may_follow_the_backends() -> None:
    declaration = Declaration(
        "flashdns",
        ":1",
        {"metadata": ("file",)},
        {"zone_backend": ("file", "chainfire")},
        derive_engines=lambda backends: {"zone_backend": "chainfire"} if backends["metadata"] == "chainfire" else {},
    )
    assert resolve("standalone", {}, declaration).engines == {"zone_backend": "file"}
    assert resolve("integrated", CHAINFIRE, declaration).engines == {"zone_backend": "chainfire"}
    said = {**CHAINFIRE, "standalone.zone_backend": "file"}
    assert resolve("integrated", said, declaration).engines == {"zone_backend": "file"}


@pytest.mark.parametrize(
    ("outside", "stage"),
    [
        ([], "S0"),
        (["auth"], "S0"),
        (["metadata"], "S0"),
        (["metadata", "registry"], "S1"),
        (["metadata", "registry", "network"], "S1"),
        (["metadata", "registry", "auth"], "S2"),
        (["metadata", "registry", "auth", "network"], "S3"),
        (["metadata", "registry", "auth", "network", "config"], "S4"),
        (["metadata", "registry", "auth", "config"], "S2"),
        (["events", "telemetry"], "S0"),
    ],
)
def test_stages(outside: list[str], stage: str) -> None:
    assert stage_of(EVERYTHING, {**LOCAL, **dict.fromkeys(outside, "elsewhere")}) == stage


def test_a_lacking_capability_counts_as_met() -> None:
    declaration = Declaration("x", ":1", {"auth": ("local",), "config": ("file",)})
    assert stage_of(declaration, {"auth": "photonauth", "config": "file"}) == "S3"
    assert stage_of(declaration, {"auth": "local", "config": "file"}) == "S0"
