"""The `[photon]` table: every key that all components share, with its default, unit, reload mark and variables.

Table: the models below are the table of the reference page; `photon.standalone` depends on the component and is a map
here, checked against its `Declaration` by the loader.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from photoncloud.config.marks import ConfigModel, setting, table
from photoncloud.config.value_types import BusUrl, OptionalAddress, RpcUrl, Url

NAME_PATTERN = r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$"
OPTIONAL_NAME_PATTERN = rf"{NAME_PATTERN}|^$"
METADATA_ENTRIES_MAX = 32
LEVELS = ("debug", "info", "warning", "error", "critical")
HEARTBEATS_PER_LEASE = 3
HEARTBEATS_PER_LEASE_MIN = 2
LEVEL_SYNONYMS = {"warn": "warning"}

Level = Literal["debug", "info", "warning", "error", "critical"]
MetadataKey = Annotated[str, Field(min_length=1, max_length=63)]
MetadataValue = Annotated[str, Field(max_length=255)]


class Ops(ConfigModel):
    """The operations listener."""

    addr: OptionalAddress = setting(
        "", "Listener of /health, /livez, /readyz and /metrics; the default is the component's own.", listener=True
    )
    public_detail: bool = setting(True, "Show the reasons of failed checks to other hosts.", reload=True)
    degradation_entries_max: int = setting(
        1000, "Length of the degradation ledger.", reload=True, ge=1, le=100_000, unit="none"
    )


class Logging(ConfigModel):
    """Structured logs."""

    level: Level = setting(
        "info",
        "Lowest level that is written.",
        reload=True,
        env="PHOTON_LOG_LEVEL",
        synonyms=LEVEL_SYNONYMS,
        fold_case=True,
    )
    levels: Mapping[str, Level] = setting(
        factory=dict, description="Levels of single loggers.", reload=True, synonyms=LEVEL_SYNONYMS, fold_case=True
    )
    format: Literal["json", "console"] = setting(
        "json", "One JSON object a line, or text for people.", reload=True, env="PHOTON_LOG_FORMAT"
    )
    file: str = setting("", "Log file; empty writes to standard output.", reload=True)
    file_max_mb: int = setting(100, "Size at which the log file is rotated.", reload=True, ge=1, le=1_048_576)
    file_keep: int = setting(5, "Rotated files that are kept.", reload=True, ge=0, le=1000)
    request_log: bool = setting(True, "Write one line for each request.", reload=True)


class Metrics(ConfigModel):
    """Prometheus metrics."""

    enabled: bool = setting(True, "Serve /metrics; false answers 404.")
    endpoint: OptionalAddress = setting(
        "", "One more listener with /metrics alone; empty serves it on the operations listener only.", listener=True
    )


class Tls(ConfigModel):
    """Certificates towards integrated services, and of the operations listener."""

    ca_file: str = setting("", "Certificates that are trusted.", reload=True)
    cert_file: str = setting("", "Certificate chain of this process.", reload=True)
    key_file: str = setting("", "Private key of the certificate.", reload=True)
    min_version: Literal["1.2", "1.3"] = setting("1.2", "Lowest TLS version that is spoken.")
    reload_interval_sec: int = setting(
        60, "How often changed certificate files are looked for.", reload=True, ge=1, le=86_400
    )


class Tracing(ConfigModel):
    """Traces over OTLP."""

    enabled: bool = setting(False, "Send traces.")
    endpoint: Url = setting("", "Where traces are sent.")
    sample_ratio: float = setting(0.01, "Share of requests that are traced.", ge=0, le=1, unit="none")


class Registration(ConfigModel):
    """How this process makes itself known."""

    auto_register: bool = setting(True, "Register this process in the registry.")
    heartbeat_interval_sec: int = setting(10, "Time between heartbeats.", reload=True, ge=1, le=300)
    lease_ttl_sec: int | None = setting(
        None, "Life of the registration without a heartbeat; 3 heartbeats unless set.", reload=True, ge=2, le=86_400
    )
    advertise_addr: OptionalAddress = setting("", "Address told to others; empty chooses the first public one.")
    metadata: Annotated[Mapping[MetadataKey, MetadataValue], Field(max_length=METADATA_ENTRIES_MAX)] = setting(
        factory=dict, description="Free labels of this process: region, zone, ...", reload=True
    )


class Integrated(ConfigModel):
    """Endpoints of the integrated services, and what happens without them."""

    control_plane_endpoint: Url = setting(
        "", "The control plane.", env=("PHOTON_CONTROL_PLANE_ENDPOINT", "RESOURCE_MANAGER")
    )
    chainfire_endpoints: tuple[RpcUrl, ...] = setting(
        (), "Members of chainfire.", env=("PHOTON_CHAINFIRE_ENDPOINTS", "CHAINFIRE_ENDPOINTS", "CHAINFIRE_ENDPOINT")
    )
    auth_service_endpoint: RpcUrl = setting("", "photonauth.", env=("PHOTON_AUTH_ENDPOINT", "AUTH_ENDPOINT"))
    event_bus_endpoint: BusUrl = setting(
        "", "The event bus; http:// is read as nats://.", env=("PHOTON_EVENT_BUS_ENDPOINT", "EVENT_BUS")
    )
    network_service_endpoint: RpcUrl = setting("", "photonnet.")
    telemetry_endpoint: Url = setting("", "nightlight.")
    credential_file: str = setting("", "Token of this service where mutual TLS is not used.", reload=True)
    connect_timeout_sec: float = setting(5.0, "Limit of one connection attempt.", reload=True, gt=0, le=600)
    request_timeout_sec: float = setting(10.0, "Limit of one request.", reload=True, gt=0, le=600)
    fallback_to_standalone: bool = setting(True, "Degrade instead of failing when a service is gone.", reload=True)
    fallback_timeout_sec: int = setting(30, "How long a service may be silent before that.", reload=True, ge=1, le=3600)
    fallback_auth: Literal["deny", "local"] = setting(
        "deny", "What answers while photonauth is silent and no decision is cached."
    )
    auth_cache_ttl_sec: int = setting(300, "Upper bound of a cached decision.", reload=True, ge=0, le=3600)
    events_spool_mb: int = setting(64, "Size of the spool of unsent events.", reload=True, ge=0, le=10_240)
    registration: Registration = table(Registration, "How this process makes itself known.")


class Hybrid(ConfigModel):
    """One choice a capability, and endpoints that count in hybrid mode only (else those of `photon.integrated`)."""

    auth_backend: str = setting("local", "`local`, `integrated` or an adapter's name.")
    metadata_backend: str = setting("local", "`local`, `integrated` or an adapter's name.")
    events_backend: str = setting("local", "`local`, `integrated` or an adapter's name.")
    registry_backend: str = setting("local", "`local`, `integrated` or an adapter's name.")
    config_backend: str = setting("local", "`local`, `integrated` or an adapter's name.")
    network_backend: str = setting("local", "`local`, `integrated` or an adapter's name.")
    telemetry_backend: str = setting("local", "`local`, `integrated` or an adapter's name.")
    auth_endpoint: RpcUrl = setting("", "photonauth.")
    event_bus_endpoint: BusUrl = setting("", "The event bus; http:// is read as nats://.")
    chainfire_endpoints: tuple[RpcUrl, ...] = setting((), "Members of chainfire.")
    control_plane_endpoint: Url = setting("", "The control plane.")
    network_endpoint: RpcUrl = setting("", "photonnet.")
    telemetry_endpoint: Url = setting("", "nightlight.")


class PhotonSettings(ConfigModel):
    """The `[photon]` table."""

    config_version: str = setting("1.0", "Schema version the file was written for.", pattern=r"^\d{1,4}\.\d{1,4}$")
    mode: Literal["standalone", "hybrid", "integrated"] | None = setting(
        None, "standalone, hybrid or integrated; detected when nobody says.", env="PHOTON_MODE", fold_case=True
    )
    component_id: str = setting(
        "", "Name of this process; <component>-<host> unless set.", env="PHOTON_COMPONENT_ID", pattern=NAME_PATTERN
    )
    cluster_id: str = setting(
        "", "Name of the cluster; empty adopts the stored one.", env="PHOTON_CLUSTER_ID", pattern=OPTIONAL_NAME_PATTERN
    )
    state_dir: str = setting("", "Spool, metadata copy, last known good; /var/lib/<component>/state unless set.")
    grace_timeout_sec: int = setting(30, "Drain limit on SIGTERM.", reload=True, ge=0, le=3600)
    watch_config: bool = setting(False, "Reload when a file that was read changes.")
    ops: Ops = table(Ops, "The operations listener.")
    logging: Logging = table(Logging, "Structured logs.")
    metrics: Metrics = table(Metrics, "Prometheus metrics.")
    tls: Tls = table(Tls, "Certificates towards integrated services.")
    tracing: Tracing = table(Tracing, "Traces over OTLP.")
    standalone: Mapping[str, str] = setting(factory=dict, description="Local engines, as the component declares them.")
    integrated: Integrated = table(Integrated, "Endpoints of the integrated services.")
    hybrid: Hybrid = table(Hybrid, "One choice a capability.")


SECOND_NAMES = {
    "photon.integrated.heartbeat_interval_sec": "photon.integrated.registration.heartbeat_interval_sec",
}
