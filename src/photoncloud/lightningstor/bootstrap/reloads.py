"""What may change while the store runs, all or nothing: first everything that can fail, then the switch-over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from photoncloud.backends.auth.local import LocalAuth
from photoncloud.backends.metadata.port import Durability
from photoncloud.backends.metadata.rocksdb import RocksdbMetadata
from photoncloud.config import Resolved
from photoncloud.lightningstor.bootstrap.background import Background
from photoncloud.lightningstor.bootstrap.engines import Engines, local_auth_settings
from photoncloud.lightningstor.bootstrap.listeners import http_limits
from photoncloud.lightningstor.bootstrap.services import Services, admission_limits, sigv4_rules
from photoncloud.lightningstor.core.addressing import Domains
from photoncloud.lightningstor.servers.http1_listener import HttpServer
from photoncloud.lightningstor.settings import Settings
from photoncloud.runtime.tls import ServerContext, TlsFiles

Commit = Callable[[], None]


class Reloads:
    """Takes part in the App's reloads."""

    def __init__(
        self,
        engines: Engines,
        services: Services,
        background: Background,
        servers: Sequence[HttpServer],
        tls: ServerContext | None,
    ) -> None:
        self._engines = engines
        self._services = services
        self._background = background
        self._servers = servers
        self._tls = tls

    async def prepare(self, resolved: Resolved) -> Commit:
        """Read and check everything under the new settings; the returned switch-over cannot fail."""
        settings: Settings = resolved.settings
        limits, domains = http_limits(settings), Domains(settings.server.domains)
        steps: list[Commit] = []
        if isinstance(self._engines.auth, LocalAuth):
            steps.append(await self._engines.auth.prepare(local_auth_settings(settings)))
        if self._tls is not None:
            server = settings.server
            steps.append(self._tls.prepare(TlsFiles(server.tls_cert_file, server.tls_key_file)))

        def commit() -> None:
            for step in steps:
                step()
            for http in self._servers:
                http.limits = limits
            self._services.pipeline.domains = domains
            self._apply(settings)

        return commit

    def _apply(self, settings: Settings) -> None:
        services, storage = self._services, settings.storage
        services.settings = settings
        services.authenticator.follow(sigv4_rules(settings))
        services.admission.limits = admission_limits(settings)
        services.commits.level = storage.durability
        self._engines.blobs.verify_reads = storage.verify_reads
        self._engines.blobs.min_free_bytes = storage.min_free_bytes
        self._background.collector.grace_sec = storage.gc_grace_sec
        self._background.collector.orphan_age_sec = storage.orphan_age_sec
        self._background.scrubber.bytes_per_sec = storage.scrub_bytes_per_sec
        if isinstance(self._engines.store, RocksdbMetadata):
            self._engines.store.tune(
                durability=Durability(storage.durability),
                commit_max_ops=storage.commit_max_ops,
                commit_delay_us=storage.commit_delay_us,
            )
