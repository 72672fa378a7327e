"""The design's examples are accepted verbatim, each by its component; hybrid.toml and integrated.toml by every one."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_samples import COMPONENTS, no_probe

from photoncloud.config import ConfigurationError, Resolved, load

EXAMPLES = Path(__file__).resolve().parents[4] / "shared" / "design" / "examples"
pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the design's examples are not on this machine")


def load_example(component: str, name: str, *argv: str, environ: dict[str, str] | None = None) -> Resolved:
    words = ["--config-only", "--config", str(EXAMPLES / name), *argv]
    return load(component, COMPONENTS[component], words, environ or {}, probe=no_probe)


@pytest.mark.parametrize("component", ["flashdns", "fiberlb", "nightlight"])
def test_standalone_example_is_accepted_as_written(component: str) -> None:
    resolved = load_example(component, f"{component}-standalone.toml")
    assert (resolved.mode, resolved.stage) == ("standalone", "S0")
    assert resolved.photon.component_id == f"{component}-01"


def test_example_credentials_need_loopback_or_a_flag() -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_example("lightningstor", "lightningstor-standalone.toml")
    assert {problem.code for problem in refused.value.problems} == {"example-credentials"}
    assert [problem.origin.line for problem in refused.value.problems] == [26, 27]
    load_example("lightningstor", "lightningstor-standalone.toml", "--allow-example-credentials")
    local = ["--set", "standalone.server.s3_addr=127.0.0.1:9001", "--set", "standalone.server.grpc_addr=127.0.0.1:0"]
    resolved = load_example("lightningstor", "lightningstor-standalone.toml", *local)
    assert resolved.settings.auth.secret_key.reveal().startswith("wJalr")


@pytest.mark.parametrize("component", sorted(COMPONENTS))
def test_hybrid_example(component: str) -> None:
    resolved = load_example(component, "hybrid.toml", environ={"PHOTON_MODE": "hybrid"})
    assert resolved.mode == "hybrid"
    if "auth" in resolved.backends:
        assert resolved.backends["auth"] == "photonauth"
    if "metadata" in resolved.backends:
        assert resolved.backends["metadata"] in ("rocksdb", "file")
    assert resolved.integrated.event_bus == "nats://events:4222"
    assert "endpoint_scheme_normalised" in {note.event for note in resolved.notes}


@pytest.mark.parametrize("component", sorted(COMPONENTS))
def test_integrated_example(component: str) -> None:
    resolved = load_example(component, "integrated.toml")
    assert resolved.mode == "integrated"
    assert resolved.photon.integrated.registration.heartbeat_interval_sec == 30
    assert resolved.photon.integrated.registration.lease_ttl_sec == 90
    assert dict(resolved.photon.integrated.registration.metadata) == {"region": "tokyo", "zone": "az-1"}
    assert resolved.backends["registry"] == "chainfire"


def test_nested_arrays_of_tables_arrive_typed() -> None:
    web, api = load_example("fiberlb", "fiberlb-standalone.toml").settings.loadbalancers
    assert [upstream.address for upstream in web.backends] == ["10.0.0.11", "10.0.0.12"]
    assert web.healthcheck.path == "/health"
    assert web.tls is None
    assert api.tls.cert_file == "/etc/fiberlb/certs/api.crt"


def test_synonyms_of_the_example_are_understood() -> None:
    zones = load_example("flashdns", "flashdns-standalone.toml").settings.zones.zone
    assert [(zone.name, zone.type) for zone in zones] == [("example.com", "primary"), ("internal.local", "primary")]


def test_misspelt_mode_is_answered_with_the_right_one() -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_example("flashdns", "flashdns-standalone.toml", environ={"PHOTON_MODE": "integratd"})
    assert str(refused.value) == (
        'env PHOTON_MODE: error[unknown-mode]: "integratd" is not a mode; did you mean "integrated"? '
        "(standalone, hybrid, integrated)"
    )
