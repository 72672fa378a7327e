"""Components as their settings.py would declare them, and a machine in memory, for the tests of photoncloud.config.

They accept the design's examples of their kind verbatim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from photoncloud.config import (
    Address,
    ConfigModel,
    Context,
    Declaration,
    ExampleCredentials,
    Flag,
    OptionalAddress,
    Problem,
    Secret,
    Url,
    setting,
    table,
)
from photoncloud.config.files import FILE_BYTES_MAX, FileContent, FileProblem
from photoncloud.config.mode import ProbeAnswer


class StorServer(ConfigModel):
    """Listeners."""

    grpc_addr: OptionalAddress = setting("0.0.0.0:9000", "gRPC.", listener=True)
    s3_addr: OptionalAddress = setting("0.0.0.0:9001", "S3.", listener=True)
    region: str = setting("us-east-1", "Region of signatures.")
    domains: tuple[str, ...] = setting(("localhost",), "Virtual hosts.", reload=True)
    max_connections: int = setting(4096, "Open connections.", reload=True, ge=1, le=100_000)
    idle_timeout_sec: int = setting(75, "Silence on a connection.", reload=True, ge=1, le=3600)


class StorStorage(ConfigModel):
    """Bytes of objects."""

    data_dir: str = setting("/var/lib/lightningstor/data", "Where bytes lie.")
    durability: Literal["group", "fsync", "async"] = setting("group", "When a write is acknowledged.", reload=True)
    min_free_bytes: int = setting(1 << 30, "Writes stop below this.", reload=True, ge=0)
    scrub_bytes_per_sec: int = setting(8_388_608, "Speed of the scrubber.", reload=True, ge=0)
    gc_grace_sec: int = setting(900, "Age of garbage.", reload=True, ge=0)


class StorMetadata(ConfigModel):
    """The index."""

    path: str = setting("/var/lib/lightningstor/meta", "Its folder.")
    cache_size_mb: int = setting(256, "Cache.", ge=1, le=1 << 20)


class StorAuth(ConfigModel):
    """Local credentials."""

    type: Literal["access_key"] = setting("access_key", "Kind.")
    access_key: str = setting("", "Root key.")
    secret_key: Secret | None = setting(None, "Its secret.")
    credentials_file: str = setting("", "Further keys.", reload=True)


class StorFeatures(ConfigModel):
    """Switches."""

    versioning: bool = setting(False, "Versions.")
    lifecycle: bool = setting(False, "Rules.")
    replication: bool = setting(False, "Not yet.")


class StorWebsite(ConfigModel):
    """Websites."""

    hosts: Mapping[str, str] = setting(factory=dict, description="Host to bucket.", reload=True)
    cache_ratio: float = setting(0.5, "Share of the cache.", ge=0, le=1)


def stor_rules(settings: Any, context: Context) -> Iterable[Problem]:
    """Replication is not there yet."""
    if settings.features.replication:
        yield context.problem("standalone.features.replication", "bad-value", "replication is not available yet")


class Stor(ConfigModel):
    """Object storage."""

    declaration: ClassVar[Declaration] = Declaration(
        component="lightningstor",
        ops_addr="0.0.0.0:9003",
        capabilities={
            "metadata": ("rocksdb", "memory"),
            "auth": ("local",),
            "events": ("none", "memory"),
            "registry": ("none",),
        },
        standalone_backends={"storage_backend": ("filesystem", "s3")},
        adapters={"auth": ("dual",)},
        flags=(
            Flag("--s3-addr", "server.s3_addr", "ADDR", "S3 listener"),
            Flag("--versioning", "features.versioning", "", "switch versions on"),
        ),
        second_names={"standalone.server.log_level": "photon.logging.level"},
        removed_keys={"standalone.storage.dir": "write standalone.storage.data_dir instead"},
        validate=stor_rules,
        example_credentials=ExampleCredentials(
            ("auth.access_key", "auth.secret_key"), ("server.s3_addr", "server.grpc_addr")
        ),
    )
    server: StorServer = table(StorServer)
    storage: StorStorage = table(StorStorage)
    metadata: StorMetadata = table(StorMetadata)
    auth: StorAuth = table(StorAuth)
    features: StorFeatures = table(StorFeatures)
    website: StorWebsite = table(StorWebsite)


class DnsServer(ConfigModel):
    """Listeners."""

    dns_addr: tuple[Address, ...] = setting(("0.0.0.0:53", "[::]:53"), "UDP.", single=True, listener=True)
    dns_tcp_addr: tuple[Address, ...] = setting((), "TCP.", single=True, listener=True)
    admin_api_addr: OptionalAddress = setting("127.0.0.1:8053", "REST.", listener=True)


class DnsZone(ConfigModel):
    """One zone."""

    name: str = setting(description="Apex.", min_length=1)
    file: str = setting("", "Zone file.", relative_to_file=True)
    ttl: int | None = setting(None, "TTL of records without one.", ge=0, unit="sec")
    type: Literal["primary", "secondary"] = setting(
        "primary", "Kind.", synonyms={"master": "primary", "slave": "secondary"}
    )
    primaries: tuple[str, ...] = setting((), "Where a secondary transfers from.")


class DnsZones(ConfigModel):
    """Zones."""

    zone_dir: str = setting("/etc/flashdns/zones", "Folder of zone files.", relative_to_file=True)
    auto_reload: bool = setting(True, "Watch the files.", reload=True)
    reload_interval_sec: int = setting(300, "Poll.", reload=True, ge=1)
    zone: tuple[DnsZone, ...] = setting((), "Zones.", merge_identity="name", reload=True)


class DnsFeatures(ConfigModel):
    """Switches."""

    dnssec: bool = setting(False, "Sign.")
    dynamic_update: bool = setting(False, "RFC 2136.")
    axfr_allow: tuple[str, ...] = setting((), "Who may transfer.", reload=True)


class DnsPolicyRow(ConfigModel):
    """Who may update what."""

    key: str = setting(description="TSIG key.")
    match: Literal["exact", "subdomain"] = setting("exact", "How names compare.")
    secret: Secret | None = setting(None, "A secret of the row.")


class DnsUpdates(ConfigModel):
    """Dynamic updates."""

    policy: tuple[DnsPolicyRow, ...] = setting((), "Rows.")


def dns_engines(backends: Mapping[str, str]) -> Mapping[str, str]:
    """Zones live where the metadata lives."""
    return {"zone_backend": "file+chainfire"} if backends["metadata"] == "chainfire" else {}


class Dns(ConfigModel):
    """Name server."""

    declaration: ClassVar[Declaration] = Declaration(
        component="flashdns",
        ops_addr="127.0.0.1:8053",
        capabilities={"metadata": ("file",), "registry": ("none",), "config": ("file",), "network": ("host",)},
        standalone_backends={"zone_backend": ("file", "chainfire", "file+chainfire")},
        derive_engines=dns_engines,
        flags=(Flag("--dns-addr", "server.dns_addr", "ADDR"),),
    )
    server: DnsServer = table(DnsServer)
    zones: DnsZones = table(DnsZones)
    features: DnsFeatures = table(DnsFeatures)
    updates: DnsUpdates = table(DnsUpdates)


class LbServer(ConfigModel):
    """Listeners."""

    grpc_addr: OptionalAddress = setting("127.0.0.1:50052", "gRPC.", listener=True)
    admin_api_addr: OptionalAddress = setting("127.0.0.1:8080", "REST.", listener=True)
    metrics_addr: OptionalAddress = setting("127.0.0.1:9090", "Metrics.", listener=True)


class LbDataplane(ConfigModel):
    """How packets go."""

    type: Literal["auto", "iptables", "ipvs", "ebpf", "userspace"] = setting("auto", "Plane.")


class LbBackend(ConfigModel):
    """One upstream."""

    name: str = setting(description="Name.")
    address: str = setting(description="Address.")
    port: int = setting(description="Port.", ge=1, le=65535)
    weight: int = setting(100, "Share.", ge=0, le=65535)


class LbHealthcheck(ConfigModel):
    """How upstreams are judged."""

    type: Literal["http", "tcp"] = setting("tcp", "Kind.")
    interval_sec: int = setting(10, "Between checks.", ge=1)
    timeout_sec: int = setting(5, "Of one check.", ge=1)
    path: str = setting("/", "Of http.")


class LbTls(ConfigModel):
    """Certificate."""

    cert_file: str = setting(description="Chain.")
    key_file: str = setting(description="Key.")


class LoadBalancer(ConfigModel):
    """One load balancer."""

    name: str = setting(description="Name.")
    vip: str = setting(description="Address.")
    port: int = setting(description="Port.", ge=1, le=65535)
    protocol: Literal["tcp", "udp", "http"] = setting("tcp", "Protocol.")
    method: Literal["roundrobin", "leastconn"] = setting("roundrobin", "Choice of upstream.")
    tls_termination: bool = setting(False, "Decrypt.")
    backends: tuple[LbBackend, ...] = setting((), "Upstreams.", merge_identity="name")
    healthcheck: LbHealthcheck = table(LbHealthcheck)
    tls: LbTls | None = setting(None, "Certificate.")


class Lb(ConfigModel):
    """Load balancer."""

    declaration: ClassVar[Declaration] = Declaration(
        component="fiberlb",
        ops_addr="127.0.0.1:8080",
        capabilities={"config": ("file", "api"), "registry": ("none",)},
        adapters={"config": ("chainfire",)},
        second_names={"photon.standalone.dataplane": "standalone.dataplane.type"},
    )
    server: LbServer = table(LbServer)
    dataplane: LbDataplane = table(LbDataplane)
    loadbalancers: tuple[LoadBalancer, ...] = setting((), "Load balancers.", merge_identity="name", reload=True)


class MetricsServer(ConfigModel):
    """Listeners."""

    http_addr: OptionalAddress = setting("0.0.0.0:9090", "HTTP.", listener=True)
    grpc_addr: OptionalAddress = setting("0.0.0.0:9091", "gRPC.", listener=True)


class MetricsStorage(ConfigModel):
    """Samples."""

    type: Literal["local"] = setting("local", "Kind.")
    data_dir: str = setting("/var/lib/nightlight", "Folder.")
    retention_days: int = setting(30, "Age of the oldest sample.", ge=1)


class MetricsCollection(ConfigModel):
    """Scraping."""

    scrape_interval_sec: int = setting(15, "Between scrapes.", ge=1)
    scrape_timeout_sec: int = setting(10, "Of one scrape.", ge=1)


class ScrapeTarget(ConfigModel):
    """One job."""

    name: str = setting(description="Job.")
    static_configs: tuple[str, ...] = setting((), "Targets.")


class MetricsAlerting(ConfigModel):
    """Alerts."""

    enabled: bool = setting(True, "Evaluate rules.")
    local_webhook: Url = setting("", "Where alerts go.")


class Metrics(ConfigModel):
    """Time series."""

    declaration: ClassVar[Declaration] = Declaration(
        component="nightlight",
        ops_addr="0.0.0.0:9090",
        capabilities={"metadata": ("file",), "auth": ("local",), "registry": ("none",), "telemetry": ("local",)},
        standalone_backends={"storage_backend": ("local",)},
    )
    server: MetricsServer = table(MetricsServer)
    storage: MetricsStorage = table(MetricsStorage)
    collection: MetricsCollection = table(MetricsCollection)
    scrape_targets: tuple[ScrapeTarget, ...] = setting((), "Jobs.", merge_identity="name")
    alerting: MetricsAlerting = table(MetricsAlerting)


COMPONENTS = {model.declaration.component: model for model in (Stor, Dns, Lb, Metrics)}


@dataclass
class MemoryFiles:
    """A machine in memory: path → text, bytes or the FileProblem that reading it meets."""

    content: Mapping[str, str | bytes | FileProblem] = field(default_factory=dict)
    permissions: Mapping[str, int] = field(default_factory=dict)
    root: bool = False
    host: str = "host-1"
    links: Mapping[str, str] = field(default_factory=dict)

    def read(self, path: str, limit: int = FILE_BYTES_MAX) -> FileContent:
        value = self.content.get(path)
        if value is None:
            raise FileProblem("no such file or directory", is_missing=True)
        if isinstance(value, FileProblem):
            raise value
        data = value.encode() if isinstance(value, str) else value
        if len(data) > limit:
            raise FileProblem(f"is larger than {limit} bytes")
        place = self.links.get(path, path)
        inside = not path.startswith("/")
        return FileContent(path, data, (1, hash(place)), self.permissions.get(path, 0o600), inside)

    def list(self, folder: str) -> Sequence[str]:
        value = self.content.get(folder)
        if isinstance(value, FileProblem):
            raise value
        prefix = folder.rstrip("/") + "/"
        names = {p[len(prefix) :].partition("/")[0] for p in self.content if p.startswith(prefix)}
        return sorted(names, key=str.encode)

    def is_root(self) -> bool:
        return self.root

    def host_name(self) -> str:
        return self.host


def no_probe(url: str) -> ProbeAnswer:
    """A probe that must not be made."""
    raise AssertionError(f"probed {url}")
