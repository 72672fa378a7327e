"""The `[photon]` table agrees with the specification's defaults, reload marks and variables."""

from __future__ import annotations

import pytest
from config_samples import Stor
from pydantic import ValidationError

from photoncloud.config.leaf import dotted, path_of
from photoncloud.config.schema import PhotonSettings
from photoncloud.config.tree import leaves_below, schema_of

SCHEMA = schema_of(Stor)
RELOADABLE = """
grace_timeout_sec ops.public_detail ops.degradation_entries_max logging.level logging.levels logging.format logging.file
logging.file_max_mb logging.file_keep logging.request_log tls.ca_file tls.cert_file tls.key_file tls.reload_interval_sec
integrated.credential_file integrated.connect_timeout_sec integrated.request_timeout_sec
integrated.fallback_to_standalone integrated.fallback_timeout_sec integrated.auth_cache_ttl_sec
integrated.events_spool_mb integrated.registration.heartbeat_interval_sec integrated.registration.lease_ttl_sec
integrated.registration.metadata
"""
VARIABLES = {
    "photon.mode": "PHOTON_MODE",
    "photon.component_id": "PHOTON_COMPONENT_ID",
    "photon.cluster_id": "PHOTON_CLUSTER_ID",
    "photon.logging.level": "PHOTON_LOG_LEVEL",
    "photon.logging.format": "PHOTON_LOG_FORMAT",
    "photon.integrated.control_plane_endpoint": "PHOTON_CONTROL_PLANE_ENDPOINT RESOURCE_MANAGER",
    "photon.integrated.chainfire_endpoints": "PHOTON_CHAINFIRE_ENDPOINTS CHAINFIRE_ENDPOINTS CHAINFIRE_ENDPOINT",
    "photon.integrated.auth_service_endpoint": "PHOTON_AUTH_ENDPOINT AUTH_ENDPOINT",
    "photon.integrated.event_bus_endpoint": "PHOTON_EVENT_BUS_ENDPOINT EVENT_BUS",
}
DEFAULTS = {
    "photon.config_version": "1.0",
    "photon.cluster_id": "",
    "photon.state_dir": "/var/lib/lightningstor/state",
    "photon.grace_timeout_sec": 30,
    "photon.ops.addr": "0.0.0.0:9003",
    "photon.ops.degradation_entries_max": 1000,
    "photon.logging.level": "info",
    "photon.logging.format": "json",
    "photon.logging.file_max_mb": 100,
    "photon.metrics.enabled": True,
    "photon.tls.min_version": "1.2",
    "photon.tls.reload_interval_sec": 60,
    "photon.tracing.sample_ratio": 0.01,
    "photon.standalone.metadata_backend": "rocksdb",
    "photon.standalone.config_source": "file",
    "photon.integrated.connect_timeout_sec": 5.0,
    "photon.integrated.fallback_to_standalone": True,
    "photon.integrated.fallback_timeout_sec": 30,
    "photon.integrated.fallback_auth": "deny",
    "photon.integrated.auth_cache_ttl_sec": 300,
    "photon.integrated.events_spool_mb": 64,
    "photon.integrated.registration.heartbeat_interval_sec": 10,
    "photon.hybrid.auth_backend": "local",
}


def test_reload_marks() -> None:
    marked = {dotted(path[1:]) for path, leaf in leaves_below(SCHEMA.root) if path[0] == "photon" and leaf.marks.reload}
    assert marked == set(RELOADABLE.split())


def test_variables() -> None:
    found = {dotted(p): " ".join(leaf.marks.env) for p, leaf in leaves_below(SCHEMA.root) if leaf.marks.env}
    assert found == VARIABLES


def test_defaults() -> None:
    assert {key: SCHEMA.defaults[path_of(key)].value for key in DEFAULTS} == DEFAULTS


def test_every_leaf_has_a_sentence() -> None:
    assert [dotted(p) for p, leaf in leaves_below(SCHEMA.root) if not leaf.description.endswith(".")] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"component_id": "a" * 64},
        {"component_id": "a_b-"},
        {"cluster_id": "-"},
        {"grace_timeout_sec": 3601},
        {"integrated": {"registration": {"metadata": {f"k{i}": "" for i in range(33)}}}},
        {"integrated": {"registration": {"metadata": {"k" * 64: ""}}}},
        {"integrated": {"registration": {"metadata": {"k": "v" * 256}}}},
        {"tls": {"min_version": "1.1"}},
    ],
)
def test_limits(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PhotonSettings.model_validate(wrong)


def test_names_may_be_long_and_dotted() -> None:
    assert PhotonSettings(component_id="a" + "._-" * 20 + "9", cluster_id="").cluster_id == ""
