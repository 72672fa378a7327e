"""Table: the settings of lightningstor, `[standalone.*]` of its TOML, and what it declares about itself.

Each field says its default, its meaning, and whether a reload may change it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from typing import ClassVar, Literal

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
    setting,
)
from photoncloud.config.marks import table

Durability = Literal["group", "fsync", "async"]
VerifyReads = Literal["cached", "always", "off"]
Ownership = Literal["none", "BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"]


class Server(ConfigModel):
    """Listeners, names and limits of the network side."""

    grpc_addr: OptionalAddress = setting("0.0.0.0:9000", "Administration over gRPC; empty: off.", listener=True)
    s3_addr: Address = setting("0.0.0.0:9001", "S3 over HTTP.", listener=True)
    website_addr: OptionalAddress = setting("0.0.0.0:9002", "Static websites over HTTP; empty: off.", listener=True)
    s3_tls_addr: OptionalAddress = setting("", "S3 over HTTPS, beside the plain listener.", listener=True)
    website_tls_addr: OptionalAddress = setting("", "Websites over HTTPS, beside the plain listener.", listener=True)
    tls_cert_file: str = setting(
        "", "Certificate chain of the TLS listeners and of gRPC.", reload=True, relative_to_file=True
    )
    tls_key_file: str = setting("", "Private key of that certificate.", reload=True, relative_to_file=True)
    region: str = setting("us-east-1", "Region in signatures and location constraints.", min_length=1)
    accept_regions: tuple[str, ...] = setting(
        (), "Further regions accepted; `*` accepts any.", reload=True, single=True
    )
    domains: tuple[str, ...] = setting(
        ("localhost",), "Host `BUCKET.DOMAIN` names a bucket; the longest match wins.", reload=True, single=True
    )
    trusted_proxies: tuple[str, ...] = setting(
        (), "Networks from which `X-Forwarded-For` and `-Proto` are believed.", reload=True, single=True
    )
    max_connections: int = setting(4096, "Connections of one listener; further ones are closed.", ge=1, reload=True)
    max_inflight_requests: int = setting(1024, "Requests at once; further ones get SlowDown.", ge=1, reload=True)
    header_timeout_sec: int = setting(10, "Time for a request head once it began.", ge=1, reload=True)
    idle_timeout_sec: int = setting(75, "Time a connection may wait between requests.", ge=1, reload=True)
    body_idle_timeout_sec: int = setting(20, "Time between two pieces of a body.", ge=1, reload=True)
    grpc_allow_plaintext_writes: bool = setting(
        False, "Serve changing gRPC methods to other machines without TLS.", reload=True
    )


class Storage(ConfigModel):
    """Where bytes lie and how safely."""

    data_dir: str = setting("/var/lib/lightningstor/data", "Bodies of objects; made with mode 0700.")
    durability: Durability = setting(
        "group",
        "`group`: commits that wait together share one fsync; `fsync`: one each; `async`: acknowledged before it.",
        reload=True,
    )
    commit_delay_us: int = setting(0, "Extra time to gather commits into a batch.", ge=0, le=10_000, reload=True)
    commit_max_ops: int = setting(256, "Transactions in one batch.", ge=1, le=65_536, reload=True)
    inline_max_bytes: int = setting(65_536, "Bodies up to this size live in the index.", ge=0, le=262_144)
    verify_reads: VerifyReads = setting("cached", "When stored bytes are checked before they are sent.", reload=True)
    min_free_bytes: int = setting(1 << 30, "Below this much free space writes are refused.", ge=0, reload=True)
    gc_grace_sec: int = setting(900, "Age at which unreferenced bodies are collected.", ge=0, reload=True)
    orphan_age_sec: int = setting(86_400, "Age at which unknown files are removed.", ge=0, reload=True)
    scrub_bytes_per_sec: int = setting(8_388_608, "Speed of the background check; 0: off.", ge=0, reload=True)
    io_threads: int = setting(0, "Threads for hashing and files; 0: twice the CPUs, at least 4.", ge=0, le=256)


class Metadata(ConfigModel):
    """The index."""

    path: str = setting("/var/lib/lightningstor/meta", "The index and the key files; made with mode 0700.")
    cache_size_mb: int = setting(256, "Three quarters for blocks, one for decoded records.", ge=8, le=1_048_576)
    checkpoint_interval_sec: int = setting(0, "Time between hard-link checkpoints; 0: none.", ge=0)
    checkpoint_keep: int = setting(2, "Checkpoints kept.", ge=1, le=1000)
    checkpoint_dir: str = setting("", "Where checkpoints lie; empty: `checkpoints` below `path`.")


class Auth(ConfigModel):
    """Who may use the store."""

    type: Literal["access_key"] = setting("access_key", "How clients prove who they are.")
    access_key: str = setting("", "Root key of the account `default`.")
    secret_key: Secret = setting(Secret(""), "Its secret.", secret=True)
    credentials_file: str = setting(
        "", "Users with their keys and policies (INI); not readable by others.", reload=True, relative_to_file=True
    )
    clock_skew_sec: int = setting(900, "Difference of clocks that signatures may have.", ge=1, le=86_400)
    allow_sigv2: bool = setting(False, "Accept version 2 signatures.")


class FeatureSwitches(ConfigModel):
    """What the store offers."""

    versioning: bool = setting(False, "Buckets may be versioned.")
    lifecycle: bool = setting(False, "Buckets may have lifecycle rules, and they are carried out.")
    replication: bool = setting(False, "Not built yet: `true` is refused.")
    object_lock: bool = setting(True, "Retention and legal hold (needs versioning).")
    website: bool = setting(True, "Buckets may be websites.")
    sse: bool = setting(True, "Server-side encryption.")


class Buckets(ConfigModel):
    """What new buckets are like."""

    default_object_ownership: Ownership = setting("none", "Object ownership of new buckets; `none`: ACLs work.")
    default_public_access_block: bool = setting(False, "New buckets block public access.")
    max_per_account: int = setting(1000, "Buckets one account may own.", ge=1, le=1_000_000)


class Website(ConfigModel):
    """Static websites."""

    domain: str = setting("", "Host `BUCKET.<domain>` shows that bucket.", reload=True)
    hosts: dict[str, str] = setting(factory=dict, description="Host name to bucket, where they differ.", reload=True)
    missing_as_404: bool = setting(False, "404 instead of 403 for a missing key nobody may list.", reload=True)


class Encryption(ConfigModel):
    """Server-side encryption."""

    master_key_file: str = setting("", "32 bytes as hex; empty: `sse-master.key` below `metadata.path`.")
    c_require_tls: bool = setting(True, "Customer keys only over encrypted connections.")


class Lifecycle(ConfigModel):
    """Lifecycle rules."""

    debug_day_sec: int = setting(86_400, "Length of a lifecycle day; another value is for tests.", ge=1)


class Events(ConfigModel):
    """Notifications."""

    max_outbox_rows: int = setting(1_000_000, "Events kept until delivered; beyond it the oldest go.", ge=1)


def _validate(settings: Settings, context: Context) -> Iterator[Problem]:
    if settings.features.replication:
        message = "replication is not available in this version"
        yield context.problem("standalone.features.replication", "bad-value", message, "replication = false")
    server = settings.server
    if bool(server.tls_cert_file) is not bool(server.tls_key_file):
        message = "server.tls_cert_file and server.tls_key_file go together"
        yield context.problem("standalone.server.tls_cert_file", "missing-key", message)
    for key in ("s3_tls_addr", "website_tls_addr"):
        if getattr(server, key) and not server.tls_cert_file:
            message = f"server.{key} needs server.tls_cert_file and server.tls_key_file"
            yield context.problem(f"standalone.server.{key}", "missing-key", message)
    yield from _validate_networks(server.trusted_proxies, context)
    yield from _validate_auth(settings.auth, context)
    yield from _validate_backends(context)


def _validate_networks(networks: Iterable[str], context: Context) -> Iterator[Problem]:
    for network in networks:
        try:
            ip_network(network)
        except ValueError as error:
            message = f"{network!r} is not a network: {error}"
            yield context.problem("standalone.server.trusted_proxies", "bad-value", message)


def _validate_auth(auth: Auth, context: Context) -> Iterator[Problem]:
    if context.backends.get("auth") not in ("local", "dual"):
        return
    if bool(auth.access_key) is not bool(auth.secret_key):
        message = "auth.access_key and auth.secret_key go together"
        yield context.problem("standalone.auth.access_key", "missing-key", message)
    elif not auth.access_key and not auth.credentials_file:
        message = "no access key is configured: set auth.access_key and auth.secret_key, or auth.credentials_file"
        yield context.problem("standalone.auth.access_key", "missing-key", message)


_ADAPTERS = {
    "metadata": ("rocksdb", "memory"),
    "auth": ("local",),
    "events": ("none", "memory"),
    "registry": ("none",),
}
"""Backends that exist. Those of chainfire, photonauth and NATS come with these components."""


def _validate_backends(context: Context) -> Iterator[Problem]:
    for capability, backend in context.backends.items():
        known = _ADAPTERS.get(capability, (backend,))
        if backend not in known:
            message = f"this version has no adapter {backend!r} for {capability}; it has {', '.join(known)}"
            yield context.problem(f"photon.hybrid.{capability}_backend", "unsupported-backend", message)


class Settings(ConfigModel):
    """Everything below `[standalone]`."""

    declaration: ClassVar[Declaration] = Declaration(
        component="lightningstor",
        ops_addr="0.0.0.0:9003",
        capabilities={
            "metadata": ("rocksdb", "memory"),
            "auth": ("local",),
            "events": ("none", "memory"),
            "registry": ("none",),
        },
        standalone_backends={"storage_backend": ("filesystem",)},
        flags=(
            Flag("--s3-addr", "server.s3_addr", "ADDR", "S3 listener"),
            Flag("--data-dir", "storage.data_dir", "DIR", "bodies of objects"),
            Flag("--metadata-path", "metadata.path", "DIR", "the index"),
            Flag("--region", "server.region", "NAME", "region in signatures"),
        ),
        second_names={
            "standalone.server.log_level": "photon.logging.level",
            "integrated.server.log_level": "photon.logging.level",
        },
        validate=_validate,
        example_credentials=ExampleCredentials(
            keys=("auth.access_key", "auth.secret_key"),
            listeners=("server.s3_addr", "server.grpc_addr"),
        ),
        main_listener="server.s3_addr",
        examples=(
            "lightningstor-server --config lightningstor.toml",
            "lightningstor-server --config lightningstor.toml --check-config",
            "lightningstor-server fsck --config lightningstor.toml",
        ),
        summary="S3-compatible object storage",
        state_dir="/var/lib/lightningstor",
    )

    server: Server = table(Server)
    storage: Storage = table(Storage)
    metadata: Metadata = table(Metadata)
    auth: Auth = table(Auth)
    features: FeatureSwitches = table(FeatureSwitches)
    buckets: Buckets = table(Buckets)
    website: Website = table(Website)
    sse: Encryption = table(Encryption)
    lifecycle: Lifecycle = table(Lifecycle)
    events: Events = table(Events)
