"""The HTTP servers of a store: S3 and websites, plain and over TLS."""

from __future__ import annotations

import os
import ssl
from concurrent.futures import Executor
from dataclasses import dataclass
from ipaddress import ip_network

from photoncloud.lightningstor.bootstrap.engines import Engines
from photoncloud.lightningstor.bootstrap.services import Services
from photoncloud.lightningstor.servers.buffer_pool import BufferPool
from photoncloud.lightningstor.servers.http1_connection import Application, HttpLimits
from photoncloud.lightningstor.servers.http1_listener import HttpServer
from photoncloud.lightningstor.servers.s3_server import RequestIds, S3Application
from photoncloud.lightningstor.servers.website_server import WebsiteApplication
from photoncloud.lightningstor.service.public_reads import PublicReads
from photoncloud.lightningstor.service.website import WebsiteRules, Websites
from photoncloud.lightningstor.settings import Settings
from photoncloud.runtime.application import App
from photoncloud.runtime.clock import Clock
from photoncloud.runtime.tls import ServerContext, TlsFiles

Listeners = dict[str, tuple[str, ssl.SSLContext | None]]


def http_limits(settings: Settings) -> HttpLimits:
    """Limits of connections; replaced on reload."""
    server = settings.server
    return HttpLimits(
        header_timeout_sec=server.header_timeout_sec,
        idle_timeout_sec=server.idle_timeout_sec,
        body_idle_timeout_sec=server.body_idle_timeout_sec,
        max_connections=server.max_connections,
        trusted_proxies=tuple(ip_network(network) for network in server.trusted_proxies),
    )


def tls_context(app: App, settings: Settings) -> ServerContext | None:
    """The context of all TLS listeners, following its files; None when no certificate is configured."""
    server = settings.server
    if not server.tls_cert_file:
        return None
    context = ServerContext(TlsFiles(server.tls_cert_file, server.tls_key_file), alpn=("http/1.1",))
    app.follow_tls(context)
    return context


@dataclass(frozen=True, slots=True)
class HttpParts:
    """What every HTTP server of the store shares."""

    pool: BufferPool
    threads: Executor
    request_ids: RequestIds
    tls: ServerContext | None
    clock: Clock


def http_parts(app: App, engines: Engines, settings: Settings) -> HttpParts:
    return HttpParts(BufferPool(), engines.threads, RequestIds(os.urandom), tls_context(app, settings), app.clock)


def s3_server(services: Services, settings: Settings, parts: HttpParts) -> HttpServer:
    server = settings.server
    application = S3Application(services.pipeline, parts.request_ids, services.host_id)
    return _http_server(application, "s3", server.s3_addr, server.s3_tls_addr, settings, parts)


def website_server(services: Services, settings: Settings, parts: HttpParts) -> HttpServer | None:
    """None when websites are switched off."""
    server = settings.server
    if not settings.features.website or not (server.website_addr or server.website_tls_addr):
        return None
    reads = PublicReads(services.authoriser, services.handlers)
    websites = Websites(services.directory, reads.fetch, lambda: _website_rules(services.settings), services.host_id)
    application = WebsiteApplication(websites, parts.request_ids, services.host_id)
    return _http_server(application, "website", server.website_addr, server.website_tls_addr, settings, parts)


def _website_rules(settings: Settings) -> WebsiteRules:
    website = settings.website
    return WebsiteRules(website.hosts, website.domain, website.missing_as_404)


def _http_server(
    application: Application, name: str, address: str, tls_address: str, settings: Settings, parts: HttpParts
) -> HttpServer:
    wanted: Listeners = {}
    if address:
        wanted[name] = (address, None)
    if tls_address and parts.tls is not None:
        wanted[f"{name}-tls"] = (tls_address, parts.tls.ssl_context)
    return HttpServer(
        application,
        wanted,
        limits=http_limits(settings),
        pool=parts.pool,
        threads=parts.threads,
        now_ns=parts.clock.now_ns,
    )
