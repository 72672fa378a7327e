"""The ops listener of a process, and the extra /metrics listener, built from `[photon.ops|metrics|tls]`."""

from __future__ import annotations

from starlette.routing import Route

from photoncloud.config.schema import PhotonSettings
from photoncloud.runtime.http_middleware import RequestContext
from photoncloud.runtime.http_server import HttpServer
from photoncloud.runtime.metrics import Histogram
from photoncloud.runtime.ops_http import Ops, application
from photoncloud.runtime.tls import ServerContext, TlsFiles


def server_tls(photon: PhotonSettings) -> ServerContext | None:
    """The ops listener speaks https when certificate and key are both set."""
    files = server_files(photon)
    return ServerContext(files) if files.cert_file and files.key_file else None


def server_files(photon: PhotonSettings) -> TlsFiles:
    return TlsFiles(photon.tls.cert_file, photon.tls.key_file, "", photon.tls.min_version)


def servers(
    ops: Ops, photon: PhotonSettings, tls: ServerContext | None, durations: Histogram, *, with_ops: bool
) -> list[HttpServer]:
    """In the order to start them. `with_ops` false: the component mounts the routes on a listener of its own."""
    listeners: list[tuple[str, str, list[Route]]] = []
    if with_ops and photon.ops.addr:
        listeners.append(("ops", photon.ops.addr, ops.routes()))
    if photon.metrics.endpoint:
        listeners.append(("metrics", photon.metrics.endpoint, ops.metrics_routes()))
    return [
        HttpServer(
            RequestContext(application(routes), listener=name, durations=durations, request_log=never),
            address,
            name=name,
            tls=tls.ssl_context if tls is not None else None,
        )
        for name, address, routes in listeners
    ]


def never() -> bool:
    """Probes come every second from several sides: their lines would bury the others."""
    return False
