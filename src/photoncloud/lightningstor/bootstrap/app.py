"""The App of lightningstor: what starts, in which order, what is checked, what a reload changes."""

from __future__ import annotations

import sys
from collections.abc import Callable

from photoncloud.config import Resolved
from photoncloud.config.declaration import EXAMPLE_ACCESS_KEY
from photoncloud.lightningstor.bootstrap.administration import admin_listener
from photoncloud.lightningstor.bootstrap.background import Background, Work, build_background
from photoncloud.lightningstor.bootstrap.engines import Engines, open_engines
from photoncloud.lightningstor.bootstrap.index_store import unreadable_index
from photoncloud.lightningstor.bootstrap.listeners import http_parts, s3_server, website_server
from photoncloud.lightningstor.bootstrap.metrics import CommitMetrics, StoreFacts, export_store, export_traffic
from photoncloud.lightningstor.bootstrap.reloads import Reloads
from photoncloud.lightningstor.bootstrap.services import Services, build_services
from photoncloud.lightningstor.core import lock
from photoncloud.lightningstor.errors import IndexUnavailable
from photoncloud.lightningstor.settings import Settings
from photoncloud.runtime.application import App
from photoncloud.runtime.clock import Clock
from photoncloud.runtime.logging import get_logger

log = get_logger("photoncloud.lightningstor")

SWITCH_INTERVAL_SEC = 0.0005
"""With Python's 5 ms a busy loop delays the committer's return from fsync."""
_NS_PER_MS = 1_000_000


def build(resolved: Resolved, load_again: Callable[[], Resolved] | None = None) -> App:
    """The App; it opens the store when it starts. `load_again` reads the configuration for a reload."""
    sys.setswitchinterval(SWITCH_INTERVAL_SEC)
    app = App(resolved, reload=load_again)
    app.own(Store(app), name="store")
    return app


class Store:
    """Opens engines, builds use cases and adds servers and background work to the App, which ends them."""

    def __init__(self, app: App) -> None:
        self._app = app

    def close(self) -> None:
        """Everything is owned by the App."""

    async def start(self) -> None:
        settings: Settings = self._app.resolved.settings
        try:
            await self._start(settings)
        except IndexUnavailable as error:
            raise unreadable_index(error, settings.metadata.path) from error

    async def _start(self, settings: Settings) -> None:
        app, resolved = self._app, self._app.resolved
        commits = CommitMetrics(app.metrics)
        engines = await open_engines(app, resolved, commits.record)
        services = build_services(engines, settings, app.clock, resolved.photon.component_id)
        await services.usage.load()
        for name in await services.buckets.recover():
            log.warning("bucket_reopened", bucket=name, hint="a deletion was interrupted; the bucket is as it was")
        export_traffic(app.metrics, services.traffic)
        background = build_background(engines, services, settings, app.clock)
        export_store(app.metrics, _facts(engines, services, background))
        self._check(engines, services)
        self._serve(services, engines, background)
        app.own(Work(background, engines, services, settings, app.clock), name="work")

    def _serve(self, services: Services, engines: Engines, background: Background) -> None:
        app, settings = self._app, services.settings
        parts = http_parts(app, engines, settings)
        servers = [s3_server(services, settings, parts)]
        website = website_server(services, settings, parts)
        if website is not None:
            servers.append(website)
        for server in servers:
            app.serve(server, name=next(iter(server.wanted)))
        admin = admin_listener(engines, services, background, app.resolved, app.clock)
        if admin is not None:
            app.serve(admin, name="grpc")
        app.on_reload(Reloads(engines, services, background, servers, parts.tls).prepare)

    def _check(self, engines: Engines, services: Services) -> None:
        async def storage() -> str:
            return "; ".join(engines.blobs.faults()) or "ok"

        async def metadata() -> str:
            return "; ".join(_index_troubles(engines, services, self._app.clock)) or "ok"

        self._app.check("storage", storage)
        self._app.check("metadata", metadata)


def _facts(engines: Engines, services: Services, background: Background) -> StoreFacts:
    return StoreFacts(
        usage=services.usage.all,
        gc_backlog=lambda: background.collector.status.backlog,
        outbox_rows=lambda: services.outbox.waiting,
        verify_failures=lambda: len(engines.blobs.faults()),
        uses_example_credentials=services.settings.auth.access_key == EXAMPLE_ACCESS_KEY,
    )


def _index_troubles(engines: Engines, services: Services, clock: Clock) -> list[str]:
    """What is wrong with the index, its clock and the events kept in it; empty when all is well."""
    troubles = []
    status = getattr(engines.store, "status", None)
    if status is not None and status() != "ok":
        troubles.append(str(status()))
    if "durable" not in engines.store.capabilities:
        troubles.append("memory: nothing is kept")
    if lock.clock_is_behind(clock.now_ns() // _NS_PER_MS, services.usage.newest_ms):
        troubles.append("the clock is more than an hour behind the newest record")
    if services.outbox.dropped:
        troubles.append(f"{services.outbox.dropped} events were dropped")
    return troubles
