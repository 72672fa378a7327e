"""The HTTP servers of a store: S3 and websites, plain and over TLS."""

from __future__ import annotations

import os
import ssl
from concurrent.futures import Executor
from ipaddress import ip_network

from photoncloud.lightningstor.bootstrap.services import Services
from photoncloud.lightningstor.servers.buffer_pool import BufferPool
from photoncloud.lightningstor.servers.http1_connection import HttpLimits
from photoncloud.lightningstor.servers.http1_listener import HttpServer
from photoncloud.lightningstor.servers.s3_server import RequestIds, S3Application
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


def s3_server(
    services: Services,
    settings: Settings,
    *,
    pool: BufferPool,
    threads: Executor,
    tls: ServerContext | None,
    clock: Clock,
) -> HttpServer:
    server = settings.server
    wanted: Listeners = {"s3": (server.s3_addr, None)}
    if server.s3_tls_addr and tls is not None:
        wanted["s3-tls"] = (server.s3_tls_addr, tls.ssl_context)
    application = S3Application(services.pipeline, RequestIds(os.urandom), services.host_id)
    return HttpServer(
        application, wanted, limits=http_limits(settings), pool=pool, threads=threads, now_ns=clock.now_ns
    )
